//! A file that is read again is applied as a difference, all of it or nothing.

use jwks_core::verify::{ErrorKind, VerifierSettings};

use crate::world::{World, iss, url};

fn file(names: &[&str], more: &str) -> VerifierSettings {
    let table = |name: &&str| {
        format!(
            "[[issuers]]\nissuer = '{}'\njwks_uri = '{}'\nlabel = '{name}'\n",
            iss(name),
            url(name)
        )
    };
    let tables: String = names.iter().map(table).collect();
    toml::from_str(&format!("audience = 'api'\njitter = 0.0\n{more}\n{tables}")).unwrap()
}

#[test]
fn only_what_differs_is_changed() {
    let mut world = World::new(&["a", "b", "c"]);
    let kept = world.verifier.cache(&iss("a")).unwrap();
    world.publish(&url("d"), "d");
    let changes = world.verifier.issuers().apply(file(&["d", "a", "b"], "")).unwrap();
    assert_eq!(changes.to_string(), "1 added, 0 changed, 0 moved, 1 withdrawn, 2 unchanged");
    assert_eq!((changes.added, changes.withdrawn), (vec![iss("d")], vec![iss("c")]));
    world.poll();
    assert_eq!(world.asked, ["a", "b", "c", "d"].map(url));
    assert_eq!(world.try_verify("c"), Err(ErrorKind::WrongIssuer));
    for name in ["a", "b", "d"] {
        assert_eq!(world.try_verify(name), Ok(()), "{name}");
    }
    kept.try_with_keys("a", |_| ()).unwrap();
    let again = world.verifier.issuers().apply(file(&["a", "b", "d"], "")).unwrap();
    assert!(again.is_empty() && again.unchanged == 3, "{again}");
    let strict = world.verifier.issuers().apply(file(&["a", "b", "d"], "leeway = '1s'")).unwrap();
    assert_eq!(strict.changed.len(), 3);
    world.poll();
    assert_eq!(world.asked.len(), 4);
}

#[test]
fn if_one_issuer_cannot_work_nothing_changes() {
    let mut world = World::new(&["a", "b"]);
    let issuers = world.verifier.issuers();
    let good = world.issuer("c");
    let before = format!("{:?}", world.verifier.status());
    let without_audience = jwks_core::verify::Issuer::new(iss("d")).jwks_uri(url("d"));
    for all in [
        vec![good.clone(), without_audience],
        vec![good.clone(), good.clone()],
        vec![good.clone(), good.audience("x")],
        Vec::new(),
    ] {
        let error = issuers.apply(all).unwrap_err();
        assert!(["audience", "issuer"].contains(&error.setting()), "{error}");
    }
    for (more, text) in [
        (
            "max_token_len = 9",
            "max_token_len is 9, but the verifier runs with 16384: that takes a restart",
        ),
        (
            "remember_signatures = 9",
            "remember_signatures is 9, but the verifier runs with 0: that takes a restart",
        ),
    ] {
        let error = issuers.apply(file(&["c"], more)).unwrap_err();
        assert_eq!(error.to_string(), text);
    }
    assert_eq!(format!("{:?}", world.verifier.status()), before);
    world.poll();
    assert_eq!((world.running.len(), world.asked.len()), (2, 2));
    assert!(world.told("withdrawn").is_empty());
    // The same as the verifier has may be said.
    issuers.apply(file(&["a", "b"], "max_token_len = 16384\nremember_signatures = 0")).unwrap();
}

#[test]
fn the_state_of_some_issuers_can_be_asked_for() {
    let mut world = World::new(&["a", "b"]);
    world.hold(&url("c"));
    world.add("c");
    let labels = |all: Vec<jwks_core::cache::Status>| {
        all.into_iter().map(|status| status.label).collect::<Vec<_>>()
    };
    let verifier = &world.verifier;
    assert_eq!(verifier.status_of(&iss("b")).unwrap().label, "b");
    assert!(verifier.status_of("https://b.example.com/").is_none());
    assert!(verifier.cache(&iss("x")).is_none());
    assert_eq!(labels(verifier.status_where(|cache| cache.label() > "a")), ["b", "c"]);
    let starting = jwks_core::cache::HealthKind::Starting;
    assert_eq!(labels(verifier.status_where(|it| it.health().kind() == starting)), ["c"]);
}

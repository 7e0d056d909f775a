//! Several `iss` of one issuer, and no two issuers with the same.

use jwks_core::verify::{ErrorKind, Issuer, Registered};

use crate::world::{World, iss, url};

#[test]
fn several_iss_share_one_cache_and_are_compared_byte_for_byte() {
    let mut world = World::new(&["b"]);
    let issuer = world.issuer("a").also("a.example.com").also("https://A.example.com");
    world.verifier.issuers().add(issuer).unwrap();
    world.poll();
    let check = |iss: &str| {
        let outcome = world.verifier.try_verify::<Registered>(&world.token_with(iss, "a"));
        outcome.map(|verified| verified.issuer().to_owned()).map_err(|error| error.kind())
    };
    for one in ["https://a.example.com", "a.example.com", "https://A.example.com"] {
        assert_eq!(check(one), Ok(iss("a")), "{one}");
    }
    for other in [
        "https://a.example.com/",
        "A.example.com",
        "http://a.example.com",
        "https://a.example.com:443",
        "https://%61.example.com",
        "",
        "https://b.example.com",
    ] {
        let kind =
            if other == iss("b") { ErrorKind::InvalidSignature } else { ErrorKind::WrongIssuer };
        assert_eq!(check(other), Err(kind), "{other}");
    }
    assert_eq!((world.running.len(), world.verifier.issuers().len()), (2, 2));
    assert!(world.verifier.issuers().contains("a.example.com"));
    // By any of its names, all of it goes.
    assert!(world.verifier.issuers().remove("a.example.com"));
    assert_eq!(check("https://a.example.com"), Err(ErrorKind::WrongIssuer));
    assert!(!world.verifier.issuers().contains("https://A.example.com"));
}

#[test]
fn the_only_issuer_has_all_of_its_names_and_no_other() {
    let mut world = World::new(&["b"]);
    let issuer = world.issuer("a").also("a.example.com");
    world.verifier.issuers().apply(vec![issuer]).unwrap();
    world.poll();
    let check = |iss: &str| {
        let outcome = world.verifier.try_verify::<Registered>(&world.token_with(iss, "a"));
        outcome.map(drop).map_err(|error| error.kind())
    };
    assert_eq!(check("a.example.com"), Ok(()));
    assert_eq!(check("https://a.example.com"), Ok(()));
    assert_eq!(check("https://b.example.com"), Err(ErrorKind::WrongIssuer));
    // A check of one's own reads the claims step by step.
    let call = world.verifier.call().check(|token| {
        (token.issuer() == "https://a.example.com").then_some(()).ok_or_else(|| "another".into())
    });
    call.try_verify::<Registered>(&world.token_with("a.example.com", "a")).unwrap();
}

#[test]
fn no_two_issuers_have_an_iss_in_common() {
    let mut world = World::new(&["a", "b"]);
    let issuers = world.verifier.issuers();
    let (a, b, c) = (world.issuer("a"), world.issuer("b"), world.issuer("c"));
    let text =
        |outcome: Result<(), jwks_core::verify::IssuerError>| outcome.unwrap_err().to_string();
    assert_eq!(
        text(issuers.add(a.clone())),
        "issuer `https://a.example.com`: issuer is there already: change it with `set`"
    );
    assert!(
        text(issuers.add(c.clone().also(iss("b")))).contains("b.example.com`: issuer is there")
    );
    let twice = "is configured twice";
    assert!(text(issuers.set(a.clone().also(iss("b"))).map(drop)).contains(twice));
    assert!(text(issuers.set(c.clone().also(iss("b"))).map(drop)).contains(twice));
    let all = vec![a.clone().also(iss("c")), b, c.clone()];
    assert!(text(issuers.apply(all).map(drop)).contains(twice));
    assert_eq!(issuers.len(), 2);
    // One that goes leaves its name to others.
    issuers.apply(vec![a.clone().also(iss("b")), c]).unwrap();
    world.poll();
    world.verifier.try_verify::<Registered>(&world.token_with(&iss("b"), "a")).unwrap();
    // And one that gives up a name too.
    issuers.set(a).unwrap();
    assert_eq!(world.try_verify("b"), Err(ErrorKind::WrongIssuer));
    world.add("b");
    assert_eq!(world.try_verify("b"), Ok(()));
}

#[test]
fn names_that_cannot_work_are_refused() {
    let issuer = || Issuer::new(iss("a")).jwks_uri(url("a")).audience("api");
    let world = World::new(&["b"]);
    for (issuer, text) in [
        (issuer().also(iss("a")), "also names one `iss` twice: keep one"),
        (issuer().also("x").also("x"), "also names one `iss` twice: keep one"),
        (issuer().also(" "), "also is empty: it must be another `iss` of the same issuer"),
    ] {
        let error = world.verifier.issuers().add(issuer).unwrap_err();
        assert_eq!(error.to_string(), format!("issuer `https://a.example.com`: {text}"));
    }
}

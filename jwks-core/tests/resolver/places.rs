//! Where the keys of the resolver's issuers may come from.

use jwks_core::adapter::{Action, Driver, Env, Start, Time};
use jwks_core::cache::Addresses;
use jwks_core::verify::{ErrorKind, Issuer, Resolver, Verifier};
use serde_json::{Value, json};

use crate::clocks::secs;
use crate::gate::yes;
use crate::world::World;

const ISS: &str = "https://a.example.com";

fn placed(url: &str) -> Issuer {
    Issuer::new(ISS).jwks_uri(url).audience("api")
}

/// What becomes of this issuer, and which addresses its first fetch may go to.
fn reach(
    bounds: impl FnOnce(Resolver) -> Resolver,
    issuer: Issuer,
) -> (Result<(), ErrorKind>, Option<Addresses>) {
    let mut world = World::with(bounds, |builder| builder);
    world.says(ISS, yes("a", issuer));
    let caller = world.call(ISS);
    world.run_for(secs(1));
    (world.told(caller).unwrap(), world.reach.first().copied())
}

fn goes_to(addresses: Option<Addresses>, ip: &str) -> bool {
    addresses.unwrap().check(vec![format!("{ip}:443").parse().unwrap()]).is_ok()
}

#[test]
fn public_addresses_alone_unless_told_otherwise() {
    let usual = || placed("https://a.example.com/keys");
    let (told, public) = reach(|it| it, usual());
    assert_eq!((told, public), (Ok(()), Some(Addresses::PUBLIC)));
    let (told, any) = reach(Resolver::allow_private_addresses, usual());
    assert_eq!((told, any), (Ok(()), Some(Addresses::ANY)));
    // An issuer can still ask for it.
    let (_, own) = reach(Resolver::allow_private_addresses, usual().public_addresses_only());
    assert_eq!(own, Some(Addresses::PUBLIC));
    let (_, loopback) = reach(|it| it, placed("http://127.0.0.1:1/keys").allow_loopback_http());
    assert!(goes_to(loopback, "127.0.0.1") && !goes_to(loopback, "10.0.0.1"));
    // A host that is named may be anywhere, at that port and by plain http alone.
    let named = |url| reach(|it| it, placed(url).allow_http_host("keys.internal:8080")).1;
    assert_eq!(named("http://keys.internal:8080/keys"), Some(Addresses::ANY));
    assert_eq!(named("https://keys.internal:8080/keys"), Some(Addresses::PUBLIC));
}

#[test]
fn an_adapter_that_does_not_check_addresses_fetches_nothing() {
    let first = |env: Env, issuer: Issuer| {
        let (verifier, mut drivers) = Verifier::builder().issuer(issuer).build(env).unwrap();
        let mut drivers: Vec<Driver> = drivers.take_ready();
        let fetches = matches!(drivers[0].poll(Time::ZERO), Action::Fetch(_));
        (fetches, verifier.status()[0].last_error.clone())
    };
    let env = || Env::new(|| std::time::UNIX_EPOCH);
    let public = || placed("https://a.example.com/keys").public_addresses_only();
    assert_eq!(first(env().checks_addresses(), public()), (true, None));
    assert_eq!(first(env(), placed("https://a.example.com/keys")), (true, None));
    let (fetches, error) = first(env(), public());
    assert!(!fetches);
    assert!(error.unwrap().contains("this adapter does not check addresses"));
}

#[test]
fn the_gates_urls_are_at_hosts_that_are_allowed() {
    let bounds = |it: Resolver| it.allow_host("*.example.com").allow_host("keys.example.net");
    let document = "https://a.example.com/.well-known/openid-configuration";
    let discovered = |jwks_uri: &str| {
        let mut world = World::with(bounds, |builder| builder);
        world.says(ISS, yes("a", Issuer::new(ISS).discover().audience("api")));
        let text = json!({"issuer": ISS, "jwks_uri": jwks_uri}).to_string();
        world.documents.insert(document.to_owned(), text);
        let caller = world.call(ISS);
        world.run_for(secs(2));
        let sent: Vec<_> = world.sent.iter().map(|(_, url)| url.clone()).collect();
        (world.told(caller).is_some_and(|told| told.is_ok()), sent)
    };
    for jwks_uri in ["https://b.example.com/keys", "https://keys.example.net/keys"] {
        let (passes, sent) = discovered(jwks_uri);
        assert!(passes);
        assert_eq!(sent, [document, jwks_uri]);
    }
    for jwks_uri in ["https://example.com/keys", "https://b.example.net/keys", "https://10.0.0.1/"]
    {
        let (passes, sent) = discovered(jwks_uri);
        assert!(!passes && sent.iter().all(|url| url == document), "{sent:?}");
    }
    for url in ["https://evil.example.net/keys", "https://169.254.169.254/keys"] {
        let (told, reach) = reach(bounds, placed(url));
        assert_eq!((told, reach), (Err(ErrorKind::Unavailable), None), "{url}");
    }
    assert_eq!(reach(bounds, placed("https://keys.example.net/keys")).0, Ok(()));
    // A host that is none is not one that allows anything.
    let (told, _) =
        reach(|it| it.allow_host("https://a.example.com"), placed("https://a.example.com"));
    assert_eq!(told, Err(ErrorKind::Unavailable));
}

#[test]
fn a_template_is_no_answer() {
    let template = "https://login.microsoftonline.com/{tenantid}/v2.0";
    let iss = template.replace("{tenantid}", "72f988bf-86f1-41af-91ab-2d7cd011db47");
    let mut world = World::new();
    world.says(&iss, yes("a", Issuer::entra().any_tenant().audience("api")));
    world.says(template, yes("a", Issuer::entra().any_tenant().audience("api")));
    for iss in [&iss, template] {
        let caller = world.call(iss);
        world.run_for(secs(1));
        assert_eq!(world.told(caller), Some(Err(ErrorKind::Unavailable)));
    }
    assert_eq!((world.issuers(), world.sent.len()), (0, 0));
    let error = world.verifier.try_verify::<Value>(&world.token(&iss)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

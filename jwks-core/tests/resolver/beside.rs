//! Tenants beside other issuers: configured ones, those that are added by hand, those that share keys.

use jwks_core::cache::HealthKind;
use jwks_core::verify::{ErrorKind, Issuer};

use crate::clocks::{ms, secs};
use crate::gate::{Say, yes};
use crate::world::World;

#[test]
fn configured_issuers_and_the_resolver_go_side_by_side() {
    let mut world = World::with(
        |resolver| resolver,
        |builder| {
            let iss = "https://own.example.com";
            builder.issuer(Issuer::new(iss).jwks_uri(format!("{iss}/keys")).audience("api"))
        },
    );
    world.run_for(secs(1));
    assert!(world.now("https://own.example.com").is_ok());
    assert!(world.gate().asked.is_empty());
    world.ready("a");
    assert!(world.now("https://own.example.com").is_ok());
    // A new list of configured issuers leaves the tenants alone.
    let iss = "https://next.example.com";
    let next = Issuer::new(iss).jwks_uri(format!("{iss}/keys")).audience("api");
    world.verifier.issuers().apply(vec![next]).unwrap();
    assert!(world.now("https://a.example.com").is_ok());
    assert!(world.now("https://own.example.com").is_err());
}

#[test]
fn a_tenant_that_cannot_be_reached_does_not_make_the_verifier_ill() {
    let mut world = World::new();
    world.down.push("a.example.com".into());
    let iss = world.knows("a");
    let caller = world.call(&iss);
    world.run_for(secs(6));
    assert_eq!(world.told(caller), Some(Err(ErrorKind::Unavailable)));
    let health = world.verifier.health();
    let line = health.to_string();
    assert!(line.starts_with("ready: 0 of 1 issuers ready; https://a.example.com "), "{line}");
    assert!(line.ends_with("no connection)") && !line.contains('\n'), "{line}");
    assert_eq!((health.verdict, health.issuers.len()), (HealthKind::Ready, 1));
    assert!(!health.issuers[0].required && health.issuers[0].health.kind() != HealthKind::Ready);
}

#[test]
fn nor_do_those_that_share_its_keys_when_these_move() {
    let mut world = World::new();
    let at = |iss: &str, keys: &str| yes("a", Issuer::new(iss).jwks_uri(keys).audience("api"));
    let names = ["https://1.example.com", "https://2.example.com"];
    for iss in names {
        world.says(iss, at(iss, "https://a.example.com/keys"));
        let _unknown = world.now(iss);
        world.run_for(secs(100));
    }
    world.says(names[0], at(names[0], "https://b.example.com/keys"));
    world.down.push("b.example.com".into());
    for _ in 0..110 {
        let _any = world.now(names[0]);
        world.run_for(secs(1));
    }
    assert_eq!((world.issuers(), world.requests("a.example.com")), (2, 1));
    assert!(world.requests("b.example.com") > 0, "both have moved");
    assert_eq!(world.now(names[1]).unwrap_err().kind(), ErrorKind::Unavailable);
    let health = world.verifier.health();
    assert_eq!(health.verdict, HealthKind::Ready);
    assert!(health.issuers.iter().all(|issuer| !issuer.required));
    let verifier = world.verifier.clone();
    let ready = world.spawn(async move { verifier.ready(ms(0)).await.map_err(|_| unreachable!()) });
    assert_eq!(world.told(ready), Some(Ok(())));
}

#[test]
fn an_issuer_that_is_added_by_hand_takes_the_place_of_the_gates() {
    let mut world = World::new();
    let iss = world.ready("a");
    world.ready("b");
    let issuers = world.verifier.issuers();
    // Before the driver has heard that the gate's is gone.
    assert!(issuers.remove(&iss));
    issuers.add(Issuer::new(&iss).jwks_uri(format!("{iss}/own")).audience("api")).unwrap();
    world.run_for(secs(1));
    assert!(world.now(&iss).is_ok() && world.now("https://b.example.com").is_ok());
    assert_eq!((world.issuers(), world.requests("a.example.com/own")), (2, 1));
    // What the gate says of it does not count any more.
    world.says(&iss, Say::No);
    for _ in 0..400 {
        assert!(world.now(&iss).is_ok() && world.now("https://b.example.com").is_ok());
        world.run_for(secs(1));
    }
    assert_eq!(world.issuers(), 2);
}

#[test]
fn an_issuer_that_is_added_by_hand_while_the_gate_is_asked_stays() {
    let mut world = World::new();
    world.gate().latency = ms(100);
    let iss = world.knows("a");
    let caller = world.call(&iss);
    let own = Issuer::new(&iss).jwks_uri(format!("{iss}/own")).audience("other");
    world.verifier.issuers().add(own).unwrap();
    world.run_for(secs(1));
    assert_eq!(world.told(caller), Some(Err(ErrorKind::WrongAudience)));
    assert_eq!((world.issuers(), world.gate().asked_about(&iss)), (1, 1));
}

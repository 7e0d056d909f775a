//! Saved keys that are refused, each for its reason; the cache then loads as usual.

use std::time::Duration;

use jwks_core::adapter::Action;
use jwks_core::cache::{HydrateErrorKind, KeyCache, SavedKeys, Source};
use serde_json::{Value, json};

use crate::built::built;
use crate::world::{MINUTE, Wall, World, found, plain, saved, set_of};

fn refused(world: &mut World, keys: &SavedKeys) -> (HydrateErrorKind, String) {
    let error = world.driver.hydrate(keys).unwrap_err();
    (error.kind(), error.to_string())
}

/// Starts cold.
fn loads(mut world: World) {
    world.read("a").unwrap_err();
    world.load(found(&["a"]));
    world.read("a").unwrap();
}

#[test]
fn what_has_expired() {
    let wall = Wall::new();
    let keys = SavedKeys::from_json(saved(&wall, plain())).unwrap();
    wall.forward(80 * MINUTE);
    let mut world = World::start(&wall, plain());
    let (kind, text) = refused(&mut world, &keys);
    assert_eq!(kind, HydrateErrorKind::Expired);
    assert_eq!(
        text,
        "the saved keys were confirmed 1h 20m ago and are no longer trusted: save them more often, \
         or load newer ones"
    );
    loads(world);
}

#[test]
fn what_comes_from_the_future() {
    let wall = Wall::new();
    let second = Duration::from_secs(1);
    let bundle = |at| SavedKeys::from_jwk_set(set_of(&["a"]), at).unwrap();
    let mut world = World::start(&wall, plain());
    let (kind, text) = refused(&mut world, &bundle(wall.now() + MINUTE + second));
    assert_eq!(kind, HydrateErrorKind::Future);
    assert_eq!(
        text,
        "the saved keys were confirmed 1m 1s in the future: compare the clocks of the two machines"
    );
    loads(world);
    // Clocks differ a little; the trust counts from now.
    let world = World::start_with(&wall, plain(), &bundle(wall.now() + MINUTE)).unwrap();
    let status = world.cache.status();
    assert_eq!(status.confirmed_at, Some(wall.now()));
    assert_eq!(status.trust_until, Some(wall.now() + 80 * MINUTE));
}

#[test]
fn what_is_of_another_source() {
    let wall = Wall::new();
    let keys = SavedKeys::from_json(saved(&wall, plain())).unwrap();
    for url in ["https://id.example.com/keys?policy=two", "https://other.example.com/keys"] {
        let clock = wall.clone();
        let source = Source::jwks_uri(url).unwrap();
        let (_cache, [mut driver]) =
            built(KeyCache::builder(source).wall_clock(move || clock.now()));
        let error = driver.hydrate(&keys).unwrap_err();
        assert_eq!(error.kind(), HydrateErrorKind::OtherSource);
        assert!(!error.to_string().contains("policy"), "{error}");
        assert!(matches!(driver.poll(jwks_core::refresh::Time::ZERO), Action::Fetch(_)));
    }
}

#[test]
fn what_is_of_another_version() {
    for text in [r#"{"version":2}"#, r#"{"keys":"elsewhere","version":2,"more":[]}"#] {
        let error = SavedKeys::from_json(text).unwrap_err();
        assert_eq!(error.kind(), HydrateErrorKind::Version);
        assert_eq!(error.to_string(), "the saved keys are of version 2, not of version 1");
    }
}

#[test]
fn what_is_corrupted() {
    let wall = Wall::new();
    let text = saved(&wall, plain());
    for len in 0..text.len() {
        let error = SavedKeys::from_json(&text.as_bytes()[..len]).unwrap_err();
        assert_eq!(error.kind(), HydrateErrorKind::Corrupted);
        let text = error.to_string();
        assert!(text.starts_with("the saved keys are corrupted: ") && text.len() > 40, "{text}");
    }
    // No bit of it may flip.
    for bit in 0..text.len() * 8 {
        let mut bytes = text.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        match SavedKeys::from_json(&bytes) {
            Ok(_) => panic!("{}", String::from_utf8_lossy(&bytes)),
            Err(error) => assert!(
                matches!(error.kind(), HydrateErrorKind::Corrupted | HydrateErrorKind::Version),
                "{error}"
            ),
        }
    }
}

/// Many a person has such a file, and takes it for what is saved.
#[test]
fn what_is_a_plain_jwk_set() {
    for set in [set_of(&["a"]), r#"{"keys":[]}"#.into(), r#"{"keys":[1],"own":2}"#.into()] {
        let error = SavedKeys::from_json(&set).unwrap_err();
        assert_eq!(error.kind(), HydrateErrorKind::JwkSet);
        assert_eq!(
            format!("{error:?}"),
            "a plain JWK Set, not saved keys: read it with `SavedKeys::from_jwk_set`; saved keys are \
             what `KeyCache::export` gives, written as JSON"
        );
    }
}

#[test]
fn what_is_edited_or_incomplete() {
    let wall = Wall::new();
    let text = saved(&wall, plain());
    let value: Value = serde_json::from_str(&text).unwrap();
    for member in value.as_object().unwrap().keys() {
        let mut less = value.clone();
        less.as_object_mut().unwrap().remove(member);
        let error = SavedKeys::from_json(less.to_string()).unwrap_err();
        assert_eq!(error.kind(), HydrateErrorKind::Corrupted, "{member}");
    }
    let mut private = value.clone();
    private["keys"][0]["d"] = json!("AA");
    assert!(SavedKeys::from_json(private.to_string()).is_err());
    let mut longer = value;
    longer["trust_until_ms"] = json!(4_000_000_000_000_u64);
    assert!(SavedKeys::from_json(longer.to_string()).is_err());
    let twice = text.replacen('{', r#"{"version":1,"#, 1);
    assert!(SavedKeys::from_json(twice).is_err());
}

#[test]
fn what_is_no_set_or_not_for_this_policy() {
    let wall = Wall::new();
    for text in ["", "[]", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"AA"}]}"#] {
        assert!(SavedKeys::from_jwk_set(text, wall.now()).is_err(), "{text}");
    }
    let bundle = SavedKeys::from_jwk_set(set_of(&["a", "b"]), wall.now()).unwrap();
    for policy in [plain().max_keys(1), plain().min_keys(3), plain().max_body(16)] {
        let mut world = World::start(&wall, policy);
        let (kind, text) = refused(&mut world, &bundle);
        assert_eq!(kind, HydrateErrorKind::KeySet, "{text}");
    }
}

#[test]
fn what_comes_too_late() {
    let wall = Wall::new();
    let bundle = SavedKeys::from_jwk_set(set_of(&["a"]), wall.now()).unwrap();
    let mut world = World::start(&wall, plain());
    world.load(found(&["b"]));
    assert_eq!(refused(&mut world, &bundle).0, HydrateErrorKind::Late);
    world.read("b").unwrap();
    let mut world = World::start_with(&wall, plain(), &bundle).unwrap();
    assert_eq!(refused(&mut world, &bundle).0, HydrateErrorKind::Late);
    // What was withdrawn stays so.
    let mut world = World::start(&wall, plain());
    world.cache.invalidate();
    assert_eq!(refused(&mut world, &bundle).0, HydrateErrorKind::Late);
    world.read("a").unwrap_err();
    loads(world);
}

//! Rule 16: kids that are taken out by hand stay so in what is saved.

use jwks_core::cache::{ErrorKind, HydrateErrorKind, SavedKeys};
use serde_json::{Value, json};

use crate::world::{MINUTE, Wall, World, found, plain, saved};

/// The export of a cache that denies these kids.
fn denying(wall: &Wall, kids: &[&str]) -> String {
    let mut world = World::start(wall, plain());
    world.load(found(&["a", "b"]));
    for kid in kids {
        world.cache.deny_kid(kid).unwrap();
    }
    serde_json::to_string(&world.cache.export().unwrap()).unwrap()
}

fn denied(world: &World) -> Vec<String> {
    world.cache.status().denied.iter().map(ToString::to_string).collect()
}

#[test]
fn they_are_saved_with_all_keys() {
    let wall = Wall::new();
    let text = denying(&wall, &["b", "z"]);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["denied_kids"], json!(["b", "z"]));
    assert_eq!(value["keys"].as_array().unwrap().len(), 2);
    let keys = SavedKeys::from_json(&text).unwrap();
    assert_eq!(serde_json::to_string(&keys).unwrap(), text);
    let none: Value = serde_json::from_str(&saved(&wall, plain())).unwrap();
    assert!(none.get("denied_kids").is_none());
}

#[test]
fn a_restart_denies_them() {
    let wall = Wall::new();
    let keys = SavedKeys::from_json(denying(&wall, &["b", "z"])).unwrap();
    let mut world = World::start_with(&wall, plain(), &keys).unwrap();
    assert_eq!(world.read("b").unwrap_err().kind(), ErrorKind::DeniedKid);
    world.read("a").unwrap();
    assert_eq!(denied(&world), ["b", "z"]);
    // Allowed again, the saved key is back.
    world.waits();
    assert!(world.cache.allow_kid("b"));
    world.read("b").unwrap();
    // And what is saved then says so.
    let again = serde_json::to_value(world.cache.export().unwrap()).unwrap();
    assert_eq!(again["denied_kids"], json!(["z"]));
}

#[test]
fn they_add_to_those_that_are_denied_here() {
    let wall = Wall::new();
    let keys = SavedKeys::from_json(denying(&wall, &["b"])).unwrap();
    let mut world = World::start(&wall, plain());
    world.cache.deny_kid("a").unwrap();
    world.driver.hydrate(&keys).unwrap();
    for kid in ["a", "b"] {
        assert_eq!(world.read(kid).unwrap_err().kind(), ErrorKind::DeniedKid);
    }
    assert_eq!(denied(&world), ["a", "b"]);
    world.waits();
    assert_eq!(denied(&world), ["a", "b"]);
}

/// A key is no less compromised because the keys beside it are too old.
#[test]
fn they_are_denied_even_if_the_keys_are_refused() {
    let wall = Wall::new();
    let keys = SavedKeys::from_json(denying(&wall, &["b"])).unwrap();
    let tests: [(fn(&mut World), _); 3] = [
        (|world| world.wall.forward(80 * MINUTE), HydrateErrorKind::Expired),
        (|world| world.load(found(&["a", "b"])), HydrateErrorKind::Late),
        (|world| world.cache.invalidate(), HydrateErrorKind::Late),
    ];
    for (before, kind) in tests {
        let wall = wall.another();
        let mut world = World::start(&wall, plain());
        before(&mut world);
        assert_eq!(world.driver.hydrate(&keys).unwrap_err().kind(), kind);
        assert_eq!(denied(&world), ["b"]);
        assert_eq!(world.read("b").unwrap_err().kind(), ErrorKind::DeniedKid);
    }
    let mut world = World::start(&wall, plain().min_keys(3));
    assert_eq!(world.driver.hydrate(&keys).unwrap_err().kind(), HydrateErrorKind::KeySet);
    assert_eq!(denied(&world), ["b"]);
}

#[test]
fn those_of_another_source_are_not() {
    let wall = Wall::new();
    let mut value: Value = serde_json::from_str(&denying(&wall, &["b"])).unwrap();
    value["source_digest"] = json!("another");
    let keys = SavedKeys::from_json(sealed(value)).unwrap();
    let mut world = World::start(&wall, plain());
    let error = world.driver.hydrate(&keys).unwrap_err();
    assert_eq!(error.kind(), HydrateErrorKind::OtherSource);
    assert_eq!(denied(&world), [""; 0]);
}

#[test]
fn no_export_denies_too_many_or_too_long_kids() {
    let wall = Wall::new();
    let value: Value = serde_json::from_str(&denying(&wall, &["b"])).unwrap();
    let with = |kids: Vec<String>| {
        let mut value = value.clone();
        value["denied_kids"] = json!(kids);
        SavedKeys::from_json(sealed(value))
    };
    let many = |from: usize, to: usize| (from..to).map(|n| n.to_string()).collect();
    let error = with(many(0, 1025)).unwrap_err();
    assert_eq!(error.kind(), HydrateErrorKind::Corrupted);
    let error = with(vec!["k".repeat(257)]).unwrap_err();
    assert_eq!(error.kind(), HydrateErrorKind::Corrupted);
    // Each export alone does, both together do not; then none of the second is denied.
    let mut world = World::start_with(&wall, plain(), &with(many(0, 1000)).unwrap()).unwrap();
    let more = with(many(990, 1500)).unwrap();
    let error = world.driver.hydrate(&more).unwrap_err();
    assert_eq!(error.kind(), HydrateErrorKind::Denied);
    assert_eq!(
        error.to_string(),
        "the kids that the saved keys deny cannot be denied: 1024 kids are denied already: allow one \
         that is out of use"
    );
    assert_eq!(denied(&world).len(), 1000);
    world.read("a").unwrap();
}

/// The same with a digest that fits, as a forger can make it.
fn sealed(mut value: Value) -> String {
    let ordered = |value: &Value| {
        let names = [
            "version",
            "source",
            "source_digest",
            "confirmed_at_ms",
            "trust_until_ms",
            "lifetime_ms",
            "keys",
            "denied_kids",
            "digest",
        ];
        let members = names.iter().filter_map(|name| {
            let member = value.get(name)?;
            let text = match *name {
                "keys" => keys(member),
                _ => member.to_string(),
            };
            Some(format!("\"{name}\":{text}"))
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    };
    value["digest"] = json!("");
    value["digest"] = json!(crate::world::sha256(ordered(&value).as_bytes()));
    ordered(&value)
}

/// Keys in the order in which they are written.
fn keys(keys: &Value) -> String {
    let key = |key: &Value| {
        let members =
            ["kty", "crv", "kid", "x"].iter().map(|name| format!("\"{name}\":{}", key[name]));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    };
    format!("[{}]", keys.as_array().unwrap().iter().map(key).collect::<Vec<_>>().join(","))
}

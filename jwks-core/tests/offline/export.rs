//! What is written down.

use jwks_core::cache::SavedKeys;
use serde_json::Value;

use crate::world::{EPOCH, MINUTE, Wall, World, found, plain, saved, set_of};

#[test]
fn a_cache_without_keys_exports_nothing() {
    let wall = Wall::new();
    let mut world = World::start(&wall, plain());
    assert!(world.cache.export().is_none());
    world.load(found(&["a"]));
    assert!(world.cache.export().is_some());
    world.cache.invalidate();
    assert!(world.cache.export().is_none());
}

#[test]
fn an_export_survives_any_serde_format_of_self_description() {
    let wall = Wall::new();
    let text = saved(&wall, plain());
    let keys: SavedKeys = serde_json::from_str(&text).unwrap();
    assert_eq!(keys, SavedKeys::from_json(&text).unwrap());
    assert_eq!(serde_json::to_string(&keys).unwrap(), text);
    let toml: SavedKeys = toml::from_str(&toml::to_string(&keys).unwrap()).unwrap();
    assert_eq!(toml, keys);
    let bundle = SavedKeys::from_jwk_set(set_of(&["a"]), wall.now()).unwrap();
    let text = serde_json::to_string(&bundle).unwrap();
    assert_eq!(SavedKeys::from_json(text).unwrap().source(), None);
}

#[test]
fn version_1_has_this_form() {
    let wall = Wall::new();
    let value: Value = serde_json::from_str(&saved(&wall, plain())).unwrap();
    let confirmed = u64::try_from(EPOCH.as_millis()).unwrap();
    assert_eq!(value["version"], 1);
    assert_eq!(value["source"], "https://id.example.com/keys?…");
    assert_eq!(value["confirmed_at_ms"], confirmed);
    assert_eq!(value["trust_until_ms"], confirmed + 80 * 60 * 1000);
    assert_eq!(value["lifetime_ms"], 300_000);
    let set: Value = serde_json::from_str(&set_of(&["a", "b"])).unwrap();
    assert_eq!(value["keys"], set["keys"]);
    assert!(!value.to_string().contains("policy=one"), "the query may be a secret");
    let mut members: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    let expected = [
        "confirmed_at_ms",
        "digest",
        "keys",
        "lifetime_ms",
        "source",
        "source_digest",
        "trust_until_ms",
        "version",
    ];
    assert_eq!(members, expected, "and neither ETag nor Last-Modified");
}

#[test]
fn times_are_rounded_down() {
    let wall = Wall::new();
    wall.forward(std::time::Duration::from_nanos(999_999));
    let keys = SavedKeys::from_json(saved(&wall, plain())).unwrap();
    assert_eq!(keys.confirmed_at(), std::time::UNIX_EPOCH + EPOCH);
    assert_eq!(keys.trust_until(), Some(std::time::UNIX_EPOCH + EPOCH + 80 * MINUTE));
}

#[test]
fn private_and_foreign_members_are_never_exported() {
    let wall = Wall::new();
    let usable = set_of(&["a"]);
    let usable = usable.trim_start_matches(r#"{"keys":["#).trim_end_matches("]}");
    let spoiled = usable.replace(r#""kid":"a""#, r#""kid":"p","d":"c2VjcmV0""#);
    let more = usable.replace(r#""kid":"a""#, r#""kid":"m","note":"c2VjcmV0","use":"sig""#);
    let set = format!(r#"{{"keys":[{usable},{spoiled},{more},{{"kty":"oct","k":"c2VjcmV0"}}]}}"#);
    let bundle = SavedKeys::from_jwk_set(set, wall.now()).unwrap();
    let world = World::start_with(&wall, plain(), &bundle).unwrap();
    world.read("m").unwrap();
    world.read("p").unwrap_err();
    for keys in [bundle, world.cache.export().unwrap()] {
        let text = format!("{keys:?} {}", serde_json::to_string(&keys).unwrap());
        assert!(!text.contains("c2VjcmV0"), "{text}");
    }
}

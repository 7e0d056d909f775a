//! What a cache has lived through can be told afterwards, by another process.

use std::path::Path;
use std::{env, fs};

use jwks_core::cache::Policy;
use jwks_core::refresh::record::Recording;

use crate::clocks::{ms, secs};
use crate::issuer::{Issuer, Mode};
use crate::world::World;

/// The story holds these texts in this order. `JWKS_TRACES=write` saves the recording among the
/// traces, which `tests/model/traces.rs` replays.
#[expect(clippy::disallowed_methods, reason = "the recordings are files")]
fn tells(world: &World, name: &str, texts: &[&str]) {
    let json = serde_json::to_string_pretty(&world.cache.recording()).unwrap();
    if env::var("JWKS_TRACES").is_ok_and(|value| value == "write") {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces");
        fs::write(folder.join(format!("{name}.json")), format!("{json}\n")).unwrap();
    }
    let read: Recording = serde_json::from_str(&json).unwrap();
    let replay = read.replay();
    assert_eq!(replay.parting(), None);
    let story = replay.to_string();
    let mut rest = story.as_str();
    for text in texts {
        let (_, after) = rest.split_once(text).unwrap_or_else(|| panic!("{text}, in:\n{story}"));
        rest = after;
    }
    for secret in ["forged", "\"a\""] {
        assert!(!json.contains(secret), "{secret} in {json}");
    }
}

/// A service with 10 requests a second, for so many seconds.
fn serve(world: &mut World, seconds: u64) {
    for _ in 0..seconds {
        for _ in 0..10 {
            world.read("a").unwrap();
        }
        world.run_for(secs(1));
    }
}

fn loaded() -> World {
    let mut world = World::new(Policy::default(), Issuer::new());
    world.run_to(secs(1));
    world
}

#[test]
fn an_outage() {
    let mut world = loaded();
    serve(&mut world, 600);
    world.issuer.mode = Mode::Status(503, None);
    serve(&mut world, 300);
    // Strangers come as well.
    for n in 0..2000 {
        world.call(&format!("forged-{n}"), ms(200));
        world.run_for(ms(10));
    }
    world.issuer.mode = Mode::Status(503, Some(30));
    serve(&mut world, 300);
    world.issuer.mode = Mode::Up;
    serve(&mut world, 300);
    tells(
        &world,
        "outage",
        &["failure 1 in a row", "unknown kid", "asks for a pause of 30s", "RECOVERED after"],
    );
}

#[test]
fn a_rotation() {
    let mut world = loaded();
    serve(&mut world, 100);
    world.issuer.kids = vec!["b"];
    let caller = world.call("c", secs(2));
    world.run_for(secs(5));
    assert!(world.done(caller));
    world.call("b", secs(2));
    world.run_for(secs(5));
    tells(
        &world,
        "rotation",
        &["a token names a kid that the keys lack", "begins: unknown kid", "succeeds"],
    );
}

#[test]
fn a_freeze() {
    let mut world = loaded();
    serve(&mut world, 10);
    world.wall.forward(secs(3 * 3600));
    world.read("a").unwrap_err();
    world.run_for(secs(10));
    world.read("a").unwrap();
    tells(
        &world,
        "freeze",
        &["went on by 3h while the process stood still", "trust", "begins: no keys", "succeeds"],
    );
}

#[test]
fn a_cache_without_a_recorder_records_nothing() {
    use crate::built::built;
    use jwks_core::adapter::{Action, Driver};
    use jwks_core::cache::{KeyCache, Source};
    use jwks_core::refresh::Time;
    for (size, records) in [(0, false), (1023, false), (1024, true)] {
        let source = Source::jwks_uri("https://id.example.com/keys?secret").unwrap();
        let (cache, [mut driver]) = built(KeyCache::builder(source).recorder(size));
        let driver: &mut Driver = &mut driver;
        assert!(matches!(driver.poll(Time::ZERO), Action::Fetch(_)));
        let recording = cache.recording();
        assert_eq!(recording.inputs().count() > 0, records, "{size}");
        assert_eq!(recording.label(), Some(cache.label()));
        assert!(!serde_json::to_string(&recording).unwrap().contains("secret"));
    }
}

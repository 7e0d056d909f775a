//! What an observer is told, in full.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jwks_core::cache::{Event, EventKind, FetchError, KeyCache, Source};
use jwks_core::refresh::Reason;

use crate::built::built;
use crate::world::{World, keys, mins, policy, secs, status};

fn find<T>(events: &[Event], which: impl Fn(&EventKind) -> Option<T>) -> T {
    let found = events.iter().find_map(|event| which(event.kind()));
    found.unwrap_or_else(|| panic!("{events:#?}"))
}

#[test]
fn each_end_of_a_fetch_says_why_it_was_made_and_how_long_it_took() {
    let mut world = World::new(policy());
    let end = |world: &mut World, answer| {
        let fetch = world.fetch();
        world.waits();
        world.pass(secs(2));
        fetch.reply.send(Ok(answer));
        world.waits();
        find(&world.events(), |kind| match kind {
            EventKind::Loaded { keys, reason, took, .. } => {
                Some((format!("{keys} keys"), *reason, *took))
            }
            EventKind::RefreshCompleted { modified, reason, took, .. } => {
                Some((format!("modified {modified}"), *reason, *took))
            }
            EventKind::RefreshFailed { failures, reason, took, .. } => {
                Some((format!("failed {failures}"), *reason, *took))
            }
            _ => None,
        })
    };
    let two = secs(2);
    assert_eq!(end(&mut world, keys(&["a"])), ("1 keys".into(), Reason::Load, two));
    let mut by_hand = world.refresh();
    assert!(by_hand.poll().is_none());
    assert_eq!(end(&mut world, status(500)), ("failed 1".into(), Reason::Refresh, two));
    world.pass(mins(16));
    // Failures are counted in one row, whatever the fetch was made for.
    assert_eq!(end(&mut world, status(500)), ("failed 2".into(), Reason::Ahead, two));
    assert_eq!(world.status().failures_in_a_row, 2);
    world.pass(secs(1));
    assert_eq!(end(&mut world, keys(&["a"])), ("modified true".into(), Reason::Retry, two));
    assert_eq!(world.status().failures_in_a_row, 0);
}

#[test]
fn a_recovery_says_how_long_and_how_many() {
    let mut world = World::holding(policy(), &["a"]);
    let recovered = |events: &[Event]| {
        let kinds = events.iter().filter_map(|event| match *event.kind() {
            EventKind::Recovered { failures, after, .. } => Some((failures, after)),
            _ => None,
        });
        kinds.collect::<Vec<_>>()
    };
    assert_eq!(recovered(&world.events()), [], "nothing has failed");
    world.pass(mins(16));
    world.fetch().reply.send(Ok(status(500)));
    let mut pause = world.waits();
    let failed_at = world.wall();
    for _ in 0..2 {
        world.pass(pause);
        world.fetch().reply.send(Ok(status(500)));
        pause = world.waits();
    }
    world.pass(pause);
    world.load(keys(&["a"]));
    let events = world.events();
    let after = world.wall().duration_since(failed_at).unwrap();
    assert!(after > Duration::ZERO);
    assert_eq!(recovered(&events), [(3, after)]);
    // After what has brought it about.
    let texts: Vec<_> = events.iter().map(|event| event.kind().to_string()).collect();
    let place = |text: &str| texts.iter().position(|it| it.starts_with(text)).unwrap();
    assert!(place("refresh completed: same keys") < place("recovered after "), "{texts:?}");
    world.pass(mins(16));
    world.load(keys(&["a"]));
    assert_eq!(recovered(&world.events()), [], "it has been told");
    // Of a first load too.
    let mut world = World::new(policy());
    world.fetch().reply.send(Ok(status(500)));
    let pause = world.waits();
    world.pass(pause);
    world.load(keys(&["a"]));
    assert_eq!(recovered(&world.events()), [(1, pause)]);
}

#[test]
fn a_stale_set_says_until_when_it_serves() {
    let mut world = World::holding(policy(), &["a"]);
    let until = world.wall() + mins(80);
    world.run(mins(21), |_| status(500));
    let told = find(&world.events(), |kind| match kind {
        EventKind::Stale { trust_until, .. } => Some(*trust_until),
        _ => None,
    });
    assert_eq!(told, Some(until));
}

#[test]
fn each_event_bears_the_label() {
    let source = || Source::builder().issuer("https://id.example.com/a?key=secret");
    let at = "https://keys.example.com/all?key=secret";
    for (source, label, shown) in [
        (source().jwks_uri(at), Some("staff"), "staff"),
        (source().jwks_uri(at), Some("a\n\u{1b}b"), r"a\n\u{1b}b"),
        (source().jwks_uri(at), Some(" "), "https://id.example.com/a"),
        (source().jwks_uri(at), None, "https://id.example.com/a"),
        (Source::jwks_uri(at), None, "https://keys.example.com/all"),
        (Source::discover("https://id.example.com/"), None, "https://id.example.com/"),
    ] {
        let events = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&events);
        let mut builder = KeyCache::builder(source.unwrap())
            .observer(move |event| log.lock().unwrap().push(event.clone()));
        if let Some(label) = label {
            builder = builder.label(label);
        }
        let (cache, [mut driver]) = built(builder);
        drop(driver.poll(jwks_core::refresh::Time::ZERO));
        drop(driver);
        let told = events.lock().unwrap();
        assert!(told.len() >= 2, "{told:?}");
        for event in told.iter() {
            assert_eq!(event.label(), shown);
            assert_eq!(event.to_string(), format!("{shown}: {}", event.kind()));
        }
        assert_eq!((cache.label(), &*cache.status().label), (shown, shown));
    }
}

/// An observer that is slow delays no fetch: it is told when that has been handed out.
#[test]
fn what_begins_with_a_fetch_is_told_by_the_next_poll() {
    let mut world = World::new(policy());
    let fetch = world.fetch();
    assert_eq!(world.told(), [""; 0]);
    world.waits();
    assert_eq!(world.told(), ["performing refresh (no keys)"]);
    drop(fetch);
    // Nothing is lost if there is no next one.
    let pause = world.waits();
    world.pass(pause);
    let fetch = world.fetch();
    world.events();
    let World { cache: _cache, driver, events, .. } = world;
    drop(driver);
    let told: Vec<_> = events.lock().unwrap().iter().map(|e| e.kind().to_string()).collect();
    assert_eq!(told.first().map(|text| text.starts_with("performing refresh")), Some(true));
    assert_eq!(told.last().map(String::as_str), Some("driver stopped"));
    drop(fetch);
}

/// What an HTTP client says of a failure is foreign text: it must not begin a line of the log, nor
/// colour one, nor fill it.
#[test]
fn what_a_client_says_stays_in_one_line_wherever_it_is_shown() {
    let mut world = World::new(policy());
    let text = format!("reset\r\n\u{1b}[31m2026-11-29 login ok {}", "x".repeat(5000));
    let failed = FetchError::other(std::io::Error::other(text));
    world.fetch().reply.send::<Vec<u8>>(Err(failed));
    world.waits();
    let status = world.status().last_error.expect("a failure");
    let health = serde_json::to_string(&world.cache.health()).unwrap();
    let events = world.events().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(events.iter().any(|event| event.contains("refresh failed")), "{events:?}");
    for shown in events.iter().chain([&status, &health]) {
        assert!(!shown.contains(char::is_control) && shown.len() < 2000, "{shown:?}");
    }
}

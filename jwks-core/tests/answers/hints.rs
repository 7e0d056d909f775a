//! Hints, each told once, and what has happened lately.

use jwks_core::cache::{EventKind, Explanation};
use jwks_core::refresh::{Hint, Strategy};

use crate::world::{World, keys, mins, policy, secs, status};

fn told(world: &World) -> Vec<&'static str> {
    let events = world.events.lock().unwrap();
    let hints = events.iter().filter_map(|event| match event.kind() {
        EventKind::Hint { hint, .. } => Some(hint.name()),
        _ => None,
    });
    hints.collect()
}

fn names(hints: &[Hint]) -> Vec<&'static str> {
    hints.iter().map(Hint::name).collect()
}

/// Uses the keys until a refresh by usage has come, so many times.
fn use_up(world: &mut World, times: usize, gap: u64) {
    for _ in 0..times {
        for _ in 0..1000 {
            world.read("a").unwrap();
        }
        world.pass(secs(gap));
        world.load(keys(&["a"]));
    }
}

#[test]
fn settings_are_told_once_and_first() {
    let set = policy().stale_if_error(secs(5)).wait_budget(secs(60));
    let mut world = World::holding(set, &["a"]);
    let expected = ["short_stale_window", "long_wait"];
    assert_eq!(told(&world), expected);
    {
        let events = world.events.lock().unwrap();
        let first = events.first().unwrap();
        assert!(matches!(first.kind(), EventKind::Hint { .. }) && !first.is_warning());
        assert!(first.to_string().contains("a hint on `stale_if_error`: "), "{first}");
    }
    world.run(mins(120), |_| keys(&["a"]));
    assert_eq!(told(&world), expected);
    assert_eq!(names(&world.status().hints), expected);
    let explained = world.cache.explain();
    assert_eq!(names(&explained.hints), expected);
    let shown = explained.to_string();
    assert!(shown.contains("\n  hint          keys serve for 5s past"), "{shown}");
    assert_eq!(shown.matches("  hint  ").count(), 2, "{shown}");
    let json = serde_json::to_value(world.status()).unwrap();
    assert_eq!(json["hints"][1]["setting"], "wait_budget");
}

#[test]
fn a_service_that_is_well_has_none() {
    let mut world = World::holding(policy(), &["a"]);
    world.run(mins(120), |_| keys(&["a"]));
    assert_eq!(told(&world), [""; 0]);
    assert!(world.status().hints.is_empty() && world.cache.explain().recently.is_empty());
}

#[test]
fn usage_that_causes_every_fetch_is_told_when_it_is_seen_and_once() {
    let mut world = World::holding(policy().strategy(Strategy::Both).jitter(0.0), &["a"]);
    assert_eq!(told(&world), [""; 0]);
    use_up(&mut world, 3, 60);
    assert_eq!(told(&world), ["usage_spent"]);
    use_up(&mut world, 5, 60);
    assert_eq!(told(&world), ["usage_spent"]);
    assert_eq!(names(&world.cache.explain().hints), ["usage_spent"]);
    assert_eq!(names(&world.status().hints), ["usage_spent"]);
    let text = world.status().hints[0].to_string();
    assert!(text.contains("keys are fetched every 1m, 60 times an hour"), "{text}");
    // Quiet again: what is true no more is not shown, and not told again.
    world.run(mins(60), |_| keys(&["a"]));
    assert!(world.status().hints.is_empty() && world.cache.explain().hints.is_empty());
    use_up(&mut world, 3, 60);
    assert_eq!(told(&world), ["usage_spent"]);
}

#[test]
fn usage_within_bounds_is_no_hint() {
    let mut world = World::holding(policy().strategy(Strategy::Both).jitter(0.0), &["a"]);
    // 1000 uses each five minutes: by usage, but not held back.
    for _ in 0..4 {
        world.pass(secs(240));
        use_up(&mut world, 1, 60);
    }
    assert_eq!(told(&world), [""; 0]);
}

fn lately(explained: &Explanation) -> Vec<String> {
    explained.recently.iter().map(|episode| episode.text.clone()).collect()
}

#[test]
fn an_outage_is_told_while_it_lasts_and_when_it_is_over() {
    let set = policy().retry(secs(30), secs(60)).stale_if_error(mins(5));
    let mut world = World::holding(set, &["a"]);
    world.run(mins(20), |_| status(503));
    world.waits();
    let explained = world.cache.explain();
    let failures = explained.failures_in_a_row;
    assert_eq!(lately(&explained), [format!("since then fetches fail: {failures} in a row")]);
    assert_eq!(Some(explained.recently[0].at), explained.failing_since);
    let shown = explained.to_string();
    assert!(shown.contains("\n  recently      4 min ago ("), "{shown}");
    world.run(mins(8), |_| status(503));
    let failures = world.status().failures;
    world.run(mins(2), |_| keys(&["a"]));
    world.waits();
    let texts = lately(&world.cache.explain());
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(
        texts[0].starts_with(&format!("{failures} fetches failed in a row, for 12m")),
        "{texts:?}"
    );
    assert!(texts[0].ends_with("until one succeeded"), "{texts:?}");
    assert_eq!(texts[1], "the keys stopped serving: the trust in them had ended");
    let json = serde_json::to_value(world.cache.explain()).unwrap();
    assert_eq!(json["recently"][1]["text"], texts[1]);
    assert!(json["recently"][0]["at"].is_f64());
}

#[test]
fn rotations_and_unknown_kids_are_counted() {
    let mut world = World::holding(policy(), &["a"]);
    let sets: [&[&str]; 4] = [&["a", "b"], &["b"], &["b", "c"], &["c"]];
    for set in sets {
        world.run(mins(17), |_| keys(set));
    }
    world.waits();
    assert_eq!(lately(&world.cache.explain()), ["since then the keys changed 4 times"]);
    // The first of them is more than an hour ago now.
    world.run(mins(12), |_| keys(&["c"]));
    world.waits();
    assert_eq!(lately(&world.cache.explain()), ["since then the keys changed 3 times"]);
    for kid in ["x", "y"] {
        world.read(kid).unwrap_err();
        world.load(keys(&["c"]));
    }
    let texts = lately(&world.cache.explain());
    assert_eq!(texts.last().unwrap(), "2 fetches for unknown kids");
    world.pass(mins(1));
    world.cache.invalidate();
    world.load(keys(&["c"]));
    let texts = lately(&world.cache.explain());
    assert_eq!(texts.last().unwrap(), "the keys were withdrawn by hand");
}

#[test]
fn no_more_than_six_and_the_last_of_them() {
    let mut world = World::holding(policy(), &["a"]);
    for _ in 0..9 {
        world.cache.invalidate();
        world.load(keys(&["a"]));
        world.pass(mins(1));
    }
    let recently = world.cache.explain().recently;
    assert_eq!(recently.len(), 6);
    assert_eq!(recently[5].at, world.wall() - mins(1));
}

#[test]
fn looking_asks_for_nothing_and_counts_no_use() {
    let mut world = World::holding(policy().stale_if_error(secs(5)), &["a"]);
    world.run(mins(15), |_| keys(&["a"]));
    let (wait, before) = (world.waits(), world.status());
    for _ in 0..10 {
        let _explained = world.cache.explain();
    }
    let after = world.status();
    assert_eq!(world.waits(), wait);
    assert_eq!(
        (after.uses, after.misses, after.fetches),
        (before.uses, before.misses, before.fetches)
    );
    assert_eq!(told(&world).len(), 1);
}

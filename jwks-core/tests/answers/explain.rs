//! The page that explains a cache, and one of its kids; and that looking at it changes nothing.

use jwks_core::cache::{KeyCache, KidState, Policy};
use jwks_core::refresh::{Reason, Strategy};

use crate::world::{World, keys, mins, policy, secs, status};

fn lines(cache: &KeyCache) -> Vec<String> {
    cache.explain().to_string().lines().map(str::to_owned).collect()
}

fn line<'l>(lines: &'l [String], name: &str) -> &'l str {
    let name = format!("  {name:12}  ");
    lines.iter().find_map(|line| line.strip_prefix(&name)).unwrap_or_else(|| panic!("{lines:?}"))
}

/// It is the example of the documentation.
#[test]
fn a_service_that_is_well() {
    let mut world = World::new(policy());
    let set = keys(&["2026-01", "2026-02"])
        .map(|set| set.replace("]}", r#",{"kty":"oct","kid":"x\n","k":"AA"}]}"#));
    world.load(set);
    for _ in 0..600 {
        world.read("2026-02").unwrap();
    }
    world.pass(secs(192));
    world.waits();
    let shown = world.cache.explain().to_string();
    assert_eq!(shown, include_str!("../../src/cache/explain/example.txt").trim_end());
}

#[test]
fn an_outage_says_since_when_and_why() {
    let mut world = World::holding(policy(), &["a"]);
    world.run(mins(30), |_| status(503));
    world.waits();
    let shown = lines(&world.cache);
    assert!(shown[0].contains("keys serve, but cannot be renewed"), "{shown:?}");
    assert!(shown[0].contains("503"), "{shown:?}");
    assert!(line(&shown, "last error").contains("503"));
    assert!(line(&shown, "failing").contains("failures in a row, the first 14 min ago"));
    assert!(line(&shown, "next fetch").ends_with(": the last attempt has failed"));
    assert!(line(&shown, "trust ends").starts_with("in 50 min"), "{shown:?}");
    world.run(mins(60), |_| status(503));
    world.waits();
    let shown = lines(&world.cache);
    assert!(shown[0].contains("NO KEYS SERVE, every token is refused"), "{shown:?}");
    assert_eq!(line(&shown, "keys"), "none");
}

#[test]
fn the_cost_follows_the_rate() {
    let usage = Policy::builder().strategy(Strategy::Usage).usages(1000).jitter(0.0);
    let mut world = World::holding(usage, &["a"]);
    let quiet = world.cache.explain();
    assert_eq!(quiet.accepted_per_second, None);
    for _ in 0..500 {
        world.read("a").unwrap();
    }
    world.pass(secs(5));
    world.waits();
    let busy = world.cache.explain();
    assert_eq!(busy.accepted_per_second, Some(100.0));
    assert!((busy.fetches_per_hour - 60.0).abs() < 0.1, "{}", busy.fetches_per_hour);
    let shown = lines(&world.cache);
    let cost = line(&shown, "cost");
    assert!(cost.contains("only `min_refresh_interval` keeps from being more often"), "{cost}");
}

#[test]
fn each_state_of_a_kid() {
    let mut world = World::new(policy().unknown_kid_burst(1).unknown_kid_cooldown(secs(30)));
    let state = |world: &World, kid: &str| world.cache.explain_kid(kid).state;
    assert!(matches!(state(&world, "a"), KidState::NoKeys { .. }));
    let set = keys(&["a", "gone"])
        .map(|set| set.replace("]}", r#",{"kty":"oct","kid":"skipped","k":"AA"}]}"#));
    world.load(set.clone());
    world.cache.deny_kid("gone").unwrap();
    world.cache.deny_kid("never").unwrap();
    assert!(matches!(state(&world, "a"), KidState::Held { keys, .. } if keys.len() == 1));
    assert!(matches!(state(&world, "skipped"), KidState::Skipped { opens_at: None, .. }));
    assert!(matches!(state(&world, "gone"), KidState::Denied { published: true, .. }));
    assert!(matches!(state(&world, "never"), KidState::Denied { published: false, .. }));
    assert!(matches!(state(&world, &"k".repeat(257)), KidState::TooLong { .. }));
    let open = |absent| move |state| matches!(state, KidState::Unknown { absent: is, opens_at: None, .. } if is == absent);
    assert!(open(false)(state(&world, "b")));
    assert_eq!(world.cache.explain().unknown_kids.fetches_left, 1);
    // The issuer is asked for it, and has no such key.
    world.read("b").unwrap_err();
    let fetch = world.fetch();
    let running = world.cache.explain_kid("b");
    assert!(running.to_string().contains("running, began"), "{running}");
    fetch.reply.send(Ok(set));
    world.waits();
    let opens = world.wall() + secs(30);
    for (kid, known) in [("b", true), ("c", false)] {
        match state(&world, kid) {
            KidState::Unknown { absent, opens_at, .. } => {
                assert_eq!((absent, opens_at), (known, Some(opens)), "{kid}");
            }
            other => panic!("{other:?}"),
        }
    }
    let all = world.cache.explain().unknown_kids;
    assert_eq!((all.fetches_left, all.opens_at, all.absent, all.misses), (0, Some(opens), 1, 1));
    world.pass(secs(30));
    world.waits();
    assert!(open(false)(state(&world, "b")));
}

#[test]
fn text_of_strangers_is_escaped_and_short() {
    let kid = "a\u{1b}[31m".repeat(40);
    let world = World::holding(policy(), &["a"]);
    let shown = world.cache.explain_kid(&kid).to_string();
    assert!(!shown.contains('\u{1b}') && shown.len() < 900, "{shown}");
    let json = serde_json::to_value(world.cache.explain_kid(&kid)).unwrap();
    assert_eq!(json["state"], "unknown");
    assert!(json["kid"].as_str().unwrap().len() < 900);
}

#[test]
fn it_serialises_with_the_same_content() {
    let mut world = World::holding(policy(), &["a"]);
    world.pass(secs(60));
    world.waits();
    let explained = world.cache.explain();
    assert_eq!(explained.next_fetch.reason, Some(Reason::Ahead));
    let json = serde_json::to_value(&explained).unwrap();
    assert_eq!(json["keys"][0]["kty"], "OKP");
    assert_eq!(json["next_fetch"]["reason"], "ahead");
    assert_eq!(json["health"]["state"], "ready");
    assert_eq!(json["confirmed_at"], 1_800_000_000.0);
    assert_eq!(json["unknown_kids"]["cooldown"], 10.0);
}

/// No event, no fetch, no use, no miss; the driver is not woken.
#[test]
fn a_look_changes_nothing() {
    let usage = Policy::builder().strategy(Strategy::Usage).usages(3).jitter(0.0);
    for policy in [policy(), usage, usage.background_refresh(false)] {
        let mut world = World::new(policy);
        world.read("a").unwrap_err();
        world.load(keys(&["a"]));
        world.events();
        let seen = |world: &World| format!("{:?} {:?}", world.driver, world.status());
        let before = seen(&world);
        for _ in 0..100 {
            let _ = world.cache.explain();
            let _ = ["a", "b"].map(|kid| world.cache.explain_kid(kid));
        }
        assert_eq!(seen(&world), before);
        assert!(world.events().is_empty());
        world.waits();
        // Past its trust a look finds no keys, and does not say so to the driver.
        world.freeze(mins(60 * 24 * 30));
        let before = seen(&world);
        assert!(world.cache.explain().keys.is_empty());
        assert_eq!(seen(&world), before);
    }
}

//! What an operator is told is as of now, whatever the driver saw last.

use jwks_core::refresh::Freshness;

use crate::world::{World, keys, mins, policy, secs, status};

const AGES: [(u64, Freshness); 8] = [
    (0, Freshness::Fresh),
    (16 * 60 - 1, Freshness::Fresh),
    (16 * 60, Freshness::Due),
    (20 * 60 - 1, Freshness::Due),
    (20 * 60, Freshness::Stale),
    (80 * 60 - 1, Freshness::Stale),
    (80 * 60, Freshness::Expired),
    (1_000_000, Freshness::Expired),
];

/// Issue A3: a thawed process called keys fresh that were hours old.
#[test]
fn freshness_after_a_freeze() {
    for (age, freshness) in AGES {
        let world = World::holding(policy(), &["a"]);
        world.freeze(secs(age));
        assert_eq!(world.status().freshness, freshness, "{age} s");
        assert_eq!(world.status().healthy, freshness != Freshness::Expired);
    }
}

#[test]
fn freshness_without_a_poll_or_a_driver() {
    for (age, freshness) in AGES {
        let mut world = World::holding(policy(), &["a"]);
        world.pass(secs(age));
        assert_eq!(world.status().freshness, freshness, "{age} s");
        let World { cache, driver, .. } = world;
        drop(driver);
        assert_eq!(cache.status().freshness, freshness, "{age} s");
    }
}

#[test]
fn freshness_without_background_refresh_knows_no_refresh_ahead() {
    let mut world = World::new(policy().background_refresh(false));
    world.read("a").unwrap_err();
    world.load(keys(&["a"]));
    world.freeze(mins(20) - secs(1));
    assert_eq!(world.status().freshness, Freshness::Fresh);
    world.freeze(secs(1));
    assert_eq!(world.status().freshness, Freshness::Stale);
}

#[test]
fn a_clock_that_steps_back_makes_nothing_younger_than_the_driver_saw() {
    let mut world = World::holding(policy(), &["a"]);
    world.run(mins(21), |_| status(500));
    assert_eq!(world.status().freshness, Freshness::Stale);
    world.set_back(mins(20));
    assert_eq!(world.status().freshness, Freshness::Stale);
}

#[test]
fn a_failure_says_until_when_the_held_keys_serve() {
    let mut world = World::new(policy());
    world.fetch().reply.send(Ok(status(500)));
    world.waits();
    let failed = |world: &World| {
        world.told().into_iter().find(|text| text.starts_with("refresh failed")).unwrap()
    };
    let text = failed(&world);
    assert!(!text.contains("held keys"), "{text}");
    world.pass(secs(1));
    world.load(keys(&["a"]));
    world.told();
    world.pass(mins(16));
    world.fetch().reply.send(Ok(status(500)));
    world.waits();
    // 2027-01-15 08:00:01, and 80 minutes.
    let text = failed(&world);
    assert!(text.ends_with("; the held keys serve until 2027-01-15T09:20:01Z"), "{text}");
}

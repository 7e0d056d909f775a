//! Rule 13: an answer out of a cache on the way is worth less.

use std::time::Duration;

use proptest::prelude::*;

use crate::world::{Answer, World, hours, keys, mins, policy, secs, status, with};

fn aged(answer: Answer, age: &str) -> Answer {
    with(answer, "age", age)
}

/// For how long a set is trusted whose answer says this.
fn trust(age: &str) -> Duration {
    let mut world = World::new(policy().max_trust(hours(4)));
    world.load(aged(keys(&["a"]), age));
    world.trust_left()
}

#[test]
fn it_shortens_the_trust_that_max_trust_gives() {
    // 20 minutes and an hour, within 4 hours less the age, of which at most 2 count.
    for (age, minutes) in [("0", 80), ("9600", 80), ("x", 80), ("86400", 80)] {
        assert_eq!(trust(age), mins(minutes), "{age}");
    }
    let tight = || policy().max_trust(mins(80));
    for (age, minutes) in [
        ("0", 80),
        ("60", 79),
        ("2340", 41),
        ("2400", 40),
        ("86400", 40),
        ("99999999999999999999999", 40),
        // What cannot be read may be any age; of several the largest counts.
        ("", 40),
        ("-1", 40),
        ("0, 600", 70),
        ("600, 0", 70),
        ("0, x", 40),
    ] {
        let mut world = World::new(tight());
        world.load(aged(keys(&["a"]), age));
        assert_eq!(world.trust_left(), mins(minutes), "{age}");
    }
    let mut world = World::new(tight());
    world.load(aged(aged(keys(&["a"]), "60"), "600"));
    assert_eq!(world.trust_left(), mins(70));
}

#[test]
fn a_304_has_an_age_too() {
    let mut world = World::holding(policy().max_trust(mins(80)).conditional_requests(true), &["a"]);
    world.pass(mins(16));
    world.load(aged(status(304), "600"));
    // Of the last full reading, 16 minutes ago, 64 are left, and the 304 is worth 70.
    assert_eq!(world.trust_left(), mins(64));
    world.pass(mins(16));
    world.load(aged(status(304), "2400"));
    assert_eq!(world.trust_left(), mins(40));
}

#[test]
fn it_counts_from_the_sending() {
    let mut world = World::new(policy().max_trust(mins(80)));
    let fetch = world.fetch();
    world.pass(secs(3));
    fetch.reply.send(Ok(aged(keys(&["a"]), "60")));
    world.waits();
    assert_eq!(world.trust_left(), mins(79) - secs(3));
}

#[test]
fn it_shortens_the_lifetime_that_the_answer_gives_itself() {
    let mut world = World::new(policy().http_freshness(true));
    world.load(with(aged(keys(&["a"]), "600"), "cache-control", "max-age=1200"));
    assert_eq!(world.waits(), mins(8));
}

/// Behind a CDN that serves a copy for a day, whatever the request says.
#[test]
fn no_age_locks_a_service_out() {
    for max_trust in [mins(80), hours(24)] {
        let mut world = World::new(policy().max_trust(max_trust));
        world.load(aged(keys(&["a"]), "86400"));
        for _ in 0..48 * 60 {
            world.run(mins(1), |_| aged(keys(&["a"]), "86400"));
            world.read("a").unwrap();
        }
        assert_eq!(world.status().failures, 0);
        // And not for the price of a storm.
        assert!(world.asked.len() < 48 * 60 / 10, "{}", world.asked.len());
    }
}

proptest! {
    #![proptest_config(crate::proof::draws(256))]

    /// In both clocks: no more than the rule gives, counted from the sending, and never nothing.
    #[test]
    fn trust_is_what_the_rule_says(
        age in prop_oneof![Just(0_u64), 0..100_000_u64, any::<u64>()],
        took in 0..5000_u64,
        frozen in prop_oneof![Just(0_u64), 0..1000_u64, 0..3_000_000_u64],
        stale in 10..200_u64,
        more in 0..200_u64,
    ) {
        let max_trust = mins(20 + stale + more);
        let policy = policy().stale_if_error(mins(stale)).max_trust(max_trust);
        let mut world = World::new(policy);
        let fetch = world.fetch();
        let sent = world.wall();
        world.freeze(Duration::from_millis(frozen));
        world.pass(Duration::from_millis(took.min(4999)));
        fetch.reply.send(Ok(aged(keys(&["a"]), &age.to_string())));
        let polled = world.poll();
        let granted = mins(20 + stale).min(max_trust - secs(age).min(max_trust / 2));
        if sent + granted <= world.wall() {
            prop_assert!(polled.is_ok() && world.read("a").is_err());
        } else {
            let until = world.status().trust_until.unwrap();
            prop_assert!(until <= sent + granted);
            // The machine may hold a freeze of up to a second to be the clocks' difference.
            prop_assert!(until + secs(1) >= sent + granted);
            world.read("a").unwrap();
            // The driver agrees with the readers.
            let left = until.duration_since(world.wall()).unwrap();
            world.pass(left);
            prop_assert!(world.read("a").is_err());
            drop(world.poll());
            prop_assert!(world.status().trust_until.is_none());
        }
    }
}

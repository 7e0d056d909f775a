//! Rule 16, beside all else that happens: polls, uses, threads, and any order of events.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::UNIX_EPOCH;

use jwks_core::adapter::Action;
use jwks_core::cache::{ErrorKind, EventKind, KeyCache, Source};
use jwks_core::refresh::{Strategy as Lifetime, Time};
use proptest::prelude::*;
use proptest::sample::select;

use crate::built::built;
use crate::denied::{DENIED, kind};
use crate::world::{URL, World, keys, policy, secs, status};

/// By an observer, on the driver's own thread, between what the driver took in and what it
/// publishes.
#[test]
fn in_the_middle_of_a_poll() {
    let handle: Arc<OnceLock<KeyCache>> = Arc::default();
    let observed = Arc::clone(&handle);
    let clock = Arc::new(AtomicU64::new(1_800_000_000));
    let wall = Arc::clone(&clock);
    let wall = move || UNIX_EPOCH + secs(wall.load(Ordering::Relaxed));
    let builder = KeyCache::builder(Source::jwks_uri(URL).unwrap())
        .wall_clock(wall)
        .policy(policy().build().unwrap())
        .observer(move |event| {
            if matches!(event.kind(), EventKind::Expired { .. }) {
                observed.get().unwrap().deny_kid("a").unwrap();
            }
        });
    let (cache, [mut driver]) = built(builder);
    handle.set(cache.clone()).unwrap();
    let mut poll = |seconds: u64| {
        clock.store(1_800_000_000 + seconds, Ordering::Relaxed);
        driver.poll(Time::from_origin(secs(seconds)))
    };
    let load = |action| match action {
        Action::Fetch(fetch) => fetch.reply.send(Ok(keys(&["a", "b"]))),
        other => panic!("no fetch is due but {other:?}"),
    };
    load(poll(0));
    drop(poll(0));
    // The answer and the end of trust come with the same poll.
    let fetch = poll(80 * 60 - 1);
    load(fetch);
    assert!(matches!(poll(80 * 60), Action::Wait(_)));
    let read = |kid| cache.try_with_keys(kid, |_| ()).map_err(|error| error.kind());
    for _ in 0..2 {
        assert_eq!((read("a"), read("b")), (Err(ErrorKind::DeniedKid), Ok(())));
        assert!(cache.status().healthy);
        // The driver knows that it holds them: it asks for a kid that they lack.
        read("new").unwrap_err();
        load(poll(80 * 60 + 1));
        assert!(matches!(poll(80 * 60 + 1), Action::Wait(_)));
    }
}

/// Rules 2 and 3: the uses that a set has seen go on counting through denials.
#[test]
fn uses_go_on_counting() {
    let usage = || {
        let policy = policy().strategy(Lifetime::Both).usages(100);
        policy.min_refresh_interval(secs(1)).unknown_kid_burst(1)
    };
    for deny_at in [0, 1, 40, 79] {
        let mut world = World::holding(usage(), &["a", "b"]);
        world.pass(secs(2));
        for used in 0..80 {
            if used == deny_at {
                world.cache.deny_kid("b").unwrap();
                if deny_at % 2 == 0 {
                    world.waits();
                }
            }
            assert!(world.poll().is_err(), "{deny_at}: due after {used} uses");
            world.read("a").unwrap();
        }
        drop(world.fetch());
        assert_eq!(world.status().uses, 80);
        for kid in ["b", "c", "d"] {
            world.read("a").unwrap();
            world.cache.deny_kid(kid).unwrap();
            world.read("a").unwrap();
        }
        assert_eq!(world.status().uses, 86, "before the driver has seen it");
        drop(world.poll());
        assert_eq!(world.status().uses, 86);
    }
    // Without background refresh exactly so many pass without waiting.
    let mut world = World::new(usage().background_refresh(false));
    world.read("a").unwrap_err();
    world.load(keys(&["a", "b"]));
    world.pass(secs(2));
    world.waits();
    for used in 0..100 {
        if used % 9 == 0 {
            world.cache.deny_kid(&used.to_string()).unwrap();
        }
        if used % 27 == 0 {
            world.waits();
        }
        assert!(world.call("a").poll().is_some(), "waits after {used} uses");
    }
    let mut caller = world.call("a");
    assert!(caller.poll().is_none());
    world.load(keys(&["a", "b"]));
    assert!(caller.poll().unwrap().is_ok());
}

/// Under the lock of invalidations: whoever reads after the call has returned sees it.
#[test]
#[expect(clippy::disallowed_methods, reason = "threads are what is tested")]
fn no_thread_reads_it_afterwards() {
    const ROUNDS: usize = 200;
    let mut world = World::holding(policy(), &["a", "b"]);
    // Odd: denied by now, and for as long as the number stays.
    let state = AtomicUsize::new(0);
    let (checks, found) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while state.load(Ordering::Acquire) < 2 * ROUNDS {
                    let before = state.load(Ordering::Acquire);
                    let got = world.cache.try_with_keys("a", |_| ()).map_err(|error| error.kind());
                    let after = state.load(Ordering::Acquire);
                    if before == after && before % 2 == 1 {
                        found.fetch_add(got.is_ok().into(), Ordering::Relaxed);
                        checks.fetch_add(1, Ordering::Relaxed);
                    }
                    world.cache.try_with_keys("b", |_| ()).unwrap();
                }
            });
        }
        for round in 0..ROUNDS {
            world.cache.deny_kid("a").unwrap();
            let checked = checks.load(Ordering::Relaxed);
            state.store(2 * round + 1, Ordering::Release);
            while checks.load(Ordering::Relaxed) == checked {
                std::thread::yield_now();
            }
            // Even before it is allowed: from here on either answer is right.
            state.store(2 * round + 2, Ordering::Release);
            world.cache.allow_kid("a");
        }
    });
    assert_eq!(found.into_inner(), 0, "of {} reads", checks.into_inner());
    world.waits();
    world.read("a").unwrap();
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Allow(&'static str),
    Deny(&'static str),
    Fetch(bool),
    Invalidate,
    Pass(u64),
    Poll,
    Refresh,
}

const KIDS: [&str; 4] = ["a", "b", "c", "d"];

fn step() -> impl Strategy<Value = Step> {
    let kid = || select(KIDS.to_vec());
    prop_oneof![
        3 => kid().prop_map(Step::Deny),
        2 => kid().prop_map(Step::Allow),
        3 => any::<bool>().prop_map(Step::Fetch),
        1 => Just(Step::Invalidate),
        2 => prop_oneof![0..5_u64, 0..2000_u64, 0..9000_u64].prop_map(Step::Pass),
        2 => Just(Step::Poll),
        1 => Just(Step::Refresh),
    ]
}

proptest! {
    #![proptest_config(crate::proof::draws(256))]

    /// Whatever the order: no denied kid is ever found, and every other kid as if none were denied.
    #[test]
    fn no_read_finds_a_denied_kid(
        background in any::<bool>(),
        steps in prop::collection::vec(step(), 0..40),
    ) {
        let build = || World::new(policy().background_refresh(background));
        // Two worlds that differ in the denials alone.
        let (mut world, mut plain) = (build(), build());
        let mut denied = BTreeSet::new();
        for step in steps {
            match step {
                Step::Allow(kid) => prop_assert_eq!(world.cache.allow_kid(kid), denied.remove(kid)),
                Step::Deny(kid) => {
                    prop_assert_eq!(world.cache.deny_kid(kid), Ok(denied.insert(kid)));
                }
                Step::Fetch(up) => {
                    for world in [&mut world, &mut plain] {
                        if let Ok(fetch) = world.poll() {
                            fetch.reply.send(Ok(if up { keys(&KIDS) } else { status(500) }));
                            drop(world.poll());
                        }
                    }
                }
                Step::Invalidate => {
                    world.cache.invalidate();
                    plain.cache.invalidate();
                }
                Step::Pass(time) => {
                    world.pass(secs(time));
                    plain.pass(secs(time));
                }
                Step::Poll => {
                    drop(world.poll());
                    drop(plain.poll());
                }
                Step::Refresh => {
                    drop(world.refresh().poll());
                    drop(plain.refresh().poll());
                }
            }
            for kid in KIDS {
                let got = kind(&world, kid);
                let expected = if denied.contains(kid) { DENIED } else { kind(&plain, kid) };
                prop_assert_eq!(got, expected, "{} after {:?}", kid, step);
            }
        }
    }
}

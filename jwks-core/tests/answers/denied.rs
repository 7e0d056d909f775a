//! Rule 16: kids that are taken out by hand.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::UNIX_EPOCH;

use jwks_core::cache::{Action, ErrorKind, Event, KeyCache, Source};
use jwks_core::keys::KeyId;
use jwks_core::refresh::{Strategy as Lifetime, Time};
use jwks_core::verify::{Issuer, Verifier};
use proptest::prelude::*;
use proptest::sample::select;

use crate::world::{URL, World, keys, mins, policy, secs, status, token};

fn kind(world: &World, kid: &str) -> Option<ErrorKind> {
    world.read(kid).err().map(|error| error.kind())
}

const DENIED: Option<ErrorKind> = Some(ErrorKind::DeniedKid);

#[test]
fn at_once_and_without_the_driver() {
    let world = World::holding(policy(), &["a", "b"]);
    assert_eq!(world.cache.deny_kid("a"), Ok(true));
    assert_eq!(kind(&world, "a"), DENIED);
    assert_eq!(kind(&world, "b"), None);
    assert_eq!(world.cache.deny_kid("a"), Ok(false));
    assert!(world.cache.allow_kid("a"));
    assert_eq!(kind(&world, "a"), None);
    assert!(!world.cache.allow_kid("a"));
    // Also when nobody will ever poll again.
    let World { cache, driver, .. } = world;
    drop(driver);
    assert_eq!(cache.deny_kid("b"), Ok(true));
    let error = cache.try_with_keys("b", |_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeniedKid);
}

#[test]
fn the_refusal_is_final_and_fetches_nothing() {
    let mut world = World::holding(policy(), &["a", "b"]);
    world.cache.deny_kid("a").unwrap();
    world.cache.deny_kid("absent").unwrap();
    let wait = world.waits();
    for kid in ["a", "absent"] {
        let error = world.read(kid).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DeniedKid);
        assert!(!error.is_retryable());
        assert_eq!((error.retry_at(), error.last_failure().is_none()), (None, true));
        assert_eq!(error.to_string(), "the kid is denied by hand");
        let outcome = world.call(kid).poll().expect("nobody waits");
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::DeniedKid);
    }
    assert_eq!(world.waits(), wait);
    assert_eq!((world.status().misses, world.status().fetches), (0, 1));
}

#[test]
fn whatever_happens_to_the_keys() {
    let mut world = World::holding(policy().conditional_requests(true), &["a", "b"]);
    world.cache.deny_kid("a").unwrap();
    // Fetched anew, in full and by 304; withdrawn; expired.
    let mut by_hand = world.refresh();
    assert!(by_hand.poll().is_none());
    world.load(keys(&["a", "b"]));
    assert!(by_hand.poll().unwrap().is_ok());
    assert_eq!((kind(&world, "a"), kind(&world, "b")), (DENIED, None));
    world.pass(mins(16));
    world.load(status(304));
    assert_eq!((kind(&world, "a"), kind(&world, "b")), (DENIED, None));
    world.cache.invalidate();
    assert_eq!((kind(&world, "a"), kind(&world, "b")), (DENIED, Some(ErrorKind::Unavailable)));
    world.load(keys(&["a"]));
    assert_eq!(kind(&world, "a"), DENIED, "although no other key is left");
    world.run(mins(200), |_| status(500));
    assert_eq!((kind(&world, "a"), kind(&world, "b")), (DENIED, Some(ErrorKind::Unavailable)));
    assert!(world.call("a").poll().is_some(), "nor does anybody wait");
    world.run(mins(2), |_| keys(&["a", "b"]));
    assert!(world.cache.allow_kid("a"));
    assert_eq!((kind(&world, "a"), kind(&world, "b")), (None, None));
}

/// By an observer, on the driver's own thread, between what the driver took in and what it
/// publishes.
#[test]
fn in_the_middle_of_a_poll() {
    let handle: Arc<OnceLock<KeyCache>> = Arc::default();
    let observed = Arc::clone(&handle);
    let clock = Arc::new(AtomicU64::new(1_800_000_000));
    let wall = Arc::clone(&clock);
    let wall = move || UNIX_EPOCH + secs(wall.load(Ordering::Relaxed));
    let (cache, mut driver) = KeyCache::builder(Source::jwks_uri(URL).unwrap(), wall)
        .policy(policy().build().unwrap())
        .observer(move |event| {
            if matches!(event, Event::Expired) {
                observed.get().unwrap().deny_kid("a").unwrap();
            }
        })
        .build();
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

/// With background refresh off an ask would load.
#[test]
fn cold_it_asks_for_nothing() {
    let mut world = World::new(policy().background_refresh(false));
    world.cache.deny_kid("a").unwrap();
    assert_eq!(kind(&world, "a"), DENIED);
    assert!(world.call("a").poll().is_some());
    let World { cache, driver, .. } = &mut world;
    let polled = driver.poll(Time::ZERO);
    assert!(matches!(polled, Action::Wait(None)), "{polled:?}");
    assert_eq!(cache.status().fetches, 0);
}

#[test]
fn guards_count_it_as_usable() {
    let mut world = World::holding(policy().min_keys(2), &["a", "b"]);
    world.cache.deny_kid("a").unwrap();
    world.cache.deny_kid("b").unwrap();
    world.pass(mins(16));
    world.load(keys(&["a", "b"]));
    assert_eq!(world.status().failures, 0);
    assert!(world.status().healthy);
    assert_eq!((kind(&world, "a"), kind(&world, "b")), (DENIED, DENIED));
}

#[test]
fn those_who_wait_for_it_are_told() {
    let mut world = World::holding(policy(), &["a"]);
    world.pass(mins(1));
    let mut caller = world.call("b");
    assert!(caller.poll().is_none());
    let fetch = world.fetch();
    world.cache.deny_kid("b").unwrap();
    drop(world.poll());
    let told = caller.poll();
    fetch.reply.send(Ok(keys(&["a", "b"])));
    drop(world.poll());
    let outcome = told.or_else(|| caller.poll()).expect("an answer");
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::DeniedKid);
}

#[test]
fn status_and_events_say_so() {
    let mut world = World::holding(policy(), &["a", "b"]);
    world.told();
    world.cache.deny_kid("a").unwrap();
    world.cache.deny_kid("x\u{1b}[31m").unwrap();
    assert_eq!(world.status().denied, [KeyId::Kid("a".into()), KeyId::Kid("x\u{1b}[31m".into())]);
    assert_eq!(world.status().keys, [KeyId::Kid("b".into())]);
    let json = serde_json::to_value(world.status()).unwrap();
    assert_eq!(json["denied"], serde_json::json!(["a", r"x\u{1b}[31m"]));
    world.waits();
    assert_eq!(world.told(), ["kid a denied by hand", r"kid x\u{1b}[31m denied by hand"]);
    world.cache.allow_kid("a");
    // Twice and back is no news.
    world.cache.deny_kid("c").unwrap();
    world.cache.allow_kid("c");
    world.waits();
    assert_eq!(world.told(), ["kid a allowed again by hand"]);
    assert!(!Event::KidDenied { kid: "a".into() }.is_warning());
    // A refresh does not report the denied key as one that came or went.
    world.cache.deny_kid("a").unwrap();
    world.waits();
    world.told();
    world.pass(mins(16));
    world.load(keys(&["a", "b"]));
    assert!(world.told().contains(&"refresh completed: same keys".to_owned()));
}

#[test]
fn too_long_and_too_many() {
    let world = World::holding(policy(), &["a"]);
    let error = world.cache.deny_kid(&"k".repeat(257)).unwrap_err();
    assert!(error.to_string().contains("257 bytes"), "{error}");
    for n in 0..1024 {
        assert_eq!(world.cache.deny_kid(&format!("{n:0256}")), Ok(true));
    }
    let error = world.cache.deny_kid("a").unwrap_err();
    assert!(error.to_string().starts_with("1024 kids are denied already"), "{error}");
    world.read("a").unwrap();
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

#[test]
fn a_token_that_names_it_is_refused_for_good() {
    let wall = UNIX_EPOCH + secs(1_800_000_000);
    let issuer = Issuer::new("https://id.example.com").jwks_uri(URL).any_audience();
    let (verifier, mut drivers) = Verifier::builder(move || wall).issuer(issuer).build().unwrap();
    let Action::Fetch(fetch) = drivers[0].poll(Time::ZERO) else { panic!("the first load") };
    fetch.reply.send(Ok(keys(&["a", "b"])));
    drop(drivers[0].poll(Time::ZERO));
    let claims = r#"{"iss":"https://id.example.com","exp":1800000060}"#;
    let verify = |kid: &str| verifier.try_verify::<serde_json::Value>(&token(kid, claims));
    verify("a").unwrap();
    verifier.caches().next().unwrap().deny_kid("a").unwrap();
    let error = verify("a").unwrap_err();
    assert_eq!(error.kind(), jwks_core::verify::ErrorKind::DeniedKid);
    assert!(error.is_caller_fault() && !error.is_retryable());
    assert_eq!(error.to_string(), "the key `a` is denied by hand");
    verify("b").unwrap();
    // And nothing is fetched for it.
    let wait = drivers[0].poll(Time::ZERO);
    assert!(matches!(wait, Action::Wait(_)), "{wait:?}");
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
    #![proptest_config(ProptestConfig::with_cases(256))]

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

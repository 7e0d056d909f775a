//! Random lives with denials, caches on the way, lagging replicas and full rooms: nobody is left
//! behind, and no no is final too soon (the world looks after that).

use std::collections::BTreeSet;

use jwks_core::cache::{ErrorKind, Policy};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::clocks::{ms, secs};
use crate::issuer::{Issuer, Mode};
use crate::world::World;

#[derive(Clone, Debug)]
enum Move {
    Call(&'static str, u64),
    Read(&'static str),
    Cancel(usize),
    Deny(&'static str, bool),
    Invalidate,
    Age(u64),
    Replica(Option<Vec<&'static str>>),
    Publish(Vec<&'static str>),
    Mode(Mode),
    Latency(u64),
    Pass(u64),
    Refresh,
    Freeze(u64),
    Drop,
}

fn moves() -> impl Strategy<Value = Move> {
    let kid = || select(vec!["a", "b", "c", "d", "x", "y"]);
    let sets = || subsequence(vec!["a", "b", "c", "d"], 1..=4);
    let mode = prop_oneof![
        3 => Just(Mode::Up),
        1 => Just(Mode::Unreachable),
        1 => Just(Mode::Silent),
        1 => Just(Mode::Drops),
        1 => select(vec![None, Some(5), Some(3600)]).prop_map(|s| Mode::Status(503, s)),
        1 => Just(Mode::Status(304, None)),
    ];
    prop_oneof![
        12 => (kid(), select(vec![0, 1, 150, 200, 999, 5000, u64::MAX])).prop_map(|(k, b)| Move::Call(k, b)),
        4 => kid().prop_map(Move::Read),
        2 => any::<usize>().prop_map(Move::Cancel),
        3 => (kid(), any::<bool>()).prop_map(|(k, d)| Move::Deny(k, d)),
        1 => Just(Move::Invalidate),
        1 => select(vec![0, 0, 10, 100_000]).prop_map(Move::Age),
        1 => proptest::option::of(sets()).prop_map(Move::Replica),
        3 => sets().prop_map(Move::Publish),
        2 => mode.prop_map(Move::Mode),
        1 => select(vec![0, 1, 200, 1500]).prop_map(Move::Latency),
        6 => prop_oneof![0..300_u64, 0..3000_u64, 0..20_000_u64].prop_map(Move::Pass),
        1 => Just(Move::Refresh),
        1 => select(vec![500, 5_000, 100_000]).prop_map(Move::Freeze),
        1 => Just(Move::Drop),
    ]
}

fn play(background: bool, waiting: (usize, usize), moves: &[Move]) -> Result<(), TestCaseError> {
    let policy = Policy::builder()
        .background_refresh(background)
        .conditional_requests(true)
        .interval(secs(30))
        .stale_if_error(secs(60))
        .min_refresh_interval(secs(2))
        .usages(5)
        .fetch_timeout(secs(1))
        .unknown_kid_cooldown(secs(2))
        .max_waiting(waiting.0)
        .max_waiting_undecided(waiting.1)
        .build()
        .unwrap();
    let mut issuer = Issuer::new();
    issuer.etags = true;
    let mut world = World::new(policy, issuer);
    let mut denied = BTreeSet::new();
    for step in moves {
        match step {
            Move::Call(kid, budget) => {
                let call = world.call(kid, ms(*budget));
                prop_assert!(*budget > 0 || world.done(call), "waited with no budget");
                if denied.contains(kid) {
                    let told = world.outcome(call).as_ref().unwrap_err();
                    prop_assert_eq!(told.kind(), ErrorKind::DeniedKid);
                }
            }
            Move::Read(kid) => {
                let got = world.read(kid);
                if denied.contains(kid) {
                    prop_assert_eq!(got.unwrap_err().kind(), ErrorKind::DeniedKid);
                } else if let Err(error) = got {
                    prop_assert!(error.is_retryable() || world.driver.is_none(), "{error:?}");
                }
            }
            Move::Cancel(n) => {
                let n = n.checked_rem(world.callers.len()).unwrap_or(0);
                if n < world.callers.len() {
                    world.cancel(n);
                }
            }
            Move::Deny(kid, true) => {
                denied.insert(*kid);
                world.cache.deny_kid(kid).unwrap();
            }
            Move::Deny(kid, false) => {
                denied.remove(kid);
                world.cache.allow_kid(kid);
            }
            Move::Invalidate => world.invalidate(),
            Move::Age(age) if world.flight.is_none() => world.issuer.age = *age,
            Move::Replica(set) if world.flight.is_none() => world.issuer.replica = set.clone(),
            Move::Publish(set) => world.issuer.kids.clone_from(set),
            Move::Mode(mode) if world.flight.is_none() => world.issuer.mode = mode.clone(),
            Move::Latency(latency) => world.issuer.latency = ms(*latency),
            Move::Pass(time) => world.run_for(ms(*time)),
            Move::Refresh => drop(world.refresh()),
            Move::Freeze(time) => world.wall.forward(ms(*time)),
            Move::Drop if moves.len().is_multiple_of(7) => world.stop(),
            _ => {}
        }
        let status = world.cache.status();
        prop_assert!(status.waiting <= waiting.0);
        world.settle();
        for caller in 0..world.callers.len() {
            world.judge(caller);
        }
        world.end();
    }
    world.issuer.mode = Mode::Up;
    world.issuer.age = 0;
    world.issuer.replica = None;
    world.issuer.latency = ms(20);
    world.run_for(secs(700));
    world.end();
    for (n, caller) in world.callers.iter().enumerate() {
        prop_assert!(caller.is_over(), "caller {} left behind", n);
        if let Some((_, Ok(got))) = &caller.outcome {
            prop_assert!(caller.wants.as_ref().is_none_or(|wants| wants == got));
        }
    }
    if world.driver.is_some() {
        prop_assert_eq!(world.cache.status().waiting, 0);
        let kid = world.issuer.kids[0];
        world.cache.allow_kid(kid);
        let call = world.call(kid, secs(5));
        world.run_for(secs(5));
        prop_assert!(world.outcome(call).is_ok(), "{:?}", world.outcome(call));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_left_behind_nor_finally_refused(
        background in any::<bool>(),
        waiting in select(vec![(1, 1), (2, 1), (3, 2), (10, 2), (10_000, 64)]),
        moves in proptest::collection::vec(moves(), 0..60),
    ) {
        play(background, waiting, &moves)?;
    }
}

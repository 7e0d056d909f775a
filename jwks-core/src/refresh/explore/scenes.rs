//! The scenes: few causes each, so that each is walked deep.

use core::time::Duration;

use crate::proof;
use crate::refresh::{Miss, Policy, PolicyBuilder, Strategy};

use super::moves::Move;
use super::scene::{Scene, ticks};
use super::walk::walk;

#[test]
fn background_by_time() {
    explore(Scene {
        name: "background refresh, by time",
        // Drawn at 3 or 4 of 6 ticks, and the first one at 1 or 2.
        policy: build(
            base()
                .strategy(Strategy::Time)
                .jitter(0.666_666_666_666_667)
                .min_refresh_interval(ticks(1))
                .spread_first_refresh(true),
        ),
        moves: with(&[Move::Demand(1), Move::Demand(0), Move::Ask, Move::SucceedLate]),
        jumps: None,
        states: 2_000,
    });
}

#[test]
fn background_by_both_with_misses() {
    explore(Scene {
        name: "background refresh, by time and usage, under misses",
        policy: build(base().usages(2)),
        moves: with(&[Move::Use(1), Move::Miss(Miss::Kid), Move::Miss(Miss::Signature)]),
        jumps: None,
        states: 2_000,
    });
}

#[test]
fn on_demand_by_both() {
    explore(Scene {
        name: "on demand, by time and usage",
        policy: build(base().background_refresh(false).usages(2)),
        moves: with(&[
            Move::Use(1),
            Move::Ask,
            Move::Demand(1),
            Move::Demand(0),
            Move::StaleGiven,
            Move::Miss(Miss::Kid),
        ]),
        jumps: None,
        states: 2_000,
    });
}

#[test]
fn on_demand_with_a_wall_clock() {
    explore(Scene {
        name: "on demand, while the wall clock jumps",
        policy: build(base().background_refresh(false).strategy(Strategy::Time)),
        moves: with(&[
            Move::Demand(1),
            Move::Demand(0),
            Move::StaleGiven,
            Move::Ask,
            Move::Wall(900),
            Move::Wall(30_000),
            Move::Wall(-30_000),
        ]),
        jumps: Some(3),
        states: 2_000,
    });
}

#[test]
fn on_demand_beside_a_silent_issuer() {
    explore(Scene {
        name: "on demand, a silent issuer, frozen now and then",
        policy: build(base().background_refresh(false).strategy(Strategy::Time)),
        moves: vec![
            Move::ToDeadline,
            SUCCESS,
            Move::Fail(None),
            Move::Demand(1),
            Move::StaleGiven,
            Move::Wall(30_000),
        ],
        jumps: Some(2),
        states: 2_000,
    });
}

#[test]
fn background_with_a_wall_clock() {
    explore(Scene {
        name: "background refresh, while the wall clock jumps",
        policy: build(base().strategy(Strategy::Time)),
        moves: with(&[
            Move::Distrust,
            Move::Wall(1000),
            Move::Wall(20_000),
            Move::Wall(200_000),
            Move::Wall(-200_000),
        ]),
        jumps: Some(3),
        states: 2_000,
    });
}

#[test]
fn frozen_during_a_fetch() {
    explore(Scene {
        name: "frozen for longer than trust, during fetches of all causes",
        policy: build(base().strategy(Strategy::Time)),
        moves: vec![
            Move::ToDeadline,
            SUCCESS,
            Move::Fail(None),
            Move::Refresh,
            Move::Miss(Miss::Kid),
            Move::Wall(200_000),
            Move::Wall(-200_000),
        ],
        jumps: Some(3),
        states: 2_000,
    });
}

#[test]
fn by_hand_and_retry_after() {
    for background in [true, false] {
        explore(Scene {
            name: "refreshes and invalidations by hand, and Retry-After",
            policy: build(base().strategy(Strategy::Time).background_refresh(background)),
            moves: with(&[
                Move::Refresh,
                Move::Invalidate,
                Move::Demand(1),
                Move::Miss(Miss::Kidless),
                Move::Fail(Some(ticks(2))),
                Move::Fail(Some(Duration::from_secs(7200))),
            ]),
            jumps: None,
            states: 1_000,
        });
    }
}

/// A hold by one `Retry-After`, and a shorter one within it.
#[test]
fn two_holds() {
    let policy = base().strategy(Strategy::Time).stale_if_error(ticks(40)).max_trust(ticks(50));
    explore(Scene {
        name: "one Retry-After within another",
        policy: build(policy),
        moves: vec![
            Move::ToDeadline,
            Move::Ticks(6),
            SUCCESS,
            Move::Refresh,
            Move::Miss(Miss::Kid),
            Move::Fail(Some(ticks(2))),
            Move::Fail(Some(Duration::from_secs(7200))),
        ],
        jumps: None,
        states: 2_000,
    });
}

/// Trust is short beside the lifetime, so that an `Age` moves the refresh ahead.
#[test]
fn conditional_requests() {
    for background in [true, false] {
        let policy = base().strategy(Strategy::Time).background_refresh(background);
        let policy = policy.max_trust(ticks(14)).background_refresh_threshold(1.0);
        explore(Scene {
            name: "conditional requests, and ages",
            policy: build(policy.fetch_timeout(ticks(2)).conditional_requests(true)),
            moves: with(&[
                Move::Demand(1),
                Move::Miss(Miss::Skipped),
                Move::Refresh,
                Move::Succeed { age: Duration::ZERO, validators: true },
                Move::NotModified { age: Duration::ZERO },
                Move::NotModified { age: ticks(9) },
                Move::Succeed { age: Duration::MAX, validators: true },
                Move::Succeed { age: ticks(5), validators: true },
                Move::Hydrate { age: ticks(1), trust: ticks(4) },
            ]),
            jumps: None,
            states: 1_500,
        });
    }
}

#[test]
fn idle() {
    explore(Scene {
        name: "idle",
        policy: build(base().usages(3).idle_after(Some(ticks(4)))),
        moves: with(&[
            Move::Use(1),
            Move::Ask,
            Move::Demand(1),
            Move::Demand(0),
            Move::Miss(Miss::Kid),
        ]),
        jumps: None,
        states: 2_000,
    });
}

/// Short settings that meet and cross: lifetime 6 ticks, stale for 8 more, attempts of one.
fn base() -> PolicyBuilder {
    Policy::builder()
        .interval(ticks(6))
        .stale_if_error(ticks(8))
        .max_trust(ticks(20))
        .min_refresh_interval(ticks(2))
        .background_refresh_threshold(0.5)
        .jitter(0.0)
        .retry(ticks(4), ticks(8))
        .cold_retry_max(ticks(2))
        .fetch_timeout(ticks(1))
        .unknown_kid_cooldown(ticks(2))
        .unknown_kid_burst(2)
}

fn build(policy: PolicyBuilder) -> Policy {
    policy.only_effective().build().expect("settings that can work")
}

const SUCCESS: Move = Move::Succeed { age: Duration::ZERO, validators: false };

/// What happens in every scene, and what is special to this one.
fn with(special: &[Move]) -> Vec<Move> {
    let always = [Move::ToDeadline, Move::Ticks(1), Move::Ticks(3), SUCCESS, Move::Fail(None)];
    always.iter().chain(special).copied().collect()
}

fn explore(scene: Scene) {
    let limit = scene.states.saturating_mul(proof::factor() as usize);
    match walk(&scene, limit) {
        Ok(extent) => println!("{}: {extent:?}", scene.name),
        Err(broken) => panic!("{broken}"),
    }
}

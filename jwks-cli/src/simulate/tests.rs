//! Small fleets, and one that is large enough for its ratios to mean something.

use std::time::Duration;

use jwks_core::refresh::{Policy, PolicyBuilder};

use super::plan::{Incidents, Plan, Scenario};
use super::world::{Fleet, Outcome, run};
use super::{draw, series};

const MINUTE: Duration = Duration::from_secs(60);

fn simulated(
    scenario: Scenario,
    policy: PolicyBuilder,
    change: impl FnOnce(&mut Fleet<'_>),
) -> (Plan, Outcome) {
    let policy = policy.build().unwrap();
    let mut fleet = Fleet {
        policy: &policy,
        instances: 10,
        per_instance: 0.5,
        strangers: 0.5,
        latency: Duration::from_millis(80),
        limit: None,
        shared_store: false,
        seed: 1,
        sampled: None,
    };
    change(&mut fleet);
    let incidents = Incidents { outage: 30 * MINUTE, flood: 15 * MINUTE };
    let plan = Plan::new(scenario, fleet.policy, fleet.per_instance, incidents);
    let outcome = run(fleet, &plan, |_| {});
    (plan, outcome)
}

fn fetches(outcome: &Outcome) -> u64 {
    outcome.tally.load().fetches
}

#[test]
fn one_instance_refreshes_at_its_point() {
    let (plan, outcome) =
        simulated(Scenario::Deploy, Policy::builder().jitter(0.0), |fleet| fleet.instances = 1);
    assert_eq!(plan.length, 64 * MINUTE);
    // The load, and the refreshes 16, 32, and 48 minutes later; the one after 64 comes too late.
    assert_eq!(fetches(&outcome), 4);
    let bins: Vec<_> = (0..).zip(&outcome.tally.bins).filter(|(_, count)| **count > 0).collect();
    assert_eq!(bins, [(0, &1), (96, &1), (192, &1), (288, &1)]);
    assert_eq!((outcome.tally.failed, outcome.tally.requests), (0, 1920));
}

#[test]
fn uses_pace_the_refreshes() {
    let policy = Policy::builder().jitter(0.0);
    // 100 requests a second use up 800 in 8 seconds: a fetch every `min_refresh_interval`.
    let (_, outcome) = simulated(Scenario::Deploy, policy, |fleet| {
        (fleet.instances, fleet.per_instance) = (1, 100.0);
    });
    assert_eq!(fetches(&outcome), 60);
}

#[test]
fn the_same_seed_gives_the_same_figures() {
    let play = |seed| {
        let (_, outcome) = simulated(Scenario::Day, Policy::fleet(), |fleet| fleet.seed = seed);
        (outcome.tally.bins, outcome.tally.waited, outcome.tally.failed, outcome.events)
    };
    assert_eq!(play(1), play(1));
    assert_ne!(play(1), play(2));
}

#[test]
fn a_rotation_is_seen_by_each_instance_with_its_next_token() {
    let (plan, outcome) = simulated(Scenario::Rotation, Policy::builder(), |fleet| {
        fleet.per_instance = 10.0;
    });
    let at = plan.rotations()[0].saturating_since(plan.begins()).as_secs() / 10;
    assert_eq!(outcome.tally.bins[usize::try_from(at).unwrap()], 10);
    let unknown_for = outcome.tally.unknown_for.as_millis();
    assert!((40..=120).contains(&unknown_for), "{unknown_for} ms, half to one and a half of 80");
    assert_eq!(outcome.tally.failed, 0);
    // As many at each instance as come in that time, at least one.
    assert!((10..=20).contains(&outcome.tally.waited), "{}", outcome.tally.waited);
}

#[test]
fn with_the_shared_store_one_fetch_serves_all() {
    let play = |scenario, shared_store| {
        simulated(scenario, Policy::fleet(), |fleet| {
            (fleet.instances, fleet.shared_store, fleet.per_instance) = (50, shared_store, 1.0);
        })
    };
    let (_, alone) = play(Scenario::Deploy, false);
    let (_, shared) = play(Scenario::Deploy, true);
    assert_eq!((alone.tally.bins[0], shared.tally.bins[0]), (50, 1));
    // One for each lifetime or so of all, and not of each.
    assert!(fetches(&shared) * 5 < fetches(&alone), "{} {}", fetches(&shared), fetches(&alone));
    let (plan, rotated) = play(Scenario::Rotation, true);
    let at = plan.rotations()[0].saturating_since(plan.begins()).as_secs() / 10;
    assert_eq!(rotated.tally.bins[usize::try_from(at).unwrap()], 1);
    assert_eq!(rotated.tally.failed, 0);
}

#[test]
fn an_outage_that_outlasts_trust_fails_requests_until_it_ends() {
    let policy = || Policy::builder().stale_if_error(5 * MINUTE);
    let (_, outcome) = simulated(Scenario::Outage, policy(), |fleet| fleet.instances = 1);
    // Trust ends 25 minutes after the last confirmation, and that was up to 17 minutes before.
    let failed = outcome.tally.failed;
    assert!((150..=660).contains(&failed), "{failed} of 900 in half an hour");
    let (_, trusted) = simulated(Scenario::Outage, Policy::builder(), |fleet| fleet.instances = 1);
    assert_eq!(trusted.tally.failed, 0);
}

#[test]
fn a_flood_costs_its_budget_and_makes_no_good_token_wait() {
    let play = |scenario| simulated(scenario, Policy::builder(), |fleet| fleet.instances = 1).1;
    let flooded = play(Scenario::Flood);
    // Three at once, then one every 10 seconds for 15 minutes.
    let most = flooded.tally.bins.iter().max();
    assert!((90..=100).contains(&fetches(&flooded)), "{}", fetches(&flooded));
    assert_eq!((most, flooded.tally.waited, flooded.tally.failed), (Some(&3), 0, 0));
}

#[test]
fn a_fleet_stays_even_after_a_start_an_outage_and_a_rotation() {
    // By time, by usage, and by usage at the least interval.
    for (per_instance, instances) in [(0.1, 4000), (4.0, 800), (100.0, 400)] {
        for scenario in [Scenario::Deploy, Scenario::Outage, Scenario::Rotation] {
            let (_, outcome) = simulated(scenario, Policy::fleet(), |fleet| {
                (fleet.instances, fleet.per_instance) = (instances, per_instance);
            });
            let ratio = outcome.tally.settled_load().peak_by_mean;
            assert!(ratio < 2.0, "{scenario:?} at {per_instance}: {ratio}");
        }
    }
}

#[test]
fn without_spread_a_fleet_stays_together() {
    let (_, outcome) = simulated(Scenario::Deploy, Policy::builder(), |fleet| {
        fleet.instances = 1000;
    });
    let ratio = outcome.tally.settled_load().peak_by_mean;
    assert!(ratio > 5.0, "{ratio}");
}

#[test]
fn a_drawing_has_a_bar_for_each_bin_with_fetches() {
    let (plan, outcome) =
        simulated(Scenario::Deploy, Policy::builder().jitter(0.0), |fleet| fleet.instances = 1);
    let folder = std::env::temp_dir().join(format!("jwks-simulate-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("deploy.svg");
    draw::svg(&path, &plan, &[("", outcome.tally)]).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches("fill=\"#0000FF\"").count(), 4, "{text}");
    assert!(text.contains("deploy: fetches in 10 seconds"));
    assert!(draw::svg(&folder.join("none/deploy.svg"), &plan, &[]).is_err());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn series_tell_the_story_of_one_instance() {
    let (plan, outcome) = simulated(Scenario::Outage, Policy::builder().jitter(0.0), |fleet| {
        (fleet.instances, fleet.sampled) = (1, Some(MINUTE));
    });
    let text = series::test("outage", &plan, MINUTE, &outcome.samples);
    let values = |name: &str| {
        let mut lines = text.lines().skip_while(|line| !line.contains(name));
        lines.nth(1).unwrap().trim().to_owned()
    };
    assert!(text.contains("# 58m: the issuer is away for 30m\n    interval: 1m\n"), "{text}");
    // Refreshed each 16 minutes, then not from 58 on, then soon after 88.
    let confirmed = values("jwks_confirmed_timestamp_seconds");
    assert!(confirmed.starts_with("values: '0 0.") && confirmed.contains("x15 "), "{confirmed}");
    assert_eq!(values("state=\"missing\""), format!("values: '1 0x{}'", outcome.samples.len() - 2));
    assert!(values("jwks_consecutive_failures").contains(" 0x"), "it ends");
    assert!(values("error_type=\"timeout\"").starts_with("values: '0x"));
    assert!(
        values("result=\"ok\"").starts_with("values: '0+30x")
            || values("result=\"ok\"").contains("+30x")
    );
}

//! What must hold from every state on, though no single call shows it.

use core::time::Duration;

use crate::refresh::{FetchStart, Freshness, Machine, Response, Time};

use super::moves::Node;
use super::reference::{Check, rule};
use super::scene::Scene;

pub(super) fn check(scene: &Scene, node: &Node) -> Check {
    nothing_new_changes_nothing(node)?;
    the_cache_comes_back(scene, node)?;
    keeps_serving(scene, node)
}

/// Rule 12: spurious calls are no-ops.
fn nothing_new_changes_nothing(node: &Node) -> Check {
    if node.trial.machine.settled.is_none() {
        // Nobody has called it yet: the first call is news.
        return Ok(());
    }
    let before = format!("{:?}", node.trial.machine);
    let mut machine = node.trial.machine.clone();
    let now = node.now;
    let started = machine.handle_timeout(now);
    machine.handle_usage(now, 0);
    for &id in node.trial.model.ids.iter().rev().take(3) {
        if machine.in_flight() != Some(id) {
            machine.handle_success(now, id, Response::default());
            machine.handle_not_modified(now, id, Response::default());
            machine.handle_failure(now, id, Some(Duration::from_secs(30)));
        }
    }
    machine.handle_timeout(Time::ZERO);
    let after = format!("{machine:?}");
    rule!(
        "rule 12: spurious, late and duplicate calls change nothing",
        started.is_none() && before == after,
        "{started:?}\n{before}\n{after}"
    );
    Ok(())
}

/// Rule 1: from here on the issuer is well, somebody waits, and the driver is punctual. Then a set
/// serves that is not stale, within the attempt that may be under way, a pause, and what a
/// `Retry-After` may hold.
fn the_cache_comes_back(scene: &Scene, node: &Node) -> Check {
    let policy = &scene.policy;
    let mut machine = node.trial.machine.clone();
    let mut now = node.now;
    machine.handle_demand(now, 1);
    if machine.in_flight().is_some() {
        // It began before, and is lost.
        now = attempt_ends(&mut machine, now);
    }
    let cold = !machine.is_serving(now);
    let pause = if cold { policy.cold_retry_max() } else { policy.retry_max() };
    let hold = if cold { MINUTE } else { machine.retry_at().saturating_since(now).min(HOUR) };
    let hold = if node.trial.model.retry.hold.automatic_e > node.trial.model.clocks.e() {
        hold
    } else {
        Duration::ZERO
    };
    let limit = now + pause.max(hold).max(policy.min_refresh_interval());
    for _ in 0..20 {
        if let Some(start) = machine.handle_timeout(now) {
            machine.handle_success(now, start.id, Response::default());
        }
        if is_healthy(&machine, now) {
            return Ok(());
        }
        let Some(next) = machine.poll_timeout().filter(|next| next.at <= limit) else { break };
        now = next.at;
    }
    rule!(
        "rule 1: a cache comes back within one pause of its issuer",
        false,
        "{:?} at {now:?}, next {:?}, limit {limit:?}",
        machine.freshness(now),
        machine.poll_timeout()
    );
    Ok(())
}

/// Stale keys of which nobody may ask for more yet are well.
fn is_healthy(machine: &Machine, now: Time) -> bool {
    match machine.freshness(now) {
        Freshness::Fresh | Freshness::Due => true,
        Freshness::Stale => machine.in_flight().is_some(),
        _ => false,
    }
}

fn attempt_ends(machine: &mut Machine, now: Time) -> Time {
    let mut now = now;
    let flight = machine.in_flight();
    for _ in 0..10 {
        let Some(next) = machine.poll_timeout() else { return now };
        now = next.at;
        let started = machine.handle_timeout(now);
        if machine.in_flight() != flight {
            if let Some(start) = started {
                machine.handle_success(now, start.id, Response::default());
            }
            return now;
        }
    }
    now
}

/// Rule 2: background refresh on and all fetches answered just in time: a set that serves now
/// serves for ever, unless an attempt has failed and a pause runs.
fn keeps_serving(scene: &Scene, node: &Node) -> Check {
    let idle = scene.policy.idle_after().is_some();
    let machine = &node.trial.machine;
    let fresh = machine.freshness(node.now) == Freshness::Fresh && machine.failures() == 0;
    if !scene.policy.background_refresh() || idle || !fresh {
        return Ok(());
    }
    let mut machine = node.trial.machine.clone();
    let (mut now, mut flight, mut done): (_, Option<FetchStart>, _) = (node.now, None, 0);
    if machine.in_flight().is_some() {
        return Ok(());
    }
    while done < 3 {
        // The machine itself is due where its driver has not called it yet.
        let deadline = machine.poll_timeout().map_or(Time::MAX, |next| next.at);
        let answer =
            flight.map_or(Time::MAX, |start| super::reference::span::just_before(start.deadline));
        now = deadline.min(answer).max(now);
        if let Some(start) = flight.take_if(|_| answer <= deadline) {
            machine.handle_success(now, start.id, Response::default());
            done += 1;
        }
        flight = machine.handle_timeout(now).or(flight);
        rule!(
            "rule 2: refreshed in time, a set serves for ever",
            machine.is_serving(now) && now < Time::MAX,
            "{:?} at {now:?}",
            machine.freshness(now)
        );
    }
    Ok(())
}

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

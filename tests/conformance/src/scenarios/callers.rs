//! Callers who leave, or have little time.

use std::{thread, time::Duration};

use jwks_core::{
    refresh::Policy,
    verify::{ErrorKind, Registered},
};

use super::flood::Flood;
use crate::{
    Stage,
    world::{LONG, World, finished, ms, waiting},
};
use jwks_testkit::{Gate, Reply, Signer, unknown_kid_token};

pub(super) fn who_leads_and_leaves_takes_nothing_from_the_others(stage: &Stage<'_>) {
    for background in [true, false] {
        let world = stage.world();
        let gate = held(&world);
        let service = world.start(patient().background_refresh(background));
        let token = world.token();
        let leader = waiting(1, || service.call(&token));
        assert!(world.issuer.wait_for_fetches(1, LONG));
        let others = waiting(3, || service.call(&token));
        drop(leader);
        gate.open();
        assert!(finished(others).iter().all(Result::is_ok), "background {background}");
        world.never_two_at_once();
    }
}

pub(super) fn the_fetch_goes_on_when_all_have_left(stage: &Stage<'_>) {
    let world = stage.world();
    let gate = held(&world);
    let service = world.start(patient().background_refresh(false));
    let token = world.token();
    let calls = waiting(3, || service.call(&token));
    assert!(world.issuer.wait_for_fetches(1, LONG));
    drop(calls);
    gate.open();
    service.until(|status| status.healthy && status.waiting == 0);
    service.passes_at_once(&token);
}

pub(super) fn who_leaves_early_asks_for_nothing(stage: &Stage<'_>) {
    let world = stage.world();
    let (verifier, drivers) = world.prepare(Policy::builder().background_refresh(false));
    let token = world.token();
    drop(waiting(3, || verifier.verify::<Registered>(&token)));
    let _service = world.run(verifier, drivers);
    thread::sleep(ms(100));
}

pub(super) fn a_miss_that_leads_and_leaves(stage: &Stage<'_>) {
    let world = stage.world();
    let service = world.loaded(patient());
    let next = Signer::es256("k2");
    world.issuer.publish(&[&world.key, &next]);
    let gate = held(&world);
    let token = next.sign(&world.claims());
    let leader = waiting(1, || service.call(&token));
    assert!(world.issuer.wait_for_fetches(2, LONG));
    let others = waiting(3, || service.call(&token));
    drop(leader);
    gate.open();
    assert!(finished(others).iter().all(Result::is_ok));
    world.never_two_at_once();
}

pub(super) fn a_budget_shorter_than_the_fetch(stage: &Stage<'_>) {
    for background in [true, false] {
        let world = stage.world();
        let gate = held(&world);
        let service = world.start(patient().background_refresh(background));
        let token = world.token();
        let error = service.verify_within(&token, ms(100)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.is_retryable());
        assert!(!service.status().healthy, "before the fetch has ended");
        gate.open();
        service.verify(&token).unwrap();
        world.never_two_at_once();
    }
}

pub(super) fn a_miss_whose_budget_ends_is_undecided(stage: &Stage<'_>) {
    let world = stage.world();
    let service = world.loaded(patient());
    let gate = held(&world);
    let token = unknown_kid_token(&world.claims());
    let calls = waiting(1, || service.verifier.verify_within::<Registered>(&token, ms(300)));
    assert!(world.issuer.wait_for_fetches(2, LONG));
    let error = finished(calls).remove(0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownKid);
    assert!(error.is_retryable(), "the issuer has not answered yet");
    gate.open();
}

/// What an adapter owes its executor: between two polls of the driver, others have a turn.
pub(super) fn a_flood_of_them_starves_no_fetch(stage: &Stage<'_>) {
    let world = stage.world();
    let gate = held(&world);
    let (flood, verifier, drivers) = Flood::new(&world, patient());
    let service = world.run(verifier, drivers);
    assert!(world.issuer.wait_for_fetches(1, LONG), "the loop polls the driver, and nothing else");
    // So it is while the fetch runs.
    flood.until(100);
    gate.open();
    service.until(|status| status.healthy);
    service.passes_at_once(&world.token());
}

pub(super) fn no_budget_is_no_wait(stage: &Stage<'_>) {
    let world = stage.world();
    let gate = held(&world);
    let service = world.start(patient().wait_budget(Duration::ZERO));
    let error = service.refuses_at_once(&world.token());
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    gate.open();
    service.until(|status| status.healthy);
    service.passes_at_once(&world.token());
}

/// The next answer waits for this gate.
fn held(world: &World<'_>) -> Gate {
    let gate = Gate::new();
    world.issuer.next(Reply::published().held(&gate));
    gate
}

fn patient() -> jwks_core::refresh::PolicyBuilder {
    Policy::builder().wait_budget(LONG).fetch_timeout(LONG)
}

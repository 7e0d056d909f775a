//! Background refresh: nobody waits.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use jwks_core::{
    cache::{Event, EventKind},
    refresh::{Policy, Strategy},
};

use crate::{
    Stage,
    world::{LONG, Service, World, completed, failed, last, ms, scripted},
};
use jwks_testkit::{Gate, Reply};

pub(super) fn by_time_nobody_waits(stage: &Stage<'_>) {
    let world = stage.world();
    world.issuer.delay(ms(100));
    (0..3).for_each(|_| world.issuer.next(Reply::published()));
    world.issuer.always(last(Reply::published()));
    let service = world.loaded(scripted(ms(200)));
    traffic(&service, &world, || world.log.wait_for(3, completed));
    world.never_two_at_once();
    assert_eq!(service.status().failures, 0);
}

pub(super) fn by_usage_nobody_waits(stage: &Stage<'_>) {
    let world = stage.world();
    let policy = Policy::builder()
        .strategy(Strategy::Usage)
        .usages(100)
        .jitter(0.0)
        .min_refresh_interval(ms(1));
    let service = world.loaded(policy.fetch_timeout(LONG));
    let token = world.token();
    let uses = |count| (0..count).for_each(|_| service.passes_at_once(&token));
    for round in 1..=3 {
        uses(79);
        thread::sleep(ms(50));
        assert_eq!(world.issuer.fetches(), round, "before the threshold");
        let gate = Gate::new();
        world.issuer.next(Reply::published().held(&gate));
        uses(1);
        assert!(world.issuer.wait_for_fetches(round + 1, LONG));
        // More than the lifetime has, while the fetch takes its time.
        uses(200);
        gate.open();
        world.log.wait_for(round, completed);
        assert_eq!(world.issuer.fetches(), round + 1);
    }
    world.never_two_at_once();
    assert_eq!(service.status().failures, 0);
}

pub(super) fn by_both_whichever_comes_first(stage: &Stage<'_>) {
    let world = stage.world();
    world.issuer.next(last(Reply::published()));
    world.issuer.next(Reply::published());
    world.issuer.always(last(Reply::published()));
    let policy = scripted(ms(200)).strategy(Strategy::Both).usages(100).jitter(0.0);
    let service = world.loaded(policy.min_refresh_interval(ms(1)));
    let token = world.token();
    (0..80).for_each(|_| service.passes_at_once(&token));
    world.log.wait_for(2, completed);
    let reason = |event: &Event| match event.kind() {
        EventKind::RefreshStarted { reason, .. } => Some(reason.to_string()),
        _ => None,
    };
    let reasons: Vec<_> = world.log.events().iter().filter_map(reason).collect();
    assert_eq!(reasons, ["no keys", "ahead of the last use", "ahead of the lifetime's end"]);
    service.passes_at_once(&token);
}

pub(super) fn refreshes_that_fail_make_nobody_wait(stage: &Stage<'_>) {
    let world = stage.world();
    for reply in [
        Reply::published(),
        Reply::status(503),
        Reply::published(),
        Reply::reset(),
        last(Reply::published()),
    ] {
        world.issuer.next(reply.delay(ms(50)));
    }
    let service = world.loaded(scripted(ms(150)).retry(ms(20), ms(40)));
    traffic(&service, &world, || world.log.wait_for(2, completed));
    assert_eq!((world.log.count(failed), world.log.count(completed)), (2, 2));
    world.never_two_at_once();
}

/// Four callers validate, and none waits, until it is enough; and some time longer.
fn traffic(service: &Service, world: &World<'_>, enough: impl FnOnce()) {
    let (token, over) = (world.token(), AtomicBool::new(false));
    thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        service.passes_at_once(&token);
                        thread::sleep(ms(2));
                    }
                })
            })
            .collect();
        enough();
        thread::sleep(ms(300));
        over.store(true, Ordering::Relaxed);
        callers.into_iter().for_each(|caller| caller.join().expect("nobody waits"));
    });
}

//! The end: of the handles, of the drivers, of the runtime.

use std::thread;

use jwks_core::{
    cache,
    refresh::Policy,
    verify::{ErrorKind, Registered},
};

use crate::{
    Stage,
    world::{
        FOREVER, LONG, assert_stopped, at_once, finished, lifetime, ms, scripted, stopped, waiting,
    },
};
use jwks_testkit::{Gate, Reply, unknown_kid_token};

pub(super) fn when_the_last_handle_goes_the_driver_stops(stage: &Stage<'_>) {
    let world = stage.world();
    let service = world.loaded(Policy::builder());
    let clone = service.verifier.clone();
    let cache = service.cache();
    let (verifier, runner) = (service.verifier, service.runner);
    drop((verifier, clone));
    // A handle is left: refreshes go on.
    pollster::block_on(cache.refresh()).unwrap();
    assert_eq!(world.log.count(stopped), 0);
    drop(cache);
    world.log.wait_for(1, stopped);
    drop(runner);
    assert_eq!(world.log.count(stopped), 1);
}

pub(super) fn also_while_a_fetch_hangs(stage: &Stage<'_>) {
    let world = stage.world();
    world.issuer.always(Reply::hang());
    // Who cannot end it ends with it.
    let timeout = if stage.ends_fetches() { FOREVER } else { ms(1000) };
    let pause = FOREVER;
    let service = world
        .start(Policy::builder().fetch_timeout(timeout).retry(pause, pause).cold_retry_max(pause));
    assert!(world.issuer.wait_for_fetches(1, LONG));
    let (verifier, runner) = (service.verifier, service.runner);
    drop(verifier);
    world.log.wait_for(1, stopped);
    assert!(world.issuer.wait_for_idle(LONG), "the fetch was not ended");
    drop(runner);
}

pub(super) fn who_waits_keeps_no_driver_alive_once_he_leaves(stage: &Stage<'_>) {
    let world = stage.world();
    let gate = Gate::new();
    world.issuer.always(Reply::published().held(&gate));
    let service = world.start(Policy::builder().fetch_timeout(FOREVER).wait_budget(FOREVER));
    let (verifier, runner, token) = (service.verifier, service.runner, world.token());
    let mut call = Box::pin(async move { verifier.verify::<Registered>(&token).await });
    assert!(at_once(call.as_mut()).is_none());
    assert!(world.issuer.wait_for_fetches(1, LONG));
    assert_eq!(world.log.count(stopped), 0);
    drop(call);
    world.log.wait_for(1, stopped);
    gate.open();
    assert!(world.issuer.wait_for_idle(LONG));
    drop(runner);
}

pub(super) fn a_driver_that_is_dropped_releases_all(stage: &Stage<'_>) {
    for background in [true, false] {
        let world = stage.world();
        let policy = Policy::builder().background_refresh(background).wait_budget(FOREVER);
        let (verifier, drivers) = world.prepare(policy);
        let token = world.token();
        let calls = waiting(4, || verifier.verify::<Registered>(&token));
        let thread = {
            let (verifier, token) = (verifier.clone(), token.clone());
            thread::spawn(move || verifier.verify_blocking::<Registered>(&token))
        };
        drop(drivers);
        finished(calls).iter().for_each(assert_stopped);
        assert_stopped(&thread.join().expect("no panic"));
        assert_stopped(&at_once(verifier.verify(&token)).expect("no wait"));
        assert_eq!(world.log.count(stopped), 1);
    }
}

pub(super) fn when_the_runtime_ends_all_are_told(stage: &Stage<'_>) {
    for background in [true, false] {
        let world = stage.world();
        world.issuer.next(Reply::hang());
        let policy = Policy::builder().background_refresh(background).wait_budget(FOREVER);
        let service = world.start(policy.fetch_timeout(FOREVER));
        let token = world.token();
        let early = service.verifier.clone();
        let calls = waiting(4, || early.verify::<Registered>(&token));
        assert!(world.issuer.wait_for_fetches(1, LONG));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (verifier, token) = (service.verifier.clone(), token.clone());
                thread::spawn(move || verifier.verify_blocking::<Registered>(&token))
            })
            .collect();
        service.until(|status| status.waiting == 8);
        let verifier = service.stop();
        finished(calls).iter().for_each(assert_stopped);
        threads.into_iter().for_each(|it| assert_stopped(&it.join().expect("no panic")));
        // And so is who comes later.
        assert_stopped(&verifier.verify_blocking(&token));
        let cache = verifier.caches().next().expect("an issuer");
        let later = pollster::block_on(cache.refresh());
        assert_eq!(later.unwrap_err().kind(), cache::ErrorKind::Stopped);
        if stage.ends_fetches() {
            assert!(world.issuer.wait_for_idle(LONG), "the fetch was not ended");
        }
        world.log.wait_for(1, stopped);
        assert!(verifier.status()[0].stopped && !verifier.status()[0].healthy);
    }
}

pub(super) fn held_keys_serve_on_without_a_driver(stage: &Stage<'_>) {
    for background in [true, false] {
        let world = stage.world();
        let policy = if background {
            world.issuer.next(Reply::published());
            world.issuer.next(Reply::hang());
            scripted(ms(300)).fetch_timeout(FOREVER)
        } else {
            lifetime(ms(300)).background_refresh(false)
        };
        let service = world.loaded(policy);
        if background {
            assert!(world.issuer.wait_for_fetches(2, LONG));
        }
        let verifier = service.stop();
        world.log.wait_for(1, stopped);
        thread::sleep(ms(400));
        at_once(verifier.verify::<Registered>(&world.token())).expect("no wait").unwrap();
        let stranger = unknown_kid_token(&world.claims());
        let error = at_once(verifier.verify::<Registered>(&stranger)).expect("no wait");
        let kind = error.expect_err("nobody has this key").kind();
        assert!(matches!(kind, ErrorKind::Stopped | ErrorKind::UnknownKid));
        verifier.caches().next().expect("an issuer").invalidate();
        assert_stopped(&at_once(verifier.verify(&world.token())).expect("no wait"));
    }
}

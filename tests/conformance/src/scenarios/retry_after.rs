//! The issuer asks for a pause.

use std::time::{Duration, SystemTime};

use jwks_core::{cache, refresh::Policy, verify::ErrorKind};

use crate::{
    Stage,
    world::{LONG, ms},
};
use jwks_testkit::{Reply, unknown_kid_token};

pub(super) fn nobody_asks_before_it_is_over(stage: &Stage<'_>) {
    let date = SystemTime::now() + Duration::from_secs(600);
    for reply in [
        Reply::status(429).retry_after(600),
        Reply::status(503).retry_after(600),
        Reply::status(429).retry_after_date(date),
        Reply::status(503).retry_after_date(date),
    ] {
        let world = stage.world();
        let service = world.loaded(Policy::builder());
        world.issuer.next(reply);
        let before = SystemTime::now();
        service.refresh().unwrap_err();
        let error = service.refresh().unwrap_err();
        assert_eq!(error.kind(), cache::ErrorKind::Unavailable);
        let pause = error.retry_at().unwrap().duration_since(before).unwrap().as_secs();
        // By hand and for unknown kids a minute is the most.
        assert!((50..=61).contains(&pause), "{pause} s");
        // An unknown kid is no reason either; the keys go on.
        let error = service.refuses_at_once(&unknown_kid_token(&world.claims()));
        assert_eq!(error.kind(), ErrorKind::UnknownKid);
        assert!(error.retry_at().is_some());
        service.passes_at_once(&world.token());
    }
}

pub(super) fn without_keys_a_minute_is_the_most(stage: &Stage<'_>) {
    for background in [true, false] {
        let world = stage.world();
        world.issuer.always(Reply::status(503).retry_after(3600));
        let service = world.start(Policy::builder().background_refresh(background));
        let before = SystemTime::now();
        // The budget of 5 s would end before the next attempt, so it is not waited out.
        let error = service.verify(&world.token()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.is_retryable());
        let pause = error.retry_at().unwrap().duration_since(before).unwrap().as_secs();
        assert!((40..=61).contains(&pause), "{pause} s");
        let error = service.verify(&world.token()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
}

pub(super) fn when_it_is_over_the_next_attempt_comes(stage: &Stage<'_>) {
    let world = stage.world();
    world.issuer.next(Reply::status(503).retry_after(1));
    let service = world.start(Policy::builder().retry(ms(10), ms(10)).wait_budget(LONG));
    service.verify(&world.token()).unwrap();
    let requests = world.issuer.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[1].at - requests[0].at > ms(900));
}

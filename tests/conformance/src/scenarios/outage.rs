//! The issuer is gone for longer than the keys live.

use std::{
    thread,
    time::{Duration, SystemTime},
};

use jwks_core::{
    cache::{EventKind, FetchError, FetchErrorKind},
    refresh::Policy,
    verify::ErrorKind,
};

use crate::{
    Stage,
    world::{failed, last, loaded, ms, scripted},
};
use jwks_testkit::{Reply, TestIssuer};

pub(super) fn down_through_stale_to_expired_and_back(stage: &Stage<'_>) {
    let (failure, line) = outage(stage, TestIssuer::go_down, TestIssuer::come_up);
    assert_eq!(failure.kind(), FetchErrorKind::Connect);
    // What an operator reads is the system's own reason, not only that of the HTTP client.
    assert!(line.contains("refused") && line.contains("next try in"), "{line}");
}

pub(super) fn unavailable_through_stale_to_expired_and_back(stage: &Stage<'_>) {
    let (failure, line) = outage(
        stage,
        |issuer| issuer.always(Reply::status(503)),
        |issuer| issuer.always(last(Reply::published())),
    );
    assert_eq!(failure.status(), Some(503));
    assert!(line.contains("503") && line.contains("next try in"), "{line}");
}

pub(super) fn a_connection_that_has_ended_is_no_failure(stage: &Stage<'_>) {
    let world = stage.world();
    let service = world.loaded(Policy::builder());
    // A restart of the issuer, or of what stands before it, ends the connections that were kept.
    world.issuer.go_down();
    world.issuer.come_up();
    thread::sleep(ms(100));
    service.refresh().expect("the issuer is up");
    assert_eq!(world.log.count(failed), 0);
}

fn outage(
    stage: &Stage<'_>,
    end: impl Fn(&TestIssuer),
    mend: impl Fn(&TestIssuer),
) -> (FetchError, String) {
    let world = stage.world();
    // Refreshed ahead after 1.6 s; one attempt, since the next would come later than all else.
    let policy = scripted(ms(2000)).stale_if_error(ms(1500)).fetch_timeout(ms(700));
    let pause = Duration::from_secs(300);
    world.issuer.next(Reply::published());
    world.issuer.always(last(Reply::published()));
    let service = world.loaded(policy.retry(pause, pause).cold_retry_max(pause));
    end(&world.issuer);
    let token = world.token();
    world.log.wait_for(1, failed);
    let trust_until = service.status().trust_until.expect("keys are held");

    // Everything is served, at once, until the stale window ends; then nothing is.
    let mut served = 0;
    loop {
        let asked = SystemTime::now();
        match service.at_once(&token) {
            Some(Ok(_)) => assert!(asked < trust_until, "{asked:?} is past {trust_until:?}"),
            // Who finds no keys asks the driver, who may answer before the poll is over.
            None | Some(Err(_)) => break,
        }
        served += 1;
        thread::sleep(ms(1));
    }
    assert!(served > 10, "{served} served");
    // The machine's clock and the wall's were read one after the other.
    assert!(SystemTime::now() + ms(500) >= trust_until);
    world.log.exactly(1, |event| matches!(event.kind(), EventKind::Stale { .. }));
    let error = service.verify(&token).expect_err("no keys");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.is_retryable() && !error.is_caller_fault());
    assert!(error.retry_at().is_some(), "{error:?}");
    assert!(error.cache_error().expect("no keys").unavailable_since().is_some());
    let failure = error.last_failure().expect("the last failure").clone();

    mend(&world.issuer);
    service.refresh().expect("the issuer is back");
    world.log.wait_for(2, loaded);
    service.passes_at_once(&token);
    world.log.exactly(1, |event| matches!(event.kind(), EventKind::Expired { .. }));
    service.until(|status| status.healthy && status.last_error.is_none());
    world.never_two_at_once();
    let line = world.log.events().into_iter().find(failed).map(|event| event.to_string());
    (failure, line.expect("a failure"))
}

//! The issuer is gone for longer than the keys live.

use std::{
    error::Error,
    thread,
    time::{Duration, Instant, SystemTime},
};

use jwks_core::{
    cache::{self, FetchError, FetchErrorKind},
    verify::ErrorKind,
};
use jwks_tests::{IssuerServer, Reply};
use jwks_tokio::{Event, Registered};

use crate::{
    log::{failed, loaded},
    world::{World, lifetime, ms},
};

const RETRY: (Duration, Duration) = (ms(50), ms(400));

#[test]
fn down_then_up() {
    let (failure, lines) = outage(IssuerServer::go_down, IssuerServer::come_up);
    assert_eq!(failure.kind(), FetchErrorKind::Connect);
    // What an operator reads is the system's own reason, not only that of the HTTP client.
    assert!(lines.iter().all(|line| line.contains("refused")), "{lines:#?}");
    assert!(lines.iter().all(|line| line.contains("next try in")), "{lines:#?}");
}

#[test]
fn unavailable_then_available() {
    let (failure, _) = outage(
        |issuer| issuer.always(Reply::status(503)),
        |issuer| issuer.always(Reply::published()),
    );
    assert_eq!(failure.status(), Some(503));
}

fn outage(end: impl Fn(&IssuerServer), mend: impl Fn(&IssuerServer)) -> (FetchError, Vec<String>) {
    let world = World::new();
    let policy = lifetime(ms(200)).stale_if_error(ms(1000)).fetch_timeout(ms(800));
    let service = world.loaded(policy.retry(RETRY.0, RETRY.1));
    let token = world.token();
    let start = Instant::now();
    end(&world.issuer);
    world.log.wait_for(1, failed);
    let trust_until = service.status().trust_until.expect("keys are held");

    // Everything is served, at once, until the stale window ends; then nothing is.
    let mut served = 0;
    loop {
        let asked = SystemTime::now();
        match service.at_once(&token) {
            Some(outcome) => assert!(outcome.is_ok() && asked < trust_until, "{outcome:?}"),
            None => break,
        }
        served += 1;
        thread::sleep(ms(1));
    }
    assert!(served > 50, "{served} served");
    // The machine's clock and the wall's were read one after the other.
    assert!(SystemTime::now() + ms(300) >= trust_until);
    let within = service.verifier.verify_within::<Registered>(&token, ms(20));
    let error = pollster::block_on(within).expect_err("no keys");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.is_retryable() && !error.is_caller_fault());
    assert!(error.retry_at().is_some(), "{error:?}");
    let cause = error.source().and_then(|cause| cause.downcast_ref::<cache::Error>());
    let cause = cause.expect("an error of the cache");
    assert!(cause.unavailable_since().is_some());
    let failure = cause.last_failure().expect("the last failure").clone();

    let (attempts, elapsed) = (world.log.count(failed), start.elapsed());
    assert!((3..=most_attempts(elapsed)).contains(&attempts), "{attempts} in {elapsed:?}");
    mend(&world.issuer);
    world.log.wait_for(2, loaded);
    service.passes_at_once(&token);
    assert_eq!(world.log.count(|event| matches!(event, Event::Expired)), 1);
    assert!(world.log.count(|event| matches!(event, Event::Stale)) >= 1);
    assert_eq!(world.issuer.max_open(), 1);
    service.until(|status| status.healthy && status.last_error.is_none());
    let lines = world.log.events().into_iter().filter(failed).map(|event| event.to_string());
    (failure, lines.collect())
}

/// Pauses are half of what the settings say, at the least.
fn most_attempts(elapsed: Duration) -> usize {
    let (mut pause, mut at, mut attempts) = (RETRY.0, Duration::ZERO, 1);
    while at + pause / 2 <= elapsed {
        at += pause / 2;
        pause = RETRY.1.min(pause * 2);
        attempts += 1;
    }
    attempts
}

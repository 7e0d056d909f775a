//! A verifier in a world, and what its callers get, in words.

use std::future::Future as _;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use jwks_core::cache::Policy;
use jwks_core::verify::{Error, Issuer as Trusted, Verifier};
use serde_json::Value;

use crate::built::built;
use crate::clocks::{EPOCH, Wall, secs};
use crate::issuer::Issuer;
use crate::world::{URL, World};

pub(crate) const ISS: &str = "https://id.example.com";

pub(crate) fn setup(policy: Policy) -> (World, Verifier) {
    let wall = Wall::new();
    let clock = wall.clone();
    let events = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&events);
    let trusted = Trusted::new(ISS)
        .leeway(secs(0))
        .jwks_uri(URL)
        .audience("api")
        .policy(policy)
        .observer(move |event| log.lock().unwrap().push(event.clone()));
    let (verifier, mut drivers): (_, Vec<_>) =
        built(Verifier::builder().wall_clock(move || clock.now()).issuer(trusted));
    let cache = verifier.caches().next().unwrap();
    let driver = drivers.pop().unwrap();
    let mut world = World::with(cache, driver, wall, Issuer::new(), events);
    world.settle();
    (world, verifier)
}

/// So many seconds after the beginning.
pub(crate) fn exp(after: u64) -> u64 {
    EPOCH.as_secs() + after
}

/// The outcome of an async validation that must not wait.
pub(crate) fn at_once(verifier: &Verifier, token: &str) -> Result<(), Error> {
    match pin!(verifier.verify::<Value>(token)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome.map(drop),
        Poll::Pending => panic!("a validation waited"),
    }
}

/// A caller with the usual budget, whose outcome is `passed` or a kind of error and whether that is
/// `final`, `undecided`, or `failed`.
pub(crate) fn verify(world: &mut World, verifier: &Verifier, token: &str) -> usize {
    let (verifier, token) = (verifier.clone(), token.to_owned());
    world.spawn(secs(5), async move {
        Ok(match verifier.verify::<Value>(&token).await {
            Ok(_) => "passed".to_owned(),
            Err(error) => in_words(&error),
        })
    })
}

pub(crate) fn in_words(error: &Error) -> String {
    let decision = match (error.is_retryable(), error.is_undecided()) {
        (false, _) => "final",
        (true, true) => "undecided",
        (true, false) => "failed",
    };
    format!("{:?}, {decision}", error.kind())
}

//! A verifier, its drivers and its issuers, moved by hand.

use std::future::Future as _;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Waker};

use http::Response;

use super::super::*;
use crate::built::built;
use crate::cache::{Action, Driver, KeyCache};
use crate::keys::testing::{checks, set_json};
use crate::refresh::{Kidless, Policy, Time};
use crate::verify::{Call, Issuer, Verifier};

pub(super) const OTHER: &str = "https://other.example.com";

/// Each issuer publishes what it is told to; the wall clock begins at second 1500.
pub(super) struct World {
    pub(super) verifier: Verifier,
    drivers: Vec<Driver>,
    published: Vec<Option<Vec<String>>>,
    second: Arc<AtomicU64>,
}

impl World {
    /// Remembers so many signatures.
    pub(super) fn new(remembered: usize, issuers: &[&str], published: &[String]) -> Self {
        let policy = Policy::builder()
            .interval(Duration::from_secs(100))
            .stale_if_error(Duration::from_secs(50))
            .kidless(Kidless::TryAll(std::num::NonZeroUsize::MIN.saturating_add(2)));
        let policy = policy.build().unwrap();
        let second = Arc::new(AtomicU64::new(1500));
        let wall = Arc::clone(&second);
        let builder = Verifier::builder().remember_signatures(remembered);
        let builder = builder.wall_clock(move || at(wall.load(Ordering::Relaxed)));
        let builder = issuers.iter().fold(builder, |builder, iss| {
            let issuer = Issuer::new(*iss).jwks_uri(format!("{iss}/keys")).audience("my-api");
            builder.issuer(issuer.leeway(Duration::ZERO).policy(policy.clone()))
        });
        let (verifier, drivers) = built(builder);
        let published = vec![Some(published.to_vec()); issuers.len()];
        let mut world = Self { verifier, drivers, published, second };
        world.settle();
        world
    }

    /// From now on this issuer publishes these keys, or cannot be asked.
    pub(super) fn publish(&mut self, issuer: usize, keys: Option<&[String]>) {
        self.published[issuer] = keys.map(<[_]>::to_vec);
    }

    /// Reads the keys of an issuer by hand.
    pub(super) fn refresh(&mut self, issuer: usize) {
        // At most one a second.
        self.pass(2);
        let cache = self.cache(issuer);
        let mut refreshed = pin!(cache.refresh());
        let _ = refreshed.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        self.settle();
        let _ = refreshed.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }

    pub(super) fn rotate(&mut self, issuer: usize, keys: &[String]) {
        self.publish(issuer, Some(keys));
        self.refresh(issuer);
    }

    /// Lets time pass on all clocks.
    pub(super) fn pass(&mut self, seconds: u64) {
        self.second.fetch_add(seconds, Ordering::Relaxed);
        self.settle();
    }

    /// Lets the wall clock go on alone, as for a driver that is starved.
    pub(super) fn pass_unseen(&self, seconds: u64) {
        self.second.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(super) fn cache(&self, issuer: usize) -> KeyCache {
        self.verifier.caches().nth(issuer).unwrap()
    }

    /// All that a caller hears, and how many signatures were checked for it.
    pub(super) fn hear(&self, token: &str) -> (String, usize) {
        self.hear_call(&self.verifier.call(), token)
    }

    pub(super) fn hear_call(&self, call: &Call, token: &str) -> (String, usize) {
        let before = checks();
        let heard = match call.try_verify::<Value>(token) {
            Ok(verified) => {
                let expires = verified.expires_at();
                format!("{verified:?} {expires:?} {} {}", verified.issuer(), verified.claims())
            }
            Err(error) => {
                format!(
                    "{:?} {error} {} {}",
                    error.kind(),
                    error.is_retryable(),
                    error.is_caller_fault()
                )
            }
        };
        (heard, checks() - before)
    }

    /// As [`hear`](Self::hear) for a token that must be accepted: how many signatures were checked.
    pub(super) fn checks_for(&self, token: &str) -> usize {
        let (heard, checks) = self.hear(token);
        assert!(heard.starts_with("Verified"), "{heard}");
        checks
    }

    pub(super) fn settle(&mut self) {
        let now = Time::from_origin(Duration::from_secs(self.second.load(Ordering::Relaxed)));
        for (driver, published) in self.drivers.iter_mut().zip(&self.published) {
            loop {
                match driver.poll(now) {
                    Action::Fetch(fetch) => match published {
                        Some(keys) => fetch.reply.send(Ok(Response::new(set_json(keys)))),
                        None => drop(fetch),
                    },
                    Action::Wait(_) => break,
                    Action::Stop => panic!("the verifier is held"),
                }
            }
        }
    }
}

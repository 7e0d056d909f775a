//! A verifier that has fetched its keys, its drivers polled by hand.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jwks_core::adapter::{Action, Driver};
use jwks_core::cache::KeyCache;
use jwks_core::refresh::Time;
use jwks_core::verify::{Error, ErrorKind, Issuer, Verified, Verifier};
use serde_json::Value;

use crate::built::built;

/// The usual issuer; its tokens are for `my-api` and looked at in second 1500.
pub(crate) const ISSUER: &str = "https://id.example.com";
pub(crate) const PAYLOAD: &str =
    r#"{"iss":"https://id.example.com","aud":"my-api","exp":2000,"nbf":1000}"#;

pub(crate) struct Service {
    verifier: Verifier,
    /// A verifier without drivers would say that it is stopped, in place of what we ask.
    _drivers: Vec<Driver>,
}

impl Service {
    /// The usual issuer with these keys.
    pub(crate) fn new(jwks: &[String]) -> Self {
        Self::with(usual(), jwks, 1500)
    }

    /// One issuer with these keys, at this second.
    pub(crate) fn with(issuer: Issuer, jwks: &[String], second: u64) -> Self {
        Self::several(vec![(issuer, jwks)], second)
    }

    /// One issuer that answers with this document, at this second.
    pub(crate) fn of(issuer: Issuer, set: Vec<u8>, second: u64) -> Self {
        Self::answering(vec![(issuer, set)], second)
    }

    pub(crate) fn several(issuers: Vec<(Issuer, &[String])>, second: u64) -> Self {
        let issuers = issuers.into_iter().map(|(issuer, jwks)| (issuer, set_json(jwks).into()));
        Self::answering(issuers.collect(), second)
    }

    fn answering(issuers: Vec<(Issuer, Vec<u8>)>, second: u64) -> Self {
        let mut builder = Verifier::builder().wall_clock(move || at(second));
        let mut bodies = Vec::new();
        for (issuer, body) in issuers {
            builder = builder.issuer(issuer);
            bodies.push(body);
        }
        let (verifier, mut drivers): (_, Vec<_>) = built(builder);
        for (driver, body) in drivers.iter_mut().zip(bodies) {
            let Action::Fetch(fetch) = driver.poll(Time::default()) else {
                panic!("the first load starts at once")
            };
            fetch.reply.send(Ok(http::Response::new(body)));
            assert!(matches!(driver.poll(Time::default()), Action::Wait(_)));
        }
        Self { verifier, _drivers: drivers }
    }

    pub(crate) fn caches(&self) -> impl Iterator<Item = KeyCache> {
        self.verifier.caches()
    }

    pub(crate) fn verify(&self, token: &str) -> Result<Verified<Value>, Error> {
        self.verifier.try_verify(token)
    }

    pub(crate) fn kind(&self, token: &str) -> Result<(), ErrorKind> {
        self.verify(token).map(drop).map_err(|error| error.kind())
    }
}

/// The usual issuer, with no leeway, to be configured further.
pub(crate) fn usual() -> Issuer {
    let issuer = Issuer::new(ISSUER).jwks_uri("https://id.example.com/keys").audience("my-api");
    issuer.leeway(Duration::ZERO)
}

pub(crate) fn set_json(jwks: &[String]) -> String {
    format!(r#"{{"keys":[{}]}}"#, jwks.join(","))
}

pub(crate) fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(second)
}

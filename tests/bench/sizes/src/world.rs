//! Issuers, their keys and their tokens, without a network.

use std::time::{Duration, SystemTime};

use http::Response;
use jwks_core::adapter::{Action, Driver, Env, Start as _};
use jwks_core::cache::Policy;
use jwks_core::refresh::Time;
use jwks_core::verify::{Issuer, Verifier};
use jwks_testkit::{Signer, claims};
use serde_json::{Value, json};

pub(crate) const AUDIENCE: &str = "my-api";
pub(crate) const KID: &str = "key-of-this-month";

/// One RSA key, by many names.
pub(crate) struct Keys(pub(crate) Signer);

impl Keys {
    pub(crate) fn new() -> Self {
        Self(Signer::rs256(KID))
    }

    /// A set of so many; the key of the tokens is in its middle.
    pub(crate) fn set(&self, number: usize) -> String {
        self.set_of(number, self.0.public_jwk())
    }

    pub(crate) fn set_without_alg(&self, number: usize) -> String {
        let mut jwk = self.0.public_jwk();
        jwk.as_object_mut().expect("a JWK is an object").remove("alg");
        self.set_of(number, jwk)
    }

    fn set_of(&self, number: usize, jwk: Value) -> String {
        let key = |n: usize| {
            let mut key = jwk.clone();
            if n != number / 2 {
                key["kid"] = format!("another-key-{n}").into();
            }
            key
        };
        json!({ "keys": (0..number).map(key).collect::<Vec<_>>() }).to_string()
    }
}

/// A verifier with keys at hand, far from a refresh, and its drivers.
pub(crate) struct Served {
    pub(crate) first: String,
    pub(crate) last: String,
    pub(crate) verifier: Verifier,
    _drivers: Vec<Driver>,
}

impl Served {
    pub(crate) fn new(issuers: Vec<String>, set: String) -> Self {
        Self::recorded(issuers, set, None)
    }

    /// With so many bytes for what is recorded.
    pub(crate) fn recorded(issuers: Vec<String>, set: String, recorder: Option<usize>) -> Self {
        let [Some(first), Some(last)] = [issuers.first(), issuers.last()].map(|it| it.cloned())
        else {
            panic!("there is an issuer");
        };
        let policy = Policy::builder().usages(1 << 50).interval(Duration::from_secs(36_000));
        let policy = policy.build().expect("it can be kept");
        let builder = Verifier::builder().max_token_len(1 << 16);
        let builder = issuers.into_iter().fold(builder, |builder, issuer| {
            let issuer = Issuer::new(issuer).jwks_uri("https://id.example.com/keys");
            let issuer = issuer.audience(AUDIENCE).policy(policy.clone());
            builder.issuer(recorder.into_iter().fold(issuer, Issuer::recorder))
        });
        let (verifier, mut drivers) =
            builder.build(Env::new(SystemTime::now)).expect("the settings can work");
        let mut drivers = drivers.take_ready();
        for driver in &mut drivers {
            let Action::Fetch(fetch) = driver.poll(Time::ZERO) else { panic!("a load is due") };
            fetch.reply.send(Ok(Response::new(set.clone())));
            assert!(matches!(driver.poll(Time::ZERO), Action::Wait(_)));
        }
        Self { first, last, verifier, _drivers: drivers }
    }
}

pub(crate) fn issuers(number: usize) -> Vec<String> {
    (0..number).map(|n| format!("https://login.example.com/tenants/{n:06}")).collect()
}

/// Eleven claims in some 300 bytes, and groups until it has so many bytes.
pub(crate) fn token(keys: &Keys, issuer: &str, bytes: usize) -> String {
    let mut claims = claims(issuer, AUDIENCE, Duration::from_secs(36_000));
    let more = json!({
        "sub": "8f14e45f-ceea-467f-a0e6-7b9c5b0f4a51",
        "nbf": claims["iat"],
        "jti": "0d6a2a54-3b0e-4a5e-9d2f-5f1e6b1f0c11",
        "client_id": "4f7example",
        "scope": "read write",
        "email": "ada@example.com",
        "email_verified": true,
    });
    let Value::Object(more) = more else { unreachable!("it is written as an object") };
    claims.as_object_mut().expect("claims are an object").extend(more);
    let missing = bytes.saturating_sub(claims.to_string().len());
    if missing > 0 {
        claims["groups"] = (0..missing / 20).map(|n| format!("group-of-ours-{n:03}")).collect();
    }
    keys.0.sign(&claims)
}

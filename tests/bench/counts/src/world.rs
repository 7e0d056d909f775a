//! Verifiers with keys at hand, and tokens: all of them the same in every run.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use http::Response;
use jwks_core::adapter::{Action, Drivers, Env, Start as _};
use jwks_core::cache::Policy;
use jwks_core::refresh::Time;
use jwks_core::verify::{Issuer, Verifier};

pub(crate) const ISSUER: &str = "https://id.example.com";

/// Seconds since 1970 of each validation.
const NOW: u64 = 1_800_000_000;

pub(crate) fn signer() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// As issuers sign them: eleven claims in 300 bytes, and as many bytes more as are asked for.
pub(crate) fn token(issuer: &str, kid: &str, more: usize) -> String {
    let header = format!(r#"{{"alg":"EdDSA","typ":"JWT","kid":"{kid}"}}"#);
    let (before, after) = (NOW - 60, NOW + 600);
    let groups: String = (0..more.div_ceil(19)).map(|n| format!(r#""group-of-{n:08}","#)).collect();
    let groups = match groups.strip_suffix(',') {
        Some(groups) => format!(r#","groups":[{groups}]"#),
        None => String::new(),
    };
    let payload = format!(
        r#"{{"iss":"{issuer}","sub":"8f14e45f-ceea-467f-a0e6-7b9c5b0f4a51","aud":"my-api","#
    ) + &format!(r#""exp":{after},"iat":{before},"nbf":{before},"#)
        + r#""jti":"0d6a2a54-3b0e-4a5e-9d2f-5f1e6b1f0c11","client_id":"4f7example","#
        + r#""scope":"read write","email":"ada@example.com","email_verified":true"#
        + &format!("{groups}}}");
    let signed = format!("{}.{}", encode(header.as_bytes()), encode(payload.as_bytes()));
    let signature = signer().sign(signed.as_bytes()).to_bytes();
    format!("{signed}.{}", encode(&signature))
}

/// One that holds so many keys for each of these issuers, ours first, and is far from a refresh.
/// The drivers are to be kept.
pub(crate) fn verifier(issuers: impl Iterator<Item = String>, keys: u8) -> (Verifier, Drivers) {
    let policy = Policy::builder().usages(1 << 50).interval(Duration::from_secs(36_000));
    let policy = policy.build().expect("it can be kept");
    let builder = Verifier::builder().max_token_len(1 << 16);
    let builder = issuers.fold(builder, |builder, issuer| {
        let source = Issuer::new(issuer).jwks_uri("https://id.example.com/keys");
        builder.issuer(source.audience("my-api").policy(policy.clone()))
    });
    let now = || -> SystemTime { UNIX_EPOCH + Duration::from_secs(NOW) };
    let (verifier, mut drivers) =
        builder.build(Env::new(now).seed(7)).expect("the settings can work");
    let key = |n: u8| {
        let x = SigningKey::from_bytes(&[n; 32]).verifying_key().to_bytes();
        let kid = kid(n);
        format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","x":"{}"}}"#, encode(&x))
    };
    let set: Vec<_> = (7..7 + keys).map(key).collect();
    let set = format!(r#"{{"keys":[{}]}}"#, set.join(","));
    let mut polled = drivers.take_ready();
    for driver in &mut polled {
        let Action::Fetch(fetch) = driver.poll(Time::ZERO) else { panic!("the load is due") };
        fetch.reply.send(Ok(Response::new(set.clone())));
        assert!(matches!(driver.poll(Time::ZERO), Action::Wait(_)));
    }
    // A driver that is dropped ends its cache.
    std::mem::forget(polled);
    (verifier, drivers)
}

/// Of the key that [`signer`] has, if it is 7.
pub(crate) fn kid(n: u8) -> String {
    format!("key-of-signer-{n}")
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

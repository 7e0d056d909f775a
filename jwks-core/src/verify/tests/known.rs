//! A verifier that has seen a header before says what it would say at first sight; and so does every
//! way to ask it.

use std::borrow::Cow;
use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde::Deserialize;

use super::calls::{issuer, serving};
use super::*;
use crate::keys::base64url::{decode, encode};
use crate::keys::testing::ED25519;
use crate::verify::{TokenBuffer, Verifier};

const HEADERS: [&str; 11] = [
    r#"{"alg":"EdDSA","kid":"a","typ":"at+jwt"}"#,
    r#"{"alg":"EdDSA","kid":"a"}"#,
    r#"{"typ":"JWT","kid":"a","alg":"EdDSA"}"#,
    r#"{"alg":"EdDSA","kid":"\u0061"}"#,
    r#"{"alg":"EdDSA"}"#,
    r#"{"alg":"EdDSA","kid":"b"}"#,
    r#"{"alg":"none","kid":"a"}"#,
    r#"{"alg":"RS256","kid":"a"}"#,
    r#"{"alg":"EdDSA","kid":"a","typ":"logout+jwt"}"#,
    r#"{"alg":"EdDSA","kid":"a","crit":["b64"],"b64":true}"#,
    r#"{"alg":"EdDSA","kid":"a","kid":"a"}"#,
];

const OTHER: &str = "https://other.example.com";

fn payloads() -> Vec<String> {
    let escaped = PAYLOAD.replace("https://", "https:\\/\\/");
    let last =
        r#"{"aud":["x","my-api"],"exp":2000,"a":{"iss":"no"},"iss":"https://id.example.com"}"#;
    [
        PAYLOAD,
        &escaped,
        last,
        &PAYLOAD.replace(ISSUER, OTHER),
        &PAYLOAD.replace(ISSUER, "https://nobody.example.com"),
        &PAYLOAD.replace("2000", "1500"),
        &PAYLOAD.replace("my-api", "another"),
        &PAYLOAD.replace(r#""iss""#, r#""is""#),
        &PAYLOAD.replace("}", r#","iss":"https://other.example.com"}"#),
        &PAYLOAD.replace('}', ""),
    ]
    .map(str::to_owned)
    .to_vec()
}

/// What it says, and why.
type Verdict = Result<(Value, String, Option<SystemTime>), String>;

fn verdict(verified: Result<Verified<Value>, Error>) -> Verdict {
    let shown = |it: Verified<Value>| {
        let header = format!("{it:?} by {}", it.issuer());
        let expires = it.expires_at();
        (it.into_claims(), header, expires)
    };
    verified.map(shown).map_err(|error| format!("{:?} {error}", error.kind()))
}

/// Asked in each way. A token that has to wait is told by nobody but who does not.
fn ask(verifier: &Verifier, token: &str) -> Verdict {
    let first = verdict(verifier.try_verify(token));
    let mut buffer = TokenBuffer::new();
    assert_eq!(first, verdict(verifier.try_verify_in(token, &mut buffer)));
    assert_eq!(first, verdict(verifier.call().audience("my-api").try_verify(token)));
    let waits = |outcome: Poll<_>| match outcome {
        Poll::Ready(answer) => assert_eq!(first, verdict(answer)),
        Poll::Pending => assert!(first.is_err()),
    };
    let mut cx = Context::from_waker(Waker::noop());
    waits(pin!(verifier.verify(token)).poll(&mut cx));
    waits(pin!(verifier.verify_in(token, &mut buffer)).poll(&mut cx));
    first
}

proptest! {
    #![proptest_config(crate::proof::draws(256))]

    #[test]
    fn what_has_been_seen_before_changes_no_verdict(
        several in any::<bool>(),
        seen in prop::collection::vec((select(&HEADERS[..]), select(payloads())), 0..8),
        header in select(&HEADERS[..]),
        payload in select(payloads()),
        change in prop::option::of((0..3_usize, any::<Index>(), 0..8_u8)),
    ) {
        let issuers = || {
            let more = several.then(|| issuer(OTHER));
            more.into_iter().chain([issuer(ISSUER)])
        };
        let (fresh, _drivers) = serving(issuers());
        let (other, _more) = serving(issuers());
        for (header, payload) in seen {
            let _ = other.try_verify::<Value>(&ED25519.token(Algorithm::EdDSA, header, &payload));
        }
        let mut token = ED25519.token(Algorithm::EdDSA, header, &payload);
        if let Some((part, at, bit)) = change {
            let mut parts: Vec<_> = token.split('.').map(|part| decode(part).unwrap()).collect();
            let at = at.index(parts[part].len());
            parts[part][at] ^= 1 << bit;
            token = parts.iter().map(|part| encode(part)).collect::<Vec<_>>().join(".");
        }
        prop_assert_eq!(ask(&fresh, &token), ask(&other, &token));
    }
}

#[test]
fn claims_borrow_from_the_buffer() {
    #[derive(Debug, Deserialize)]
    struct Strict<'a> {
        iss: &'a str,
    }

    #[derive(Debug, Deserialize)]
    struct Claims<'a> {
        #[serde(borrow)]
        iss: Cow<'a, str>,
    }

    let (verifier, _drivers) = serving([issuer(ISSUER)]);
    let sign = |payload: &str| ED25519.token(Algorithm::EdDSA, HEADERS[0], payload);
    let mut buffer = TokenBuffer::new();
    let verified = verifier.try_verify_in::<Claims<'_>>(&sign(PAYLOAD), &mut buffer).unwrap();
    assert!(matches!(verified.claims().iss, Cow::Borrowed(ISSUER)));
    let long = PAYLOAD.replace('}', &format!(r#","x":"{}"}}"#, "x".repeat(10_000)));
    let verified = verifier.try_verify_in::<Strict<'_>>(&sign(&long), &mut buffer).unwrap();
    assert_eq!((verified.claims().iss, verified.issuer()), (ISSUER, ISSUER));
    let escaped = sign(&PAYLOAD.replace("https://", "https:\\/\\/"));
    let verified = verifier.try_verify_in::<Claims<'_>>(&escaped, &mut buffer).unwrap();
    assert_eq!(verified.into_claims().iss, ISSUER);
    let refused = verifier.try_verify_in::<Strict<'_>>(&escaped, &mut buffer).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ClaimsShape);
    assert_eq!(format!("{buffer:?}"), "TokenBuffer { .. }");
}

//! What explains a token says what a validation would, and leaves no trace.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::Response;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde::de::IgnoredAny;

use super::calls::issuer;
use super::*;
use crate::built::built;
use crate::cache::{Action, Driver};
use crate::keys::base64url::{decode, encode};
use crate::keys::testing::{ED25519, P256, set_json};
use crate::refresh::{Kidless, Policy, PolicyBuilder, Strategy, Time};
use crate::verify::{Issuer, Step, TokenExplanation, Verifier};

const OTHER: &str = "https://other.example.com";

const HEADERS: [&str; 14] = [
    r#"{"alg":"EdDSA","kid":"a","typ":"at+jwt"}"#,
    r#"{"alg":"EdDSA","kid":"a"}"#,
    r#"{"alg":"EdDSA"}"#,
    r#"{"alg":"EdDSA","kid":"b"}"#,
    r#"{"alg":"EdDSA","kid":"skipped"}"#,
    r#"{"alg":"EdDSA","kid":"denied"}"#,
    r#"{"alg":"EdDSA","kid":"p"}"#,
    r#"{"alg":"none","kid":"a"}"#,
    r#"{"alg":"RS256","kid":"a"}"#,
    r#"{"alg":"EdDSA","kid":"a","typ":"logout+jwt"}"#,
    r#"{"alg":"EdDSA","kid":"a","crit":["b64"],"b64":true}"#,
    r#"{"alg":"none","kid":"a","crit":["x"]}"#,
    r#"{"alg":"EdDSA","kid":"a","kid":"a"}"#,
    r#"{"kid":"a"}"#,
];

fn payloads() -> Vec<String> {
    [
        PAYLOAD,
        &PAYLOAD.replace(ISSUER, OTHER),
        &PAYLOAD.replace(ISSUER, "https://nobody.example.com"),
        &PAYLOAD.replace("2000", "1500"),
        &PAYLOAD.replace("1000", "1501"),
        &PAYLOAD.replace("my-api", "elsewhere"),
        &PAYLOAD.replace(r#""exp""#, r#""ex""#),
        &PAYLOAD.replace(r#""iss""#, r#""is""#),
        &PAYLOAD.replace("}", r#","iss":"https://other.example.com"}"#),
        &PAYLOAD.replace("}", r#","x":"\ud800"}"#),
        &PAYLOAD.replace("}", r#","x":1e999}"#),
        &PAYLOAD.replace('}', ""),
    ]
    .map(str::to_owned)
    .to_vec()
}

/// How the keys are doing.
#[derive(Clone, Copy, Debug)]
enum State {
    Gone,
    Held,
    NotYet,
    Spent,
    Stopped,
}

const STATES: [State; 5] = [State::Gone, State::Held, State::NotYet, State::Spent, State::Stopped];

fn in_state(state: State, issuers: Vec<Issuer>, policy: PolicyBuilder) -> (Verifier, Vec<Driver>) {
    let policy = policy.build().unwrap();
    let start = Verifier::builder().wall_clock(|| at(1500)).remember_signatures(8);
    let builder = issuers.into_iter().fold(start, |builder, issuer| {
        builder.issuer(issuer.policy(policy.clone()).check(|token| {
            token.kid().is_none_or(|kid| kid != "p").then_some(()).ok_or_else(|| "p".into())
        }))
    });
    let (verifier, mut drivers): (_, Vec<_>) = built(builder);
    for cache in verifier.caches() {
        cache.deny_kid("denied").unwrap();
        let _ = cache.try_with_keys("a", |_| ());
    }
    for driver in &mut drivers {
        let Action::Fetch(fetch) = driver.poll(Time::ZERO) else { panic!("the load is due") };
        if !matches!(state, State::NotYet) {
            let jwks = [
                ED25519.jwk(r#""kid":"a""#),
                ED25519.jwk(r#""kid":"denied""#),
                P256.jwk(r#""kid":"p""#),
                r#"{"kty":"oct","kid":"skipped","k":"AA"}"#.into(),
            ];
            fetch.reply.send(Ok(Response::new(set_json(&jwks))));
        }
        driver.poll(Time::ZERO);
    }
    match state {
        State::Gone => verifier.caches().for_each(|cache| cache.invalidate()),
        State::Spent => {
            for cache in verifier.caches() {
                while cache.try_with_keys("a", |_| ()).is_ok() && cache.status().uses < 9 {}
            }
        }
        State::Stopped => drivers.clear(),
        State::Held | State::NotYet => {}
    }
    (verifier, drivers)
}

/// All that can be seen of a verifier from outside, and of its drivers from inside.
fn all_of(verifier: &Verifier, drivers: &mut [Driver]) -> String {
    let mut shown = format!("{verifier:?} {drivers:?}");
    for cache in verifier.caches() {
        shown.push_str(&serde_json::to_string(&cache.status()).unwrap());
        shown.push_str(&format!("{:?}", cache.shared().standing(0)));
        shown.push_str(&format!("{:?}", cache.shared().notes()));
        shown.push_str(&format!("{:?} {:?}", cache.shared().wanted, cache.shared().distrusted));
        shown.push_str(&format!("{:?}", cache.shared().snapshot().meter()));
    }
    for issuer in verifier.all() {
        shown.push_str(&format!("{:?}", issuer.headers));
    }
    for driver in drivers {
        let woken = pin!(driver.woken()).poll(&mut Context::from_waker(Waker::noop()));
        shown.push_str(if woken == Poll::Pending { " asleep" } else { " awake" });
    }
    shown
}

fn usage() -> PolicyBuilder {
    Policy::builder().strategy(Strategy::Usage).usages(4).background_refresh_threshold(0.5)
}

proptest! {
    #![proptest_config(crate::proof::draws(256))]

    /// Accepted or not, and why, in the words of the error; and nothing has moved.
    #[test]
    fn it_says_what_a_validation_says_and_leaves_no_trace(
        several in any::<bool>(),
        state in select(&STATES[..]),
        background in any::<bool>(),
        header in select(&HEADERS[..]),
        payload in select(payloads()),
        change in prop::option::of((0..3_usize, any::<Index>(), 0..8_u8)),
    ) {
        let more = several.then(|| issuer(OTHER));
        let issuers: Vec<_> = more.into_iter().chain([issuer(ISSUER)]).collect();
        let policy = if background { usage() } else {
            Policy::builder().strategy(Strategy::Usage).usages(4).background_refresh(false)
        };
        let (verifier, mut drivers) = in_state(state, issuers, policy);
        let mut token = ED25519.token(Algorithm::EdDSA, header, &payload);
        if let Some((part, at, bit)) = change {
            let mut parts: Vec<_> = token.split('.').map(|part| decode(part).unwrap()).collect();
            let at = at.index(parts[part].len());
            parts[part][at] ^= 1 << bit;
            token = parts.iter().map(|part| encode(part)).collect::<Vec<_>>().join(".");
        }
        let before = all_of(&verifier, &mut drivers);
        let mut explained = verifier.explain(&token);
        for _ in 0..8 {
            explained = verifier.explain(&token);
        }
        for cache in verifier.caches() {
            let _ = cache.explain();
            for kid in ["a", "b", "skipped", "denied", &"k".repeat(999)] {
                let _ = cache.explain_kid(kid);
            }
        }
        prop_assert_eq!(before, all_of(&verifier, &mut drivers));
        let said = explained.error.as_ref().map(|error| format!("{:?} {error}", error.kind()));
        let verified = verifier.try_verify::<IgnoredAny>(&token);
        prop_assert_eq!(explained.accepted, verified.is_ok());
        let says = verified.err().map(|error| format!("{:?} {error}", error.kind()));
        prop_assert_eq!(&said, &says);
        prop_assert_eq!(explained.refused_by.is_some(), says.is_some());
        prop_assert!(explained.refused_by.is_none_or(|step| !explained.passed.contains(&step)));
        let shown = format!("{explained} {}", serde_json::to_string(&explained).unwrap());
        for part in token.split('.').filter(|part| part.len() > 8) {
            prop_assert!(!shown.contains(part), "{shown}");
        }
        for value in ["nobody", "elsewhere", "2000", "1501"] {
            prop_assert!(!shown.contains(value), "{shown}");
        }
    }

    #[test]
    fn any_text_is_explained_in_short(text in any::<String>()) {
        let (verifier, _drivers) = in_state(State::Held, vec![issuer(ISSUER)], usage());
        let shown = verifier.explain(&text).to_string();
        prop_assert!(shown.len() < 4000 && !shown.contains('\r'), "{shown}");
    }
}

fn explained(header: &str, payload: &str) -> TokenExplanation {
    let (verifier, _drivers) = in_state(State::Held, vec![issuer(ISSUER)], usage());
    verifier.explain(&ED25519.token(Algorithm::EdDSA, header, payload))
}

#[test]
fn each_step_is_named() {
    let kid_a = HEADERS[0];
    for (header, payload, step) in [
        (HEADERS[13], PAYLOAD, Step::Header),
        (HEADERS[10], PAYLOAD, Step::Critical),
        (HEADERS[11], PAYLOAD, Step::Algorithm),
        (HEADERS[7], PAYLOAD, Step::Algorithm),
        (HEADERS[9], PAYLOAD, Step::Type),
        (HEADERS[3], PAYLOAD, Step::Key),
        (HEADERS[4], PAYLOAD, Step::Key),
        (HEADERS[5], PAYLOAD, Step::Key),
        (HEADERS[6], PAYLOAD, Step::Key),
        (HEADERS[8], PAYLOAD, Step::Key),
        (kid_a, "{", Step::Payload),
        (kid_a, &PAYLOAD.replace(ISSUER, OTHER), Step::Issuer),
        (kid_a, &PAYLOAD.replace(r#""iss""#, r#""is""#), Step::Issuer),
        (kid_a, &PAYLOAD.replace("2000", "1500"), Step::Expiry),
        (kid_a, &PAYLOAD.replace(r#""exp""#, r#""ex""#), Step::Expiry),
        (kid_a, &PAYLOAD.replace("1000", "1501"), Step::NotBefore),
        (kid_a, &PAYLOAD.replace("my-api", "elsewhere"), Step::Audience),
        (kid_a, &PAYLOAD.replace(r#""aud""#, r#""au""#), Step::Audience),
    ] {
        let explained = explained(header, payload);
        assert_eq!(explained.refused_by, Some(step), "{header} {payload} {explained}");
    }
    let (verifier, _drivers) = in_state(State::Held, vec![issuer(ISSUER)], usage());
    let good = ED25519.token(Algorithm::EdDSA, kid_a, PAYLOAD);
    let (signed, _) = good.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", encode(&[1; 64]));
    assert_eq!(verifier.explain(&forged).refused_by, Some(Step::Signature));
    assert_eq!(verifier.explain("a.b").refused_by, Some(Step::Shape));
    assert_eq!(verifier.explain(&"a".repeat(1 << 20)).refused_by, Some(Step::Size));
    let call = verifier.call().required_claim("scope");
    assert_eq!(call.explain(&good).refused_by, Some(Step::Claims));
    let call = verifier.call().check(|_| Err("no".into()));
    assert_eq!(call.explain(&good).refused_by, Some(Step::Check));
    let fine = verifier.explain(&good);
    assert_eq!((fine.accepted, fine.passed.len()), (true, 15));
}

#[test]
fn what_was_not_checked_is_not_said_to_be_passed() {
    let expired = PAYLOAD.replace("2000", "1500");
    let unknown = explained(HEADERS[3], &expired);
    assert_eq!(unknown.refused_by, Some(Step::Expiry));
    assert!(!unknown.passed.contains(&Step::Signature), "{unknown}");
    assert!(unknown.to_string().contains("the signature was not checked"), "{unknown}");
    let known = explained(HEADERS[0], &expired);
    assert!(known.passed.contains(&Step::Signature), "{known}");
    assert!(!known.to_string().contains("was not checked"), "{known}");
    let policy = usage().kidless(Kidless::Reject);
    let (verifier, _drivers) = in_state(State::Held, vec![issuer(ISSUER)], policy);
    let unnamed = verifier.explain(&ED25519.token(Algorithm::EdDSA, HEADERS[2], PAYLOAD));
    assert_eq!(unnamed.refused_by, Some(Step::Key));
    assert!(!unnamed.passed.contains(&Step::Signature), "{unnamed}");
}

#[test]
fn the_page_reads_well() {
    let text = explained(HEADERS[0], &PAYLOAD.replace("2000", "1500")).to_string();
    assert_eq!(
        text,
        "refused at `exp`: the token has expired, by its `exp`\n  \
         issuer        https://id.example.com\n  \
         header        alg EdDSA, kid `a`, typ `at+jwt`\n  \
         passed        size, shape, header, crit, alg, typ, key, signature, payload, iss\n  \
         answer        401\n  \
         what to do    get a new token; if new ones are refused too, compare this machine's clock \
         with the issuer's"
    );
}

//! The verifier above a cache whose driver is polled by hand.

use http::Response;
use proptest::prelude::*;

use super::*;
use crate::built::built;
use crate::cache::Env;
use crate::cache::{Action, Driver};
use crate::keys::testing::{ED25519, P256, Signer, set_json};
use crate::refresh::Time;
use crate::verify::{Call, Issuer, Verifier};

pub(super) const HEADER: &str = r#"{"alg":"EdDSA","kid":"a","typ":"at+jwt"}"#;

pub(super) fn issuer(iss: &str) -> Issuer {
    let issuer = Issuer::new(iss).jwks_uri("https://id.example.com/keys").audience("my-api");
    issuer.leeway(Duration::ZERO)
}

/// Keys have come, and the wall clock stands at second 1500.
pub(super) fn serving(issuers: impl IntoIterator<Item = Issuer>) -> (Verifier, Vec<Driver>) {
    let builder =
        issuers.into_iter().fold(Verifier::builder().wall_clock(|| at(1500)), |b, i| b.issuer(i));
    let (verifier, mut drivers): (_, Vec<_>) = built(builder);
    drivers.iter_mut().for_each(load);
    (verifier, drivers)
}

pub(super) fn load(driver: &mut Driver) {
    let Action::Fetch(fetch) = driver.poll(Time::ZERO) else { panic!("the load starts at once") };
    fetch.reply.send(Ok(Response::new(set_json(&[ED25519.jwk(r#""kid":"a""#)]))));
    driver.poll(Time::ZERO);
}

pub(super) fn token(payload: &str) -> String {
    ED25519.token(Algorithm::EdDSA, HEADER, payload)
}

pub(super) fn refused(call: &Call, payload: &str) -> Option<ErrorKind> {
    call.try_verify::<Value>(&token(payload)).err().map(|error| error.kind())
}

#[test]
fn a_call_asks_for_more_than_is_configured() {
    let (verifier, _drivers) = serving([issuer(ISSUER)]);
    let call = || verifier.call();
    assert_eq!(refused(&call(), PAYLOAD), None);
    let others = [Algorithm::ES256, Algorithm::RS256];
    let expected = [
        (call().algorithms(others), ErrorKind::AlgorithmNotAllowed),
        (call().audience("another-api"), ErrorKind::WrongAudience),
        (call().check(|_| Err("no".into())), ErrorKind::CheckFailed),
        (call().only_type("JWT"), ErrorKind::TypeNotAllowed),
        (call().required_claim("scope"), ErrorKind::MissingClaim),
        (call().at(at(2000)), ErrorKind::Expired),
        (call().at(at(999)), ErrorKind::NotYetValid),
    ];
    for (call, kind) in expected {
        assert_eq!(refused(&call, PAYLOAD), Some(kind));
    }
    let fitting = call()
        .algorithms([Algorithm::EdDSA])
        .audience("another-api")
        .audience("my-api")
        .only_type("at+jwt")
        .required_claim("nbf")
        .check(|token| {
            let fits = token.kid() == Some("a")
                && token.issuer() == ISSUER
                && token.typ() == Some("at+jwt")
                && token.algorithm() == Algorithm::EdDSA
                && token.claim::<u64>("exp") == Some(2000)
                && token.claim::<u64>("aud").is_none()
                && token.claim::<String>("missing").is_none();
            fits.then_some(()).ok_or_else(|| "it does not see the token".into())
        });
    assert_eq!(refused(&fitting, PAYLOAD), None);
}

#[test]
fn a_call_does_not_widen_what_is_configured() {
    let strict = issuer(ISSUER).algorithms([Algorithm::ES256]).types(["JWT"]);
    let (verifier, _drivers) = serving([strict]);
    let call = verifier.call().algorithms([Algorithm::EdDSA]);
    assert_eq!(refused(&call, PAYLOAD), Some(ErrorKind::AlgorithmNotAllowed));
    let (verifier, _drivers) = serving([issuer(ISSUER).types(["JWT"])]);
    let call = verifier.call().only_type("at+jwt");
    assert_eq!(refused(&call, PAYLOAD), Some(ErrorKind::TypeNotAllowed));
}

#[test]
fn a_check_of_the_issuer_runs_last_and_says_why() {
    let with_check = issuer(ISSUER).check(|token| match token.claim::<String>("tenant") {
        Some(tenant) if tenant == "ours" => Ok(()),
        _ => Err("another tenant".into()),
    });
    let (verifier, _drivers) = serving([with_check]);
    let ours = PAYLOAD.replace("\"nbf\"", "\"tenant\":\"ours\",\"nbf\"");
    assert_eq!(refused(&verifier.call(), &ours), None);
    let error = verifier.try_verify::<Value>(&token(PAYLOAD)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CheckFailed);
    assert!(error.is_caller_fault());
    assert!(error.to_string().ends_with(": another tenant"), "{error}");
    // An expired token is expired, whatever the check would say.
    let expired = PAYLOAD.replace("2000", "1400");
    assert_eq!(refused(&verifier.call(), &expired), Some(ErrorKind::Expired));
}

#[test]
fn the_issuer_of_the_token_chooses_among_those_configured() {
    let (verifier, _drivers) = serving([issuer(ISSUER), issuer("https://other.example.com")]);
    let other = PAYLOAD.replace("id.example.com", "other.example.com");
    for (payload, issuer) in [(PAYLOAD, ISSUER), (&other, "https://other.example.com")] {
        assert_eq!(verifier.try_verify::<Value>(&token(payload)).unwrap().issuer(), issuer);
    }
    let third = PAYLOAD.replace("id.example.com", "third.example.com");
    assert_eq!(refused(&verifier.call(), &third), Some(ErrorKind::WrongIssuer));
    let twice = Verifier::builder().issuer(issuer(ISSUER)).issuer(issuer(ISSUER));
    assert!(twice.assemble(Env::new(|| at(0))).is_err());
}

#[test]
fn a_call_that_names_an_unknown_issuer_is_told_which_are_configured() {
    const THIRD: &str = "https://third.example.com";
    let third = token(&PAYLOAD.replace(ISSUER, THIRD));
    let told = |verifier: &Verifier, token: &str| {
        let error = verifier.call().issuer(THIRD).try_verify::<Value>(token).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WrongIssuer);
        error.to_string()
    };
    let (one, _drivers) = serving([issuer(ISSUER)]);
    assert_eq!(told(&one, &third), Error::wrong_issuer(ISSUER, THIRD).to_string());
    assert_eq!(told(&one, &token(PAYLOAD)), Error::wrong_issuer(THIRD, ISSUER).to_string());
    let (two, _drivers) = serving([issuer(ISSUER), issuer("https://other.example.com")]);
    assert_eq!(told(&two, &third), Error::no_such_issuer(2).to_string());
}

#[test]
fn keys_are_fetched_for_a_token_that_none_fits_and_not_for_one_that_too_many_fit() {
    let asks = |jwks: &[String], header: &str, kind| {
        let (verifier, mut drivers): (_, Vec<Driver>) =
            built(Verifier::builder().wall_clock(|| at(1500)).issuer(issuer(ISSUER)));
        let driver = &mut drivers[0];
        let Action::Fetch(fetch) = driver.poll(Time::ZERO) else { panic!("a load") };
        fetch.reply.send(Ok(Response::new(set_json(jwks))));
        driver.poll(Time::ZERO);
        let token = ED25519.token(Algorithm::EdDSA, header, PAYLOAD);
        let error = verifier.try_verify::<Value>(&token).unwrap_err();
        assert_eq!(error.kind(), kind);
        matches!(driver.poll(Time::ZERO), Action::Fetch(_))
    };
    let (p256, other) = (P256.jwk(r#""kid":"a""#), Signer::new(Algorithm::EdDSA));
    assert!(asks(&[p256], HEADER, ErrorKind::NoUsableKey));
    let two = [ED25519.jwk(r#""kid":"a""#), other.jwk(r#""kid":"b""#)];
    assert!(!asks(&two, r#"{"alg":"EdDSA"}"#, ErrorKind::MissingKid));
}

#[test]
fn who_never_waits_gets_an_answer_at_once() {
    let (verifier, mut drivers): (_, Vec<_>) =
        built(Verifier::builder().wall_clock(|| at(1500)).issuer(issuer(ISSUER)));
    let token = token(PAYLOAD);
    let call = verifier.call().wait_at_most(Duration::ZERO);
    let error = call.verify_blocking::<Value>(&token).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.is_retryable());
    drivers.iter_mut().for_each(load);
    assert!(call.verify_blocking::<Value>(&token).is_ok());
    assert!(verifier.verify_blocking::<Value>(&token).is_ok());
    assert!(verifier.try_verify_at::<Value>(&token, at(2000)).is_err());
}

#[test]
fn a_call_with_the_held_keys_alone_asks_for_what_any_other_asks_for() {
    let (verifier, mut drivers): (_, Vec<_>) =
        built(Verifier::builder().wall_clock(|| at(1500)).issuer(issuer(ISSUER)));
    let token = token(PAYLOAD);
    let held = |call: Call| match call.verify_held::<Value>(&token) {
        Ok(answer) => Ok(answer.map(|verified| verified.issuer().to_owned())),
        Err(error) => Err(error.kind()),
    };
    assert_eq!(held(verifier.call()), Ok(None));
    drivers.iter_mut().for_each(load);
    assert_eq!(held(verifier.call().audience("my-api")), Ok(Some(ISSUER.to_owned())));
    assert_eq!(held(verifier.call().audience("another-api")), Err(ErrorKind::WrongAudience));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a thread is what blocks")]
fn a_thread_blocks_until_keys_come() {
    let (verifier, mut drivers): (_, Vec<_>) =
        built(Verifier::builder().wall_clock(|| at(1500)).issuer(issuer(ISSUER)));
    let blocked = verifier.clone();
    let waiting = std::thread::spawn(move || blocked.verify_blocking::<Value>(&token(PAYLOAD)));
    let mut driver = drivers.remove(0);
    let Action::Fetch(fetch) = driver.poll(Time::ZERO) else { panic!("the load starts at once") };
    while verifier.status()[0].waiting == 0 {
        std::thread::yield_now();
        driver.poll(Time::ZERO);
    }
    fetch.reply.send(Ok(Response::new(set_json(&[ED25519.jwk(r#""kid":"a""#)]))));
    driver.poll(Time::ZERO);
    assert!(waiting.join().unwrap().is_ok());
}

/// What a token says of itself must not come back in an error: the claims are personal, and the
/// token is a key to the house.
#[test]
fn no_error_shows_the_token_or_its_claims() {
    const SECRET: &str = "s3cr3t-cl41m";
    let check = |token: &crate::verify::Checked<'_>| {
        token.claim::<bool>("refuse").map_or(Ok(()), |_| Err("refused".into()))
    };
    let (verifier, drivers) = serving([issuer(ISSUER).required_claim("sub").check(check)]);
    let good = PAYLOAD.replace("\"nbf\"", &format!("\"sub\":\"{SECRET}\",\"nbf\""));
    let change = |from: &str, to: &str| token(&good.replace(from, to));
    let head = |header: &str| ED25519.token(Algorithm::EdDSA, header, &good);
    let forged = {
        let mut token = P256.token(Algorithm::ES256, HEADER, &good);
        token.truncate(token.len() - 1);
        token
    };
    let tokens = [
        head(r#"{"alg":"none","kid":"a"}"#),
        head(r#"{"alg":"EdDSA","kid":"a","crit":["b64"],"b64":false}"#),
        change("2000", "1400"),
        P256.token(Algorithm::ES256, HEADER, &good),
        forged,
        change("\"sub\"", "\"sus\""),
        head(r#"{"alg":"EdDSA"}"#),
        head(r#"{"alg":"RS256","kid":"a"}"#),
        change("1000", "1600"),
        head(r#"{"alg":"EdDSA","kid":"a","typ":"logout+jwt"}"#),
        head(r#"{"alg":"EdDSA","kid":"unknown"}"#),
        change("my-api", SECRET),
        change(ISSUER, SECRET),
        change("\"nbf\"", "\"refuse\":true,\"nbf\""),
        change("\"my-api\"", &format!("\"my-api\",\"x\":\"{SECRET}\",\"x\":1")),
    ];
    let mut kinds = std::collections::HashSet::new();
    let mut examine = |token: &str, error: Error| {
        kinds.insert(error.kind());
        let parts: Vec<_> = token.split('.').collect();
        let mut shown = format!("{error} {error:?} {error:#?}");
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            shown.push_str(&format!("{cause} {cause:?}"));
            source = cause.source();
        }
        for secret in [token, SECRET, parts[1], parts.last().unwrap()] {
            assert!(secret.is_empty() || !shown.contains(secret), "{shown}");
        }
    };
    for token in &tokens {
        match verifier.try_verify::<Value>(token) {
            Err(error) => examine(token, error),
            // No kid, and one key fits: that is the default.
            Ok(verified) => assert_eq!(verified.kid(), None),
        }
    }
    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Shape {
        sub: u64,
    }
    let good = token(&good);
    examine(&good, verifier.try_verify::<Shape>(&good).unwrap_err());
    let cache = verifier.caches().next().unwrap();
    cache.deny_kid("a").unwrap();
    examine(&good, verifier.try_verify::<Value>(&good).unwrap_err());
    cache.allow_kid("a");
    let nonce = token(
        &PAYLOAD.replace("\"nbf\"", &format!("\"sub\":\"a\",\"nonce\":\"{SECRET}\",\"nbf\"")),
    );
    let call = verifier.call().nonce(format!("{SECRET}2"));
    examine(&nonce, call.try_verify::<Value>(&nonce).unwrap_err());
    drop(drivers);
    verifier.caches().for_each(|cache| cache.invalidate());
    examine(&good, verifier.try_verify::<Value>(&good).unwrap_err());
    let (cold, _drivers): (_, Vec<_>) =
        built(Verifier::builder().wall_clock(|| at(1500)).issuer(issuer(ISSUER)));
    examine(&good, cold.try_verify::<Value>(&good).unwrap_err());
    let strict = crate::refresh::Policy::builder().kidless(crate::refresh::Kidless::Reject);
    let (verifier, _drivers) = serving([issuer(ISSUER).policy(strict.build().unwrap())]);
    let kidless = head(r#"{"alg":"EdDSA"}"#);
    examine(&kidless, verifier.try_verify::<Value>(&kidless).unwrap_err());
    // Every kind there is: see the table of `ErrorKind`.
    assert_eq!(kinds.len(), ErrorKind::ALL.len(), "{kinds:?}");
}

proptest! {
    #![proptest_config(crate::proof::draws(256))]

    /// No text given as a token panics the verifier, or passes.
    #[test]
    fn any_text_is_refused(text in "\\PC*\\.?\\PC*\\.?\\PC*") {
        let (verifier, _drivers) = serving([issuer(ISSUER)]);
        prop_assert!(verifier.try_verify::<Value>(&text).is_err());
    }
}

//! One test per check in which only that check fails.

use super::*;
use crate::cache::{self, FetchError};
use crate::keys::testing::{ED25519, P256, RSA, Signer, set};

fn claims(payload: &str, expectations: &Expectations, now: u64) -> Result<(), ErrorKind> {
    let keys = set(&[ED25519.jwk(r#""kid":"a""#)]);
    let token = ED25519.token(Algorithm::EdDSA, &header(Algorithm::EdDSA, "a"), payload);
    verify(&keys, &token, expectations, WithoutKid::Reject, now)
        .map(drop)
        .map_err(|error| error.kind())
}

#[test]
fn every_algorithm_passes() {
    for algorithm in Algorithm::ALL {
        let made;
        let signer = match algorithm.name().get(..2) {
            Some("RS" | "PS") => &*RSA,
            _ => {
                made = Signer::new(*algorithm);
                &made
            }
        };
        let keys = set(&[signer.jwk(r#""kid":"a","use":"sig""#)]);
        let token = signer.token(*algorithm, &header(*algorithm, "a"), PAYLOAD);
        let verified = verify(&keys, &token, &expected(), WithoutKid::Reject, 1500).unwrap();
        assert_eq!(verified.algorithm(), *algorithm);
        assert_eq!((verified.kid(), verified.typ()), (Some("a"), Some("JWT")));
        assert_eq!(verified.claims()["aud"], "my-api");
        let others = Algorithm::ALL.iter().copied().filter(|other| other != algorithm);
        let others = expected().with_algorithms(others).unwrap();
        let error = verify(&keys, &token, &others, WithoutKid::Reject, 1500).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlgorithmNotAllowed);
    }
    let named = r#"{"alg":"Ed25519","kid":"a"}"#;
    let token = ED25519.token(Algorithm::EdDSA, named, PAYLOAD);
    assert_eq!(kind(&set(&[ED25519.jwk(r#""kid":"a""#)]), &token), Ok(()));
}

#[test]
fn times_are_half_open_and_leeway_widens_them() {
    let plain = expected();
    assert_eq!(claims(PAYLOAD, &plain, 1999), Ok(()));
    assert_eq!(claims(PAYLOAD, &plain, 2000), Err(ErrorKind::Expired));
    assert_eq!(claims(PAYLOAD, &plain, 1000), Ok(()));
    assert_eq!(claims(PAYLOAD, &plain, 999), Err(ErrorKind::NotYetValid));
    let lenient = expected().with_leeway(Duration::from_secs(60)).unwrap();
    assert_eq!(claims(PAYLOAD, &lenient, 2059), Ok(()));
    assert_eq!(claims(PAYLOAD, &lenient, 2060), Err(ErrorKind::Expired));
    assert_eq!(claims(PAYLOAD, &lenient, 940), Ok(()));
    assert_eq!(claims(PAYLOAD, &lenient, 939), Err(ErrorKind::NotYetValid));
}

#[test]
fn dates_of_any_size_and_kind() {
    let with = |exp: &str| PAYLOAD.replace("2000", exp);
    for exp in ["1500.001", "2e3", "9223372036854775807", "18446744073709551616", "1e300"] {
        assert_eq!(claims(&with(exp), &expected(), 1500), Ok(()), "{exp}");
    }
    for exp in ["1500", "1499.999", "0", "-1", "-1e300", "-9223372036854775808"] {
        assert_eq!(claims(&with(exp), &expected(), 1500), Err(ErrorKind::Expired), "{exp}");
    }
    for exp in ["\"2000\"", "null", "[]", "1e999", "true"] {
        assert_eq!(claims(&with(exp), &expected(), 1500), Err(ErrorKind::Malformed), "{exp}");
    }
}

#[test]
fn what_is_needed_must_be_there() {
    for name in ["iss", "exp", "aud"] {
        let payload = PAYLOAD.replace(&format!("\"{name}\""), "\"own\"");
        assert_eq!(claims(&payload, &expected(), 1500), Err(ErrorKind::MissingClaim), "{name}");
    }
    assert_eq!(claims(&PAYLOAD.replace("\"nbf\"", "\"own\""), &expected(), 1500), Ok(()));
    let required = expected().with_required(["sub", "nbf"]);
    assert_eq!(claims(PAYLOAD, &required, 1500), Err(ErrorKind::MissingClaim));
    let with = |sub| PAYLOAD.replace("{", &format!("{{\"sub\":{sub},"));
    assert_eq!(claims(&with("\"joe\""), &required, 1500), Ok(()));
    let own = expected().with_required(["own"]);
    let null = PAYLOAD.replace("{", "{\"own\":null,");
    assert_eq!(claims(&null, &own, 1500), Err(ErrorKind::MissingClaim));
}

#[test]
fn issuer_and_audience_are_ours() {
    for other in ["https://id.example.com/", "https://ID.example.com", ""] {
        let payload = PAYLOAD.replace(ISSUER, other);
        assert_eq!(claims(&payload, &expected(), 1500), Err(ErrorKind::WrongIssuer), "{other}");
    }
    let with = |aud| PAYLOAD.replace("\"my-api\"", aud);
    for aud in [r#"["x","my-api"]"#, r#""my-\u0061pi""#] {
        assert_eq!(claims(&with(aud), &expected(), 1500), Ok(()), "{aud}");
    }
    for aud in ["\"my-api2\"", "\"MY-API\"", "[]", "[\"x\"]", "\"\""] {
        let result = claims(&with(aud), &expected(), 1500);
        assert_eq!(result, Err(ErrorKind::WrongAudience), "{aud}");
    }
    let two = AudienceRule::OneOf(vec!["one".into(), "my-api".into()]);
    assert_eq!(claims(PAYLOAD, &Expectations::new(ISSUER, two).unwrap(), 1500), Ok(()));
    let any = Expectations::new(ISSUER, AudienceRule::Any).unwrap();
    assert_eq!(claims(&with("[]"), &any, 1500), Ok(()));
    assert_eq!(claims(&PAYLOAD.replace("\"aud\"", "\"own\""), &any, 1500), Ok(()));
}

#[test]
fn the_signature_comes_before_the_claims() {
    let keys = set(&[ED25519.jwk(r#""kid":"a""#)]);
    let other = Signer::new(Algorithm::EdDSA);
    for payload in ["no json", "{}", &PAYLOAD.replace("2000", "1")] {
        let token = other.token(Algorithm::EdDSA, &header(Algorithm::EdDSA, "a"), payload);
        assert_eq!(kind(&keys, &token), Err(ErrorKind::InvalidSignature), "{payload}");
    }
}

#[test]
fn an_unknown_kid_is_a_miss_unless_the_token_is_doomed() {
    let keys = set(&[ED25519.jwk(r#""kid":"a""#)]);
    for (payload, expected) in [
        (PAYLOAD, ErrorKind::UnknownKid),
        (&PAYLOAD.replace("2000", "1"), ErrorKind::Expired),
        (&PAYLOAD.replace("1000", "1501"), ErrorKind::NotYetValid),
        (&PAYLOAD.replace(ISSUER, "x"), ErrorKind::WrongIssuer),
        ("no json", ErrorKind::Malformed),
    ] {
        let token = ED25519.token(Algorithm::EdDSA, &header(Algorithm::EdDSA, "b"), payload);
        assert_eq!(kind(&keys, &token), Err(expected), "{payload}");
    }
}

#[test]
fn a_token_without_kid_follows_the_rule() {
    let head = r#"{"alg":"ES256"}"#;
    let token = P256.token(Algorithm::ES256, head, PAYLOAD);
    let other = Signer::new(Algorithm::ES256);
    let (rsa, p256, other) = (RSA.jwk(""), P256.jwk(r#""kid":"a""#), other.jwk(r#""kid":"b""#));
    let kind = |keys: &[&String], rule| {
        let keys = set(&keys.iter().map(|key| (*key).clone()).collect::<Vec<_>>());
        verify(&keys, &token, &expected(), rule, 1500).map(drop).map_err(|error| error.kind())
    };
    let all = |n: usize| WithoutKid::TryAll(n.try_into().unwrap());
    let unique = WithoutKid::OnlyIfUnique;
    assert_eq!(kind(&[&rsa, &p256], WithoutKid::Reject), Err(ErrorKind::MissingKid));
    assert_eq!(kind(&[&rsa, &p256], unique), Ok(()));
    assert_eq!(kind(&[&p256, &other], unique), Err(ErrorKind::MissingKid));
    assert_eq!(kind(&[&rsa], unique), Err(ErrorKind::NoUsableKey));
    assert_eq!(kind(&[&rsa], all(9)), Err(ErrorKind::NoUsableKey));
    assert_eq!(kind(&[&other], unique), Err(ErrorKind::InvalidSignature));
    // By `kid`, "a" stands before "b", so the first to fit is the right one.
    assert_eq!(kind(&[&rsa, &other, &p256], all(1)), Ok(()));
    let first = other.replace("\"b\"", "\"A\"");
    assert_eq!(kind(&[&rsa, &first, &p256], all(1)), Err(ErrorKind::InvalidSignature));
    assert_eq!(kind(&[&rsa, &first, &p256], all(2)), Ok(()));
}

#[test]
fn errors_answer_by_their_predicates_and_show_no_values() {
    let fetch = || FetchError::connect("refused");
    let later = Some(at(7));
    let unavailable = Error::unavailable(ISSUER, cache::Error::without_keys(later, Some(fetch())));
    assert!(unavailable.is_retryable() && !unavailable.is_caller_fault());
    assert_eq!((unavailable.kind(), unavailable.retry_at()), (ErrorKind::Unavailable, later));
    assert_eq!(std::error::Error::source(&unavailable).unwrap().to_string(), "refused");
    let unknown = || Error::unknown_kid(ISSUER, "k\n");
    assert!(unknown().is_caller_fault() && !unknown().is_retryable());
    assert_eq!(unknown().to_string(), r"the key set of `https://id.example.com` has no key `k\n`");
    let failed = unknown().failed(later, fetch());
    assert!(failed.is_retryable() && !failed.is_caller_fault() && !failed.is_undecided());
    assert_eq!(std::error::Error::source(&failed).unwrap().to_string(), "refused");
    let undecided = unknown().undecided(later);
    assert!(undecided.is_retryable() && undecided.is_caller_fault() && undecided.is_undecided());
    assert!(std::error::Error::source(&undecided).is_none());
    let bad = Error::invalid_signature();
    assert!(bad.is_caller_fault() && !bad.is_retryable() && !bad.is_undecided());
    let bad = [bad.clone().undecided(later), bad.failed(later, fetch())];
    assert!(bad.iter().all(|bad| bad.is_caller_fault() && bad.is_retryable()));
    for error in [&failed, &undecided, &bad[0], &bad[1]] {
        assert_eq!(error.retry_at(), later);
    }

    let keys = set(&[ED25519.jwk(r#""kid":"a""#)]);
    let secret = r#"{"iss":"s3cret","aud":["s3cret"],"exp":86753099,"sub":"s3cret"}"#;
    for (issuer, now) in [("x", 1), ("s3cret", 1), ("s3cret", 86_753_099)] {
        let expectations =
            Expectations::new(issuer, AudienceRule::OneOf(vec!["y".into()])).unwrap();
        let token = ED25519.token(Algorithm::EdDSA, &header(Algorithm::EdDSA, "a"), secret);
        let error = verify(&keys, &token, &expectations, WithoutKid::Reject, now).unwrap_err();
        assert!(error.is_caller_fault() && error.retry_at().is_none());
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("s3cret") && !shown.contains("86753099"), "{shown}");
    }
}

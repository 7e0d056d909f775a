//! What each error answers.

use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::keys::{Algorithm, KeyLimits, KeySet, Skipped};
use crate::verify::InvalidToken;
use crate::verify::claims::Audience;

const ISSUER: &str = "https://id.example.com";
const SECRET: &str = "s3cr3t";

/// Each kind in each degree of certainty, with its status and whether it is worth another try. A
/// kind without a decision does not compile.
fn decisions(kind: ErrorKind) -> Vec<(Error, u16, bool)> {
    let retry_at = Some(UNIX_EPOCH + Duration::from_secs(100));
    let failure = || FetchError::refused_status(StatusCode::SERVICE_UNAVAILABLE);
    let ours = ["my-api".into()];
    let open = |error: Error, failed: u16| {
        vec![
            (error.clone(), 401, false),
            (error.clone().undecided(retry_at), 401, true),
            (error.failed(retry_at, failure()), failed, true),
        ]
    };
    let refused = |error| vec![(error, 401, false)];
    match kind {
        ErrorKind::AlgorithmNotAllowed => {
            let among = Error::algorithm_not_among(Algorithm::ES256, &[Algorithm::RS256]);
            [refused(Error::algorithm_not_allowed("none")), refused(among)].concat()
        }
        ErrorKind::CheckFailed => vec![
            (Error::check_failed("no".into()), 403, false),
            (Error::check_failed(InvalidToken::new("revoked").into()), 401, false),
        ],
        ErrorKind::ClaimsShape => refused(Error::claims_shape("T", Some("groups"))),
        ErrorKind::CriticalHeader => refused(Error::critical_header("crit")),
        ErrorKind::DeniedKid => refused(Error::denied_kid("k")),
        ErrorKind::Expired => {
            let hour = Duration::from_secs(3600);
            [refused(Error::expired(Duration::ZERO)), refused(Error::too_old(hour, hour))].concat()
        }
        ErrorKind::InvalidSignature => open(Error::invalid_signature(), 401),
        ErrorKind::Malformed => refused(Error::malformed("not three parts")),
        ErrorKind::MissingClaim => {
            [refused(Error::missing_claim("sub")), refused(Error::endless())].concat()
        }
        ErrorKind::MissingKid => refused(Error::missing_kid("one is required")),
        ErrorKind::NoUsableKey => {
            let skipped = Error::skipped_key("s", &skipped());
            [open(Error::no_usable_key(Some("k"), "ES256"), 401), open(skipped, 503)].concat()
        }
        ErrorKind::NotYetValid => {
            let minute = Duration::from_secs(60);
            let by_age = refused(Error::issued_in_future(minute));
            [refused(Error::not_yet_valid(minute)), by_age].concat()
        }
        ErrorKind::Stopped => {
            let stopped = Error::stopped(ISSUER, cache::Error::stopped(false));
            let unresolved = unresolved(None).filter(|error| error.kind() == kind);
            [stopped].into_iter().chain(unresolved).map(|error| (error, 503, false)).collect()
        }
        ErrorKind::TypeNotAllowed => {
            [refused(Error::type_not_allowed("x")), refused(Error::type_missing())].concat()
        }
        ErrorKind::Unavailable => [
            unavailable(retry_at, Some(failure())),
            unavailable(None, None),
            Error::unavailable(ISSUER, cache::Error::crowded(retry_at)),
            Error::unavailable(ISSUER, cache::Error::never_run()),
        ]
        .into_iter()
        .chain(unresolved(retry_at).filter(|error| error.kind() == kind))
        .map(|error| (error, 503, true))
        .collect(),
        ErrorKind::UnknownKid => open(Error::unknown_kid(ISSUER, "k"), 503),
        ErrorKind::WrongAudience => {
            refused(Error::wrong_audience(&ours, &Audience::One(SECRET.into())))
        }
        ErrorKind::WrongClaim => {
            let why = "".parse::<crate::verify::SpiffeId>().unwrap_err();
            [refused(Error::wrong_claim("nonce")), refused(Error::no_spiffe_id(why))].concat()
        }
        ErrorKind::WrongIssuer => {
            let one = Error::wrong_issuer(ISSUER, SECRET);
            let tenant = Error::tenant_refused(ISSUER);
            let all = [one, Error::no_such_issuer(2), tenant, Error::other_tenant()];
            all.into_iter().flat_map(refused).collect()
        }
    }
}

/// Every error there is.
pub(crate) fn all_errors() -> Vec<Error> {
    let errors = ErrorKind::ALL.iter().flat_map(|&kind| decisions(kind));
    errors.map(|(error, ..)| error).collect()
}

fn unresolved(retry_at: Option<SystemTime>) -> impl Iterator<Item = Error> {
    Unresolved::all(retry_at).into_iter().map(Error::unresolved)
}

fn unavailable(retry_at: Option<SystemTime>, failure: Option<FetchError>) -> Error {
    Error::unavailable(ISSUER, cache::Error::without_keys(retry_at, failure))
}

fn skipped() -> Skipped {
    let set = br#"{"keys":[{"kty":"AKP","kid":"s"},{"kty":"OKP","crv":"Ed25519",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    KeySet::parse(set, &KeyLimits::default()).unwrap().skipped()[0].clone()
}

#[test]
fn every_kind_has_its_answer() {
    // The discriminants count up, so that none of them is left out.
    let numbers: Vec<_> = ErrorKind::ALL.iter().map(|kind| *kind as usize).collect();
    assert_eq!(numbers, (0..ErrorKind::ALL.len()).collect::<Vec<_>>());
    for &kind in ErrorKind::ALL {
        for (error, status, retryable) in decisions(kind) {
            assert_eq!(error.kind(), kind);
            assert_eq!(error.status_code().as_u16(), status, "{error:?}");
            assert_eq!(error.is_caller_fault(), status != 503, "{error:?}");
            assert_eq!(error.is_retryable(), retryable, "{error:?}");
            assert_eq!(error.is_undecided(), retryable && status == 401, "{error:?}");
            assert!(retryable || error.retry_after(UNIX_EPOCH).is_none(), "{error:?}");
        }
    }
}

/// The table in the documentation has just these rows.
#[test]
fn the_table_is_what_the_code_says() {
    let word = |yes| if yes { "yes" } else { "no" };
    let mut expected: Vec<_> = ErrorKind::ALL
        .iter()
        .flat_map(|&kind| decisions(kind))
        .map(|(error, status, retryable)| {
            let fault = word(error.is_caller_fault());
            format!("`{:?}` | {fault} | {} | {status}", error.kind(), word(retryable))
        })
        .collect();
    let table = include_str!("../errors.md").lines().filter(|line| line.starts_with("| "));
    let mut rows: Vec<_> = table
        .skip(1)
        .map(|line| {
            let (_, row) = line.trim_matches('|').split_once(" | ").unwrap();
            row.trim().split(',').next().unwrap().to_owned()
        })
        .collect();
    expected.sort();
    expected.dedup();
    rows.sort();
    rows.dedup();
    assert_eq!(rows, expected);
}

#[test]
fn retry_after_is_whole_seconds_rounded_up_and_at_least_one() {
    let error = |retry_at| unavailable(retry_at, None);
    let at = |ms| UNIX_EPOCH + Duration::from_millis(ms);
    for (now, seconds) in
        [(0, 10), (1, 10), (999, 10), (1000, 9), (9000, 1), (9999, 1), (10_000, 1), (99_000, 1)]
    {
        assert_eq!(error(Some(at(10_000))).retry_after(at(now)), Some(seconds), "{now} ms");
    }
    assert_eq!(error(None).retry_after(at(0)), None);
}

/// What a `main` that returns the error prints.
#[test]
fn the_debug_form_is_the_text_with_its_sources() {
    let failure = FetchError::connect(std::io::Error::other("refused\nby all"));
    let error = unavailable(None, Some(failure));
    let text = "tokens of `https://id.example.com` cannot be verified: no keys are available from \
        https://id.example.com/keys?…: no connection to the key server";
    assert_eq!(error.to_string(), text);
    assert_eq!(format!("{error:?}"), format!(r"{text}: refused\nby all"));
    let expired = Error::expired(Duration::from_secs(60));
    let text = "the token has expired, by its `exp` and a leeway of 1m";
    assert_eq!(format!("{expired:?}"), text);
    assert!(format!("{error:#?}").starts_with("Error("));
}

#[test]
fn the_audience_of_the_token_is_for_those_who_ask() {
    let ours = ["a", "b", "c", "d", "e", "f"].map(Into::into);
    let theirs = Audience::Many(vec![SECRET.into(), "other".into()]);
    let error = Error::wrong_audience(&ours, &theirs);
    let text =
        "the token is for another audience: expected is `a`, `b`, `c`, `d` or one of 2 others";
    assert_eq!(error.to_string(), text);
    assert_eq!(error.token_audience().collect::<Vec<_>>(), [SECRET, "other"]);
    assert!(!format!("{error:?} {error:#?}").contains(SECRET));
    assert_eq!(Error::no_such_issuer(2).token_audience().count(), 0);
}

#[test]
fn a_slash_at_the_end_of_the_issuer_is_told() {
    let slash = "https://id.example.com/";
    for (ours, theirs, told) in
        [(ISSUER, slash, true), (slash, ISSUER, true), (ISSUER, SECRET, false), (ISSUER, "", false)]
    {
        let error = Error::wrong_issuer(ours, theirs);
        assert_eq!(error.to_string().contains("slash"), told, "{error}");
        assert!(error.to_string().contains(ours) && !format!("{error:#?}").contains(SECRET));
    }
}

#[test]
fn the_reason_of_a_check_is_told_and_its_error_kept() {
    let error = Error::check_failed(Box::new(fmt::Error));
    let text = format!("a check of this service refused the token: {}", fmt::Error);
    assert_eq!(error.to_string(), text);
    assert!(error.check_error().unwrap().is::<fmt::Error>() && error.source().is_none());
    let invalid = Error::check_failed(InvalidToken::new(fmt::Error).into());
    assert!(invalid.check_error().unwrap().is::<fmt::Error>());
    assert_eq!(invalid.to_string(), text);
}

#[test]
fn the_failure_of_the_fetch_is_told_and_kept() {
    let failure = || FetchError::connect(std::io::Error::other("refused"));
    for error in [
        unavailable(None, Some(failure())),
        Error::unknown_kid(ISSUER, "k").failed(None, failure()),
        Error::invalid_signature().failed(None, failure()),
    ] {
        assert!(error.last_failure().unwrap().is_connect());
        assert!(error.to_string().ends_with(": no connection to the key server"), "{error}");
        assert_eq!(error.source().unwrap().to_string(), "refused");
    }
}

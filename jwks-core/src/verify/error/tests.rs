//! What each error answers.

use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::keys::{KeyLimits, KeySet, Skipped};
use crate::verify::InvalidToken;

/// Each kind in each degree of certainty, with its status and whether it is worth another try. A
/// kind without a decision does not compile.
fn decisions(kind: ErrorKind) -> Vec<(Error, u16, bool)> {
    let retry_at = Some(UNIX_EPOCH + Duration::from_secs(100));
    let failure = || Source::from("status 503");
    let open = |error: Error, failed: u16| {
        vec![
            (error.clone(), 401, false),
            (error.clone().undecided(retry_at), 401, true),
            (error.failed(retry_at, failure()), failed, true),
        ]
    };
    let refused = |error| vec![(error, 401, false)];
    match kind {
        ErrorKind::AlgorithmNotAllowed => refused(Error::algorithm_not_allowed("none")),
        ErrorKind::CheckFailed => vec![
            (Error::check_failed("no".into()), 403, false),
            (Error::check_failed(InvalidToken::new("revoked").into()), 401, false),
        ],
        ErrorKind::ClaimsShape => refused(Error::claims_shape("T")),
        ErrorKind::CriticalHeader => refused(Error::critical_header("crit")),
        ErrorKind::DeniedKid => refused(Error::denied_kid("k")),
        ErrorKind::Expired => refused(Error::expired()),
        ErrorKind::InvalidSignature => open(Error::invalid_signature(), 401),
        ErrorKind::Malformed => refused(Error::malformed("not three parts")),
        ErrorKind::MissingClaim => refused(Error::missing_claim("sub")),
        ErrorKind::MissingKid => refused(Error::missing_kid("one is required")),
        ErrorKind::NoUsableKey => {
            let skipped = Error::skipped_key("s", &skipped());
            [open(Error::no_usable_key(Some("k"), "ES256"), 401), open(skipped, 503)].concat()
        }
        ErrorKind::NotYetValid => refused(Error::not_yet_valid()),
        ErrorKind::Stopped => vec![(Error::stopped("stopped".into()), 503, false)],
        ErrorKind::TypeNotAllowed => {
            [refused(Error::type_not_allowed("x")), refused(Error::type_missing())].concat()
        }
        ErrorKind::Unavailable => vec![
            (Error::unavailable(retry_at, Some(failure())), 503, true),
            (Error::unavailable(None, None), 503, true),
        ],
        ErrorKind::UnknownKid => open(Error::unknown_kid("k"), 503),
        ErrorKind::WrongAudience => refused(Error::wrong_audience()),
        ErrorKind::WrongClaim => refused(Error::wrong_claim("nonce")),
        ErrorKind::WrongIssuer => refused(Error::wrong_issuer()),
    }
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
    let error = |retry_at| Error::unavailable(retry_at, None);
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
    let source = Box::new(std::io::Error::other("no network"));
    let error = Error::unavailable(None, Some(source));
    assert_eq!(format!("{error:?}"), "no keys to verify with: no network");
    assert_eq!(format!("{:?}", Error::expired()), "the token has expired");
    assert!(format!("{error:#?}").starts_with("Error("));
}

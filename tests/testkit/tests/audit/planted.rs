//! Each fault is found, where it is.

use bytes::Bytes;
use http::Request;
use jwks_testkit::{Audit, Report, TestIssuer};

use crate::guard::{Fault, Guard, METADATA, SCOPE};

fn audit() -> Audit {
    Audit::get("/orders").scopes([SCOPE]).metadata(METADATA)
}

fn report(audit: &Audit, fault: Option<Fault>, optional: bool) -> Report {
    pollster::block_on(audit.run_in_memory(async |issuer: TestIssuer| {
        let guard = Guard::new(&issuer, fault, optional);
        async move |request: Request<Bytes>| guard.answer(&request)
    }))
}

#[test]
fn a_guard_that_is_right_has_no_deviation() {
    let report = report(&audit(), None, false);
    report.assert_clean();
    // All of it was asked.
    let rows: Vec<_> =
        ["0", "1", "2", "3", "4", "5", "6", "7", "8a", "8b", "9", "11", "14", "19", "22"]
            .into_iter()
            .filter(|row| !report.outcomes().any(|outcome| outcome.row() == *row))
            .collect();
    assert!(rows.is_empty(), "no case of {rows:?} in {report}");
    assert!(report.outcomes().count() > 70, "{report}");
}

#[test]
fn an_optional_guard_that_is_right_has_no_deviation() {
    report(&audit().optional(), None, true).assert_clean();
}

#[test]
fn each_planted_fault_is_found() {
    use Fault::*;
    for (fault, row, case, what) in [
        (AcceptsBound, "14", "cnf jkt", "let in"),
        (AcceptsDpop, "19", "DPoP", "let in"),
        (AcceptsHmac, "6", "HS256 with the public key as PEM", "let in"),
        (AcceptsNone, "6", "alg none, no signature", "let in"),
        (AcceptsQuery, "1", "query", "let in"),
        (AcceptsTwoHeaders, "3", "two headers", "let in"),
        (AnyAudience, "6", "another aud", "let in"),
        (BasicIsInvalid, "2", "Basic", "no token was presented"),
        (CaseOfScheme, "0", "bearer", "refused"),
        (ChallengeOn503, "9", "nobody listens", "throw good tokens away"),
        (Cacheable, "1", "no credential", "no-store"),
        (DescribesReason, "7", "an unknown key", "part of the token"),
        (EchoesToken, "6", "not valid yet", "part of the token"),
        (ErrorWithoutToken, "1", "no credential", "no token was presented"),
        (ExpiryUnnamed, "5", "expired", "has expired"),
        (FetchesForEachKid, "8a", "in a row", "each of them"),
        (InvalidRequestIs401, "3", "no token", "not 400"),
        (MalformedIs500, "4", "one word", "the status is 500"),
        (MissingComma, "6", "no exp", "a comma is missing"),
        (NoChallenge, "1", "no credential", "is missing"),
        (NoErrorCode, "6", "no exp", "invalid_token"),
        (NoMetadata, "11", "no scope at all", "resource_metadata"),
        (NoParameter, "1", "no credential", "a parameter at least"),
        (NoRetryAfter, "8a", "not asked", "Retry-After"),
        (NoRotation, "0", "new key", "refused"),
        (OpenOptions, "22", "no preflight", "let in"),
        (OutageIs401, "9", "answers 500", "an outage"),
        (OutageIs401, "8b", "answers 500", "an outage"),
        (PreflightRefused, "22", "a preflight", "browsers"),
        (RetryAfterDate, "9", "answers 500", "number of seconds"),
        (ScopeAbsentPasses, "11", "no scope at all", "let in"),
        (ScopeIs401, "11", "an empty scope", "not 403"),
        (ScopePrefix, "11", "a scope and more", "let in"),
        (ScopeUnnamed, "11", "no scope at all", "every scope"),
        (TwoChallenges, "1", "no credential", "more than one"),
    ] {
        let report = report(&audit(), Some(fault), false);
        let found = report
            .deviations()
            .any(|it| it.row() == row && it.case().contains(case) && it.what().contains(what));
        assert!(found, "{fault:?} in {report}");
    }
}

#[test]
fn faults_of_optional_guards_are_found() {
    for (fault, row, what) in [
        (Fault::OptionalLetsBadPass, "6", "let in"),
        (Fault::OptionalRefusesNobody, "20", "is refused"),
    ] {
        let report = report(&audit().optional(), Some(fault), true);
        let found = report.deviations().any(|it| it.row() == row && it.what().contains(what));
        assert!(found, "{fault:?} in {report}");
    }
}

#[test]
fn a_stopped_driver_is_told_without_a_promise() {
    let stopped = async |issuer: TestIssuer| {
        let guard = Guard::stopped(&issuer);
        async move |request: Request<Bytes>| guard.answer(&request)
    };
    pollster::block_on(audit().run_stopped(stopped)).assert_clean();
    let served = async |issuer: TestIssuer| {
        let guard = Guard::new(&issuer, None, false);
        async move |request: Request<Bytes>| guard.answer(&request)
    };
    let report = pollster::block_on(audit().run_stopped(served));
    assert!(report.deviations().any(|it| it.what() == "it is let in"), "{report}");
}

#[test]
fn rows_that_are_left_out_are_not_looked_at() {
    let report = report(&audit().skip("8a").skip("9"), Some(Fault::NoRetryAfter), false);
    assert!(!report.outcomes().any(|it| matches!(it.row(), "8a" | "9")), "{report}");
    assert!(report.deviations().all(|it| it.row() == "8b"), "{report}");
}

#[test]
fn checks_and_logins_of_ones_own_are_asked_for() {
    let audit = audit()
        .forbidden("another tenant", |token| token.claim("tenant", 2))
        .step_up("an old login", |token| token.claim("auth_time", 0));
    let report = report(&audit, None, false);
    let rows: Vec<_> = report.deviations().map(|it| (it.row(), it.what())).collect();
    assert_eq!(rows, [("12", "it is let in"), ("13", "it is let in")], "{report}");
}

//! Services with a runtime: the issuer on loopback, and the trap of a verifier in a `static`.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::{sync::LazyLock, time::Duration};

use jwks_testkit::{IssuerServer, TestIssuer};
use jwks_tokio::{ErrorKind, Registered, Starter, Verifier};
use tokio::runtime::{Builder, Runtime};

fn settings(issuer: &TestIssuer) -> jwks_tokio::VerifierBuilder {
    Verifier::builder().issuer(issuer.configured())
}

/// What `#[tokio::test]` makes.
fn runtime_of_a_test() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// The keys are loaded in one test, and a new one is needed in the next.
fn two_tests(start: impl Fn(&TestIssuer) -> Verifier) -> Result<(), ErrorKind> {
    let issuer = IssuerServer::start();
    let first = runtime_of_a_test();
    let verifier = first.block_on(async {
        let verifier = start(&issuer);
        verifier.verify::<Registered>(&issuer.token().sign()).await.unwrap();
        verifier
    });
    drop(first);
    let held = issuer.token().sign();
    issuer.rotate();
    let new = issuer.token().sign();
    runtime_of_a_test().block_on(async {
        verifier.verify::<Registered>(&held).await.expect("a held key serves on");
        let outcome = verifier.verify::<Registered>(&new).await;
        outcome.map(drop).map_err(|error| error.kind())
    })
}

#[test]
fn a_verifier_of_the_first_tests_runtime_finds_no_new_key_in_the_second() {
    let outcome = two_tests(|issuer| jwks_tokio::start(settings(issuer)).unwrap());
    assert!(outcome.is_err());
}

#[test]
fn a_verifier_of_a_runtime_that_no_test_owns_does() {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
    let starter = Starter::new().runtime(RUNTIME.handle().clone());
    assert_eq!(two_tests(|issuer| starter.start(settings(issuer)).unwrap()), Ok(()));
}

#[tokio::test]
async fn keys_are_discovered_and_rotated_and_every_request_is_in_the_log() {
    let issuer = IssuerServer::start();
    let configured = jwks_tokio::Issuer::new(issuer.iss()).discover().allow_loopback_http();
    let builder = Verifier::builder().issuer(configured.audience(jwks_testkit::AUDIENCE));
    let verifier = jwks_tokio::start(builder).unwrap();
    verifier.verify::<Registered>(&issuer.token().sign()).await.unwrap();
    issuer.rotate();
    verifier.verify::<Registered>(&issuer.token().sign()).await.unwrap();
    issuer.go_down();
    verifier.verify::<Registered>(&issuer.token().sign()).await.expect("the key is held");
    let stranger = jwks_testkit::unknown_kid_token(issuer.token().claims());
    let error = verifier.verify_within::<Registered>(&stranger, Duration::from_secs(5)).await;
    assert!(!error.unwrap_err().is_caller_fault(), "an outage is not the caller's fault");
    let paths: Vec<_> = issuer.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, [jwks_testkit::DOCUMENT_PATH, "/keys", "/keys"]);
}

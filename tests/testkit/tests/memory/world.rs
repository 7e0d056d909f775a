//! Rotation, outage, the end of trust, without a socket, a runtime or a pause.

use std::{future::pending, time::Duration};

use jwks_core::{
    refresh::Policy,
    verify::{ErrorKind, Registered, Verifier},
};
use jwks_testkit::{DOCUMENT_PATH, Gate, InMemory, Reply, TestIssuer};

const ISS: &str = "https://id.example.com";
const HOUR: Duration = Duration::from_secs(3600);

fn world() -> (InMemory, TestIssuer, Verifier) {
    let mut world = InMemory::new();
    let issuer = world.issuer(ISS);
    let verifier = world.verifier([issuer.configured()]);
    (world, issuer, verifier)
}

fn refused(verifier: &Verifier, token: &str) -> Option<ErrorKind> {
    verifier.try_verify::<Registered>(token).err().map(|error| error.kind())
}

#[test]
fn keys_are_fetched_ahead_of_time() {
    let (mut world, issuer, verifier) = world();
    assert_eq!(issuer.fetches(), 1);
    assert_eq!(refused(&verifier, &issuer.token().sign()), None);
    world.advance(Duration::from_secs(15 * 60));
    assert_eq!(issuer.fetches(), 1);
    world.advance(Duration::from_secs(5 * 60));
    assert_eq!(issuer.fetches(), 2);
    world.advance(24 * HOUR);
    assert!((70..=92).contains(&issuer.fetches()), "{}", issuer.fetches());
}

#[test]
fn a_rotation_is_found_by_the_first_token() {
    let (mut world, issuer, verifier) = world();
    let old = issuer.token().sign();
    issuer.rotate();
    let new = issuer.token().sign();
    world.block_on(verifier.verify::<Registered>(&new)).unwrap();
    assert_eq!((refused(&verifier, &old), issuer.fetches()), (None, 2));
    issuer.withdraw("key-1");
    world.advance(HOUR);
    let old = issuer.token().kid("key-1").sign();
    assert_eq!(refused(&verifier, &old), Some(ErrorKind::UnknownKid));
    issuer.replace_keys();
    world.advance(HOUR);
    assert_eq!(refused(&verifier, &issuer.token().sign()), None);
    assert_eq!(
        refused(&verifier, &issuer.token().kid("key-2").sign()),
        Some(ErrorKind::UnknownKid)
    );
}

#[test]
fn an_outage_ends_in_the_end_of_trust_and_with_the_issuer() {
    let (mut world, issuer, verifier) = world();
    issuer.go_down();
    let outlives = || issuer.token().sign();
    world.advance(HOUR);
    assert_eq!(refused(&verifier, &outlives()), None);
    world.advance(HOUR);
    let error = verifier.try_verify::<Registered>(&outlives()).unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true));
    issuer.come_up();
    world.block_on(verifier.verify::<Registered>(&outlives())).unwrap();
}

#[test]
fn a_cold_call_waits_for_its_budget_and_no_longer() {
    let mut world = InMemory::new();
    let issuer = world.issuer(ISS);
    issuer.always(Reply::hang());
    let verifier = world.verifier([issuer.configured()]);
    let before = world.clock().now();
    let token = issuer.token().sign();
    let budget = Duration::from_secs(2);
    let error = world.block_on(verifier.verify_within::<Registered>(&token, budget)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(world.clock().now().duration_since(before).unwrap(), budget);
}

#[test]
fn slow_answers_come_in_their_time() {
    let (mut world, issuer, verifier) = world();
    issuer.rotate();
    let token = issuer.token().sign();
    issuer.next(Reply::published().delay(Duration::from_secs(3)));
    let before = world.clock().now();
    world.block_on(verifier.verify::<Registered>(&token)).unwrap();
    assert_eq!(world.clock().now().duration_since(before).unwrap(), Duration::from_secs(3));
    // One that is held comes when the test says so.
    let gate = Gate::new();
    let cache = verifier.caches().next().unwrap();
    issuer.next(Reply::published().held(&gate));
    world.advance(HOUR);
    let confirmed = || cache.status().confirmed_at;
    let before = confirmed();
    issuer.next(Reply::published().held(&gate));
    world.advance(Duration::from_secs(1));
    assert_eq!(confirmed(), before);
    assert!(world.clock().now().duration_since(before.unwrap()).unwrap() < HOUR);
}

#[test]
fn broken_answers_are_told_as_what_they_are() {
    let (mut world, issuer, verifier) = world();
    let cache = verifier.caches().next().unwrap();
    for (reply, told) in [
        (Reply::status(503), "503"),
        (Reply::not_json(), "not JSON"),
        (Reply::oversized(1 << 20), "larger than"),
        (Reply::published().endless(), "larger than"),
        (Reply::published().truncate_after(4), "body"),
        (Reply::raw("x"), "no HTTP"),
        (Reply::close(), "closed"),
    ] {
        issuer.next(reply.clone());
        let error = world.block_on(cache.refresh()).unwrap_err();
        assert!(format!("{error:?}").contains(told), "{reply:?}: {error:?}");
        world.advance(Duration::from_secs(2));
    }
}

#[test]
fn several_issuers_keep_their_keys_apart() {
    let mut world = InMemory::new();
    let one = world.issuer(ISS);
    let two = world.issuer("https://id.example.com/tenant/");
    let discovered = jwks_core::verify::Issuer::new(two.iss()).discover().any_audience();
    let verifier = world.verifier([one.configured(), discovered]);
    assert_eq!(refused(&verifier, &one.token().sign()), None);
    assert_eq!(refused(&verifier, &two.token().sign()), None);
    let crossed = two.token().issuer(one.iss()).sign();
    assert_eq!(refused(&verifier, &crossed), Some(ErrorKind::InvalidSignature));
    assert_eq!((two.fetches_of(DOCUMENT_PATH), two.fetches(), one.fetches()), (1, 1, 1));
}

#[test]
fn drivers_that_are_stopped_leave_what_is_held() {
    let (mut world, issuer, verifier) = world();
    world.stop();
    assert_eq!(refused(&verifier, &issuer.token().sign()), None);
    world.advance(24 * HOUR);
    assert_eq!(refused(&verifier, &issuer.token().sign()), Some(ErrorKind::Stopped));
}

#[test]
fn a_suspended_machine_does_not_trust_old_keys() {
    let mut world = InMemory::new();
    let issuer = world.issuer(ISS);
    let policy = Policy::builder().build().unwrap();
    let verifier = world.verifier([issuer.configured().policy(policy)]);
    world.clock().suspend(48 * HOUR);
    assert_eq!(refused(&verifier, &issuer.token().sign()), Some(ErrorKind::Unavailable));
    world.settle();
    assert_eq!(refused(&verifier, &issuer.token().sign()), None);
}

#[test]
#[should_panic(expected = "a future that waits for this world alone")]
fn a_future_of_another_world_is_told_so() {
    InMemory::new().block_on(pending::<()>());
}

#[test]
fn whatever_a_service_builds_can_be_started() {
    let mut world = InMemory::new();
    let issuer = world.issuer(ISS);
    let source = jwks_core::cache::Source::jwks_uri(issuer.url()).unwrap();
    let cache = world.start(jwks_core::cache::KeyCache::builder(source)).unwrap();
    assert!(cache.status().healthy);
    let nothing = world.start(Verifier::builder()).unwrap_err();
    assert!(nothing.to_string().contains("issuer"), "{nothing}");
}

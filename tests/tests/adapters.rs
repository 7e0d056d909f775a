//! The adapters of `jwks_tests::adapters`, each against the scripted issuer.

use std::error::Error as _;
use std::sync::Arc;
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant, SystemTime};
use std::{iter, sync::Mutex};

use futures_rustls::TlsConnector;
use futures_rustls::rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use jwks_core::cache::ErrorKind as Gone;
use jwks_core::cache::{Driver, Event, FetchError, FetchErrorKind, KeyCache};
use jwks_core::refresh::{Policy, PolicyBuilder};
use jwks_core::verify::{ErrorKind, Issuer, Registered, Verifier};
use jwks_tests::{IssuerServer, Reply, Signer, adapters, claims, jwk_set};
use pollster::block_on;
use ureq::Agent;

/// Each scenario, on each adapter.
macro_rules! scenarios {
    ($($scenario:ident)*) => {
        mod smol { $(#[test] fn $scenario() { super::$scenario(super::on_smol); })* }
        mod thread { $(#[test] fn $scenario() { super::$scenario(super::on_threads); })* }
    };
}

scenarios! {
    a_body_may_be_as_large_as_the_limit
    a_failure_says_where_it_came_from
    a_fetch_that_is_given_up_is_ended
    a_redirect_is_not_followed
    a_status_is_an_answer
    a_timeout_beyond_all_clocks_is_no_panic
    headers_that_repeat_all_count
    keys_are_loaded_and_rotated
    no_failure_shows_the_url
    no_more_is_read_than_the_limit
    the_attempt_ends_at_its_deadline
    with_the_last_handle_driver_and_fetch_end
}

type Start = fn(Vec<Driver>) -> Running;

fn on_smol(drivers: Vec<Driver>) -> Running {
    let provider = aws_lc_rs::default_provider().into();
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of aws-lc-rs")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    Running::Smol(adapters::smol::spawn(drivers, &TlsConnector::from(Arc::new(tls))))
}

fn on_threads(drivers: Vec<Driver>) -> Running {
    // Whatever proxy the environment names, the issuer is on loopback.
    let config = Agent::config_builder().proxy(None).build();
    Running::Threads(adapters::thread::spawn(drivers, &config))
}

fn keys_are_loaded_and_rotated(start: Start) {
    let world = World::new(start, Policy::builder());
    let verify = |key: &Signer| {
        let claims = claims(world.issuer.base(), AUDIENCE, Duration::from_secs(60));
        block_on(world.verifier.verify::<Registered>(&key.sign(&claims)))
    };
    for _ in 0..3 {
        verify(&world.key).expect("a valid token");
    }
    assert_eq!(world.issuer.fetches(), 1);
    let next = Signer::es256("k2");
    world.issuer.publish(&[&next]);
    verify(&next).expect("a valid token");
    assert_eq!(verify(&world.key).expect_err("the key is gone").kind(), ErrorKind::UnknownKid);
    assert_eq!(world.issuer.fetches(), 2);
}

fn a_status_is_an_answer(start: Start) {
    let world = World::with(start, Policy::builder(), Reply::status(503).retry_after(1));
    let error = world.first_failure();
    assert_eq!((error.kind(), error.status()), (FetchErrorKind::Status, Some(503)));
    world.issuer.always(Reply::published());
    // The header counts; without it the first pause is 250 ms at most.
    sleep(Duration::from_millis(700));
    assert_eq!(world.issuer.fetches(), 1);
    block_on(world.cache().ready(LONG)).expect("keys");
    assert_eq!(world.issuer.fetches(), 2);
}

fn headers_that_repeat_all_count(start: Start) {
    for [first, second] in [["public", "max-age=7200"], ["max-age=7200", "public"]] {
        let world = World::unstarted(Policy::builder().http_freshness(true), "");
        let mut answer = format!(
            "HTTP/1.1 200 OK\r\nCache-Control: {first}\r\nCache-Control: {second}\r\nX-Note: "
        )
        .into_bytes();
        answer.extend_from_slice(b"\xfcber\r\nConnection: close\r\n\r\n");
        answer.extend_from_slice(jwk_set(&[&world.0.key]).to_string().as_bytes());
        world.0.issuer.always(Reply::raw(answer));
        let world = world.start(start);
        block_on(world.cache().ready(LONG)).expect("keys");
        let refresh = world.cache().status().next_refresh_at.expect("a plan");
        let after = refresh.duration_since(SystemTime::now()).expect("later");
        assert!(after > Duration::from_secs(3600), "{after:?}: max-age was lost");
    }
}

fn a_timeout_beyond_all_clocks_is_no_panic(start: Start) {
    let policy = Policy::builder().background_refresh(false).fetch_timeout(Duration::MAX);
    let world = World::new(start, policy);
    block_on(world.cache().ready(LONG)).expect("keys");
}

fn a_body_may_be_as_large_as_the_limit(start: Start) {
    for chunked in [false, true] {
        let padded = |len| match Reply::oversized(len) {
            reply if chunked => reply.chunked(),
            reply => reply,
        };
        let world = World::with(start, Policy::builder().max_body(4000), padded(4001));
        let error = world.first_failure();
        assert_eq!(error.kind(), FetchErrorKind::TooLarge, "{error:?}");
        assert!(error.to_string().contains("4000"), "{error}");
        assert!(world.issuer.wait_for_idle(LONG));
        world.issuer.always(padded(4000));
        block_on(world.cache().ready(LONG)).expect("keys");
    }
}

fn no_more_is_read_than_the_limit(start: Start) {
    // Who reads on waits for the rest.
    for reply in [Reply::oversized(1_000_000), Reply::oversized(1_000_000).chunked()] {
        let policy = Policy::builder().max_body(4000).fetch_timeout(LONG * 6);
        let world = World::with(start, policy, reply.stall_after(5000));
        let error = world.first_failure();
        assert_eq!(error.kind(), FetchErrorKind::TooLarge, "{error:?}");
        assert!(world.issuer.wait_for_idle(LONG), "the connection is still open");
    }
}

fn the_attempt_ends_at_its_deadline(start: Start) {
    let trickle = Reply::published().trickle(1, Duration::from_millis(100));
    for reply in [Reply::hang(), Reply::published().stall_after(10), trickle] {
        let begin = Instant::now();
        let timeout = Duration::from_millis(300);
        // Without a second attempt, which would end the first.
        let policy = Policy::builder().fetch_timeout(timeout).retry(LONG * 6, LONG * 6);
        let world = World::with(start, policy, reply);
        let error = world.first_failure();
        assert!(error.is_timeout(), "{error:?}");
        assert!((timeout..timeout * 10).contains(&begin.elapsed()), "{:?}", begin.elapsed());
        assert!(world.issuer.wait_for_idle(timeout * 5), "the fetch was not ended");
    }
}

fn a_failure_says_where_it_came_from(start: Start) {
    let published = Reply::published;
    for (reply, kind) in [
        (Reply::close(), FetchErrorKind::Other),
        (Reply::malformed(), FetchErrorKind::Other),
        (Reply::reset(), FetchErrorKind::Other),
        (published().reset_after(10), FetchErrorKind::Body),
        (published().truncate_after(10), FetchErrorKind::Body),
        (published().chunked().truncate_after(10), FetchErrorKind::Body),
    ] {
        let world = World::with(start, Policy::builder(), reply);
        let error = world.first_failure();
        assert_eq!(error.kind(), kind, "{error:?}");
    }
    let world = World::unstarted(Policy::builder(), "");
    world.0.issuer.go_down();
    let error = world.start(start).first_failure();
    assert_eq!(error.kind(), FetchErrorKind::Connect, "{error:?}");
}

fn no_failure_shows_the_url(start: Start) {
    let down = |issuer: &IssuerServer| issuer.go_down();
    let malformed = |issuer: &IssuerServer| issuer.always(Reply::malformed());
    let truncated = |issuer: &IssuerServer| issuer.always(Reply::published().truncate_after(9));
    for script in [down, malformed as fn(&IssuerServer), truncated] {
        let world = World::unstarted(Policy::builder(), "?key=secret");
        script(&world.0.issuer);
        let error = world.start(start).first_failure();
        let cause = error.source().expect("a cause");
        for error in iter::successors(Some(cause), |&error| error.source()) {
            let text = format!("{error} {error:?}");
            assert!(!text.contains("secret") && !text.contains("/jwks"), "{text}");
        }
    }
}

fn a_redirect_is_not_followed(start: Start) {
    let world = World::with(start, Policy::builder(), Reply::redirect("/elsewhere"));
    assert!(world.first_failure().is_redirect());
    assert_eq!(world.issuer.fetches_of("/elsewhere"), 0);
}

fn a_fetch_that_is_given_up_is_ended(start: Start) {
    let world = World::with(start, Policy::builder().fetch_timeout(LONG * 6), Reply::hang());
    assert!(world.issuer.wait_for_fetches(1, LONG));
    world.issuer.always(Reply::published());
    world.cache().invalidate();
    block_on(world.cache().ready(LONG)).expect("keys");
    assert!(world.issuer.wait_for_idle(LONG), "the fetch was not ended");
    assert_eq!(world.issuer.fetches(), 2);
}

fn with_the_last_handle_driver_and_fetch_end(start: Start) {
    let world = World::with(start, Policy::builder().fetch_timeout(LONG * 6), Reply::hang());
    assert!(world.issuer.wait_for_fetches(1, LONG));
    let World { issuer, verifier, running, .. } = world;
    drop(verifier);
    running.join();
    assert!(issuer.wait_for_idle(LONG), "the fetch was not ended");
    assert_eq!(issuer.fetches(), 1);
}

#[test]
fn a_dropped_task_of_smol_stops_the_driver_and_its_fetch() {
    let world = World::with(on_smol, Policy::builder().fetch_timeout(LONG * 6), Reply::hang());
    assert!(world.issuer.wait_for_fetches(1, LONG));
    drop(world.running);
    assert!(world.issuer.wait_for_idle(LONG), "the fetch was not ended");
    let cache = world.verifier.caches().next().expect("one issuer");
    assert!(block_on(cache.ready(LONG)).is_err_and(|error| error.kind() == Gone::Stopped));
}

/// Patience for what has to happen: only a test that fails waits so long.
const LONG: Duration = Duration::from_secs(10);

const AUDIENCE: &str = "my-api";

/// What runs the drivers.
enum Running {
    Smol(Vec<::smol::Task<()>>),
    Threads(Vec<JoinHandle<()>>),
}

impl Running {
    /// Blocks until all drivers have stopped.
    fn join(self) {
        match self {
            Self::Smol(tasks) => tasks.into_iter().for_each(block_on),
            Self::Threads(threads) => threads.into_iter().for_each(|thread| {
                thread.join().expect("no panic");
            }),
        }
    }
}

/// An issuer with one key, and a verifier of its tokens.
struct World<R = Running> {
    failures: Arc<Mutex<Vec<FetchError>>>,
    issuer: IssuerServer,
    key: Signer,
    running: R,
    verifier: Verifier,
}

/// A world whose drivers nobody runs yet.
struct Unstarted(World<Vec<Driver>>);

impl World {
    fn new(start: Start, policy: PolicyBuilder) -> Self {
        Self::unstarted(policy, "").start(start)
    }

    fn with(start: Start, policy: PolicyBuilder, reply: Reply) -> Self {
        let world = Self::unstarted(policy, "");
        world.0.issuer.always(reply);
        world.start(start)
    }

    fn unstarted(policy: PolicyBuilder, query: &str) -> Unstarted {
        let issuer = IssuerServer::start();
        let key = Signer::es256("k1");
        issuer.publish(&[&key]);
        let failures = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&failures);
        let configured = Issuer::new(issuer.base())
            .jwks_uri(issuer.url() + query)
            .allow_loopback_http()
            .audience(AUDIENCE)
            .policy(policy.build().expect("settings that work"))
            .observer(move |event| {
                if let Event::RefreshFailed { error, .. } = event {
                    seen.lock().expect("no panic").push(error.clone());
                }
            });
        let builder = Verifier::builder(SystemTime::now).issuer(configured);
        let (verifier, running) = builder.build().expect("an issuer that works");
        Unstarted(World { failures, issuer, key, running, verifier })
    }

    fn cache(&self) -> &KeyCache {
        self.verifier.caches().next().expect("one issuer")
    }

    /// Blocks until a fetch has failed.
    fn first_failure(&self) -> FetchError {
        let begin = Instant::now();
        loop {
            if let Some(error) = self.failures.lock().expect("no panic").first() {
                return error.clone();
            }
            assert!(begin.elapsed() < LONG, "no fetch has failed");
            sleep(Duration::from_millis(2));
        }
    }
}

impl Unstarted {
    fn start(self, start: Start) -> World {
        let World { failures, issuer, key, running, verifier } = self.0;
        World { failures, issuer, key, running: start(running), verifier }
    }
}

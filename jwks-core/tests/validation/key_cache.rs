//! Key sets in the cache: what is handed out by `kid` alone, reported, saved and revoked.

use std::future::Future as _;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use jwks_core::adapter::{Action, Driver};
use jwks_core::cache::{ErrorKind, Event, EventKind, KeyCache, SavedKeys, Source};
use jwks_core::refresh::Time;
use jwks_core::verify::Issuer;

use crate::built::built;
use crate::service::{Service, at, set_json};
use crate::signer::{P256, P384, RSA};

const URL: &str = "https://id.example.com/keys";
const LOGIN: &str = "https://login.example.com/7f/v2.0";

struct Cache {
    cache: KeyCache,
    driver: Driver,
    events: Arc<Mutex<Vec<String>>>,
    minutes: u64,
}

impl Cache {
    fn new(source: Source) -> Self {
        let events = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&events);
        let skipped = move |event: &Event| {
            if matches!(event.kind(), EventKind::KeySkipped { .. }) {
                log.lock().expect("a lock").push(event.kind().to_string());
            }
        };
        let (cache, [driver]) =
            built(KeyCache::builder(source).wall_clock(|| at(1500)).observer(skipped));
        Self { cache, driver, events, minutes: 0 }
    }

    fn poll(&mut self) -> Action {
        self.driver.poll(Time::from_origin(Duration::from_secs(60 * self.minutes)))
    }

    /// The next fetch, 20 minutes after the last, gets this answer.
    fn answer(&mut self, jwks: &[String]) {
        let Action::Fetch(fetch) = self.poll() else { panic!("a fetch is due") };
        fetch.reply.send(Ok(http::Response::new(set_json(jwks))));
        assert!(matches!(self.poll(), Action::Wait(_)));
        self.minutes += 20;
    }

    fn count(&self, kid: &str) -> Result<usize, ErrorKind> {
        self.cache.try_with_keys(kid, |keys| keys.count()).map_err(|error| error.kind())
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.events.lock().expect("a lock"))
    }
}

fn plain() -> Source {
    Source::jwks_uri(URL).expect("a source")
}

fn bound() -> Vec<String> {
    vec![
        P256.jwk(r#""kid":"all""#),
        P256.jwk(&format!(r#""kid":"ours","issuer":"{LOGIN}""#)),
        P256.jwk(r#""kid":"any","issuer":"https://login.example.com/{tenantid}/v2.0""#),
        P256.jwk(r#""kid":"theirs","issuer":"https://evil.example.com""#),
    ]
}

#[test]
fn a_kid_that_no_key_can_have_fetches_nothing_and_waits_for_nothing() {
    let mut cache = Cache::new(plain());
    let long = "k".repeat(257);
    let at_once = |cache: &KeyCache| {
        let future = pin!(cache.with_keys(&long, |_| ()));
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => outcome.expect_err("no such key"),
            Poll::Pending => panic!("a call waited"),
        }
    };
    for cold in [true, false] {
        let error = at_once(&cache.cache);
        assert!(error.kind() == ErrorKind::UnknownKid && !error.is_retryable(), "cold: {cold}");
        assert_eq!(cache.count(&long), Err(ErrorKind::UnknownKid));
        if cold {
            cache.answer(&[P256.jwk(r#""kid":"a""#)]);
            cache.minutes = 1;
        }
    }
    assert!(matches!(cache.poll(), Action::Wait(_)));
    assert_eq!(cache.cache.status().misses, 0);
    // One byte less is a name that the next set may have.
    assert_eq!(cache.count(&long[1..]), Err(ErrorKind::UnknownKid));
    assert!(matches!(cache.poll(), Action::Fetch(_)));
}

#[test]
fn keys_of_other_issuers_are_not_handed_out() {
    let counts = |source| {
        let mut cache = Cache::new(source);
        cache.answer(&bound());
        ["all", "ours", "any", "theirs"].map(|kid| cache.count(kid))
    };
    let no = Err(ErrorKind::UnknownKid);
    assert_eq!(counts(plain()), [Ok(1), no, no, no]);
    let known = Source::builder().issuer(LOGIN).jwks_uri(URL).expect("a source");
    assert_eq!(counts(known), [Ok(1), Ok(1), Ok(1), no]);
    let evil = Source::builder().issuer("https://evil.example.com").jwks_uri(URL);
    assert_eq!(counts(evil.expect("a source")), [Ok(1), no, no, Ok(1)]);
}

#[test]
fn the_discovered_issuer_is_the_own_one() {
    let mut cache = Cache::new(Source::discover(LOGIN).expect("a source"));
    let Action::Fetch(fetch) = cache.poll() else { panic!("a fetch is due") };
    let document = format!("\u{feff}{{\"issuer\":\"{LOGIN}\",\"jwks_uri\":\"{URL}\"}}");
    fetch.reply.send(Ok(http::Response::new(document)));
    cache.answer(&bound());
    assert_eq!(cache.count("any"), Ok(1));
    assert_eq!(cache.count("theirs"), Err(ErrorKind::UnknownKid));
}

#[test]
fn the_issuer_of_a_verifier_is_the_own_one() {
    let source = Source::builder().issuer("https://evil.example.com").jwks_uri(URL);
    for issuer in [
        Issuer::new(LOGIN).jwks_uri(URL),
        Issuer::new(LOGIN).source(plain()),
        Issuer::new(LOGIN).source(source.expect("a source")),
    ] {
        let service = Service::with(issuer.any_audience(), &bound(), 1500);
        let count = |kid| {
            let cache = service.caches().next().expect("a cache");
            cache.try_with_keys(kid, |keys| keys.count()).map_err(|error| error.kind())
        };
        let counts = ["all", "ours", "any", "theirs"].map(count);
        assert_eq!(counts, [Ok(1), Ok(1), Ok(1), Err(ErrorKind::UnknownKid)]);
    }
}

#[test]
fn a_skipped_key_is_reported_once_per_change() {
    let mut cache = Cache::new(plain());
    let good = || P256.jwk(r#""kid":"a""#);
    let enc = || RSA.jwk(r#""kid":"e","use":"enc""#);
    cache.answer(&[good(), enc()]);
    let skipped = "skipped key 1 `e`: `use` is `enc`: the key is for something else";
    assert_eq!(cache.told(), [skipped]);
    for _ in 0..3 {
        cache.answer(&[enc(), good()]);
        assert!(cache.told().is_empty());
    }
    cache.answer(&[good(), enc(), P384.jwk(r#""kid":"x","alg":"ES256""#)]);
    assert_eq!(cache.told(), ["skipped key 2 `x`: `alg` does not fit the key"]);
    cache.answer(&[good()]);
    assert!(cache.told().is_empty());
    cache.answer(&[good(), enc()]);
    assert_eq!(cache.told(), [skipped]);
}

#[test]
fn what_is_saved_is_canonical_and_keeps_what_a_key_is_for() {
    let mut first = Cache::new(Source::builder().issuer(LOGIN).jwks_uri(URL).expect("a source"));
    first.answer(&bound());
    let saved = serde_json::to_string(&first.cache.export()).expect("a text");
    let mut second = Cache::new(Source::builder().issuer(LOGIN).jwks_uri(URL).expect("a source"));
    second.driver.hydrate(&SavedKeys::from_json(&saved).expect("an export")).expect("saved keys");
    let counts = ["all", "ours", "any", "theirs"].map(|kid| second.count(kid));
    assert_eq!(counts, [Ok(1), Ok(1), Ok(1), Err(ErrorKind::UnknownKid)]);

    // Written in another way, it is the same set.
    let padded = bound().into_iter().map(|jwk| jwk.replace(r#"","y""#, r#"=","y""#));
    let mut third = Cache::new(Source::builder().issuer(LOGIN).jwks_uri(URL).expect("a source"));
    third.answer(&padded.collect::<Vec<_>>());
    let other = serde_json::to_string(&third.cache.export()).expect("a text");
    assert_eq!(other, saved);
}

#[test]
fn an_empty_spiffe_bundle_revokes_all_keys_and_others_are_refused() {
    let spiffe = || Source::builder().spiffe().jwks_uri(URL).expect("a source");
    let svid = || P256.jwk(r#""kid":"a","use":"jwt-svid""#);
    let mut cache = Cache::new(spiffe());
    cache.answer(&[svid()]);
    assert_eq!(cache.count("a"), Ok(1));
    let saved = cache.cache.export().expect("saved keys");
    cache.answer(&[]);
    assert_eq!(cache.count("a"), Err(ErrorKind::UnknownKid));
    assert_eq!(cache.cache.status().failures, 0);
    // No keys are an answer that is kept, too.
    let none = cache.cache.export().expect("saved keys");
    for (saved, expected) in [(saved.clone(), Ok(1)), (none, Err(ErrorKind::UnknownKid))] {
        let mut restarted = Cache::new(spiffe());
        restarted.driver.hydrate(&saved).expect("saved keys");
        assert_eq!(restarted.count("a"), expected);
    }
    // Its keys are for nothing else.
    let mut other = Cache::new(plain());
    assert!(other.driver.hydrate(&saved).is_err());

    let mut cache = Cache::new(plain());
    cache.answer(&[P256.jwk(r#""kid":"a""#)]);
    cache.answer(&[]);
    assert_eq!(cache.count("a"), Ok(1));
    assert_eq!(cache.cache.status().failures, 1);
}

#[test]
fn all_keys_are_shown_to_who_knows_no_kid() {
    let mut cache = Cache::new(plain());
    let key_cache = cache.cache.clone();
    let mut context = Context::from_waker(Waker::noop());
    let ask = |wanted: bool| {
        let count = move |keys: &mut dyn Iterator<Item = &_>| wanted.then(|| keys.count());
        let (cache, budget) = (key_cache.clone(), Duration::from_secs(5));
        Box::pin(async move { cache.with_all_keys(budget, count).await })
    };
    let mut waiting = ask(true);
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    cache.answer(&[P256.jwk(r#""kid":"a""#), P384.jwk(r#""kid":"b""#)]);
    cache.minutes = 1;
    for (mut asked, count) in [(waiting, Some(2)), (ask(true), Some(2)), (ask(false), None)] {
        match asked.as_mut().poll(&mut context) {
            Poll::Ready(outcome) => assert_eq!(outcome.expect("keys are held"), count),
            Poll::Pending => panic!("a call waited"),
        }
    }
    // None of them was missed, so that nothing is fetched.
    assert!(matches!(cache.poll(), Action::Wait(_)));
    assert_eq!(cache.cache.status().misses, 0);
}

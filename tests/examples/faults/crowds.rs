//! Many callers, many strangers, and many refreshes.

use std::fs;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwks_conformance::Adapter;
use jwks_conformance::world::{at_once, finished};
use jwks_core::refresh::Policy;
use jwks_core::verify::Registered;
use jwks_testkit::unknown_kid_token;

use crate::scene::{Local, Provider, Service as _, Traffic, often};

/// 10,000 callers before any key is there: one fetch, and each passes.
pub(crate) fn cold(adapter: &dyn Adapter) -> (String, bool) {
    let provider = Provider::start();
    let policy = Policy::builder().background_refresh(false);
    let service = Local::start(adapter, &provider.terms(), policy);
    provider.issuer.delay(Duration::from_secs(3));
    let begin = Instant::now();
    // Those that come after the keys do not wait.
    let (mut passed, mut waiting) = (0, Vec::new());
    for _ in 0..CROWD {
        let mut call = Box::pin(service.verifier.verify::<Registered>(&service.token));
        match at_once(call.as_mut()) {
            Some(outcome) => passed += usize::from(outcome.is_ok()),
            None => waiting.push(call),
        }
    }
    let waited = waiting.len();
    passed += finished(waiting).iter().filter(|outcome| outcome.is_ok()).count();
    let fetches = provider.issuer.fetches();
    let line = format!(
        "{:<10} {passed} of {CROWD} callers on a cold cache passed after {:.1?}, {waited} of them \
         waited; fetches {fetches}",
        adapter.name(),
        begin.elapsed()
    );
    (line, passed == CROWD && fetches == 1)
}

/// 100,000 forged kids within ten seconds, beside valid tokens.
pub(crate) fn forged(adapter: &dyn Adapter) -> (String, bool) {
    let provider = Provider::start();
    let mut service = Local::start(adapter, &provider.terms(), Policy::builder());
    service.warm_up();
    let claims = provider.issuer.token().claims().clone();
    let forger = Forger::new(&unknown_kid_token(&claims));
    let before = provider.issuer.fetches();
    let (begin, mut sent, mut traffic) = (Instant::now(), 0_u32, Traffic::default());
    let mut good = true;
    for slice in 1..=100 {
        for _ in 0..FORGED / 100 {
            let token = forger.token(sent);
            good &= service.verifier.try_verify::<Registered>(&token).is_err();
            sent += 1;
        }
        traffic += service.traffic(Duration::from_millis(2));
        let due = Duration::from_millis(100) * slice;
        traffic += service.traffic(due.saturating_sub(begin.elapsed()));
    }
    let fetches = provider.issuer.fetches() - before;
    let took = begin.elapsed();
    let Traffic { refused, waited, .. } = traffic;
    let misses = service.cache.status().misses;
    // A burst of 3, and one for each ten seconds after.
    let most = 4 + usize::try_from(took.as_secs() / 10).unwrap_or(usize::MAX);
    let line = format!(
        "{:<10} {sent} forged kids in {took:.1?}: {} valid tokens passed, {refused} refused, \
         {waited} waited; {misses} misses, fetches {fetches}",
        adapter.name(),
        traffic.passed(),
    );
    let counted = misses == u64::from(sent);
    (line, good && counted && refused == 0 && waited == 0 && fetches <= most)
}

/// Tokens that differ in nothing but the kid. Making them costs no signature: nobody looks at it.
struct Forger {
    /// The payload and the signature, with their dots.
    rest: String,
}

impl Forger {
    fn new(token: &str) -> Self {
        let (_, rest) = token.split_once('.').expect("a token");
        Self { rest: format!(".{rest}") }
    }

    fn token(&self, number: u32) -> String {
        let header = format!(r#"{{"alg":"ES256","kid":"unknown-{number}"}}"#);
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push_str(&self.rest);
        token
    }
}

/// A refresh each second: the memory of the second half must not grow.
pub(crate) fn memory(adapter: &dyn Adapter, time: Duration) -> (String, bool) {
    let provider = Provider::start();
    let mut service = Local::start(adapter, &provider.terms(), often());
    service.warm_up();
    let begin = resident();
    let mut traffic = service.traffic(time / 2);
    let half = resident();
    traffic += service.traffic(time / 2);
    let end = resident();
    let status = service.cache.status();
    let line = format!(
        "{:<10} {} refreshes in {time:?}: {begin} kB at first, {half} kB at half-time, {end} kB at \
         the end; {} tokens passed",
        adapter.name(),
        status.fetches,
        traffic.passed(),
    );
    let unnoticed = traffic.passed() == traffic.validations;
    (line, end <= half + half / 20 && status.failures == 0 && unnoticed)
}

/// Of this process, in kB, where Linux tells it.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|it| it.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
}

const CROWD: usize = 10_000;

const FORGED: u32 = 100_000;

//! Many callers, many strangers, and many refreshes.

use std::fs;
use std::time::{Duration, Instant};

use jwks_conformance::Adapter;
use jwks_conformance::world::{at_once, finished};
use jwks_core::refresh::Policy;
use jwks_core::verify::Registered;
use jwks_testkit::unknown_kid_token;

use crate::scene::{Scene, Traffic, often};

/// 10,000 callers before any key is there: one fetch, and each passes.
pub(crate) fn cold(adapter: &dyn Adapter) -> (String, bool) {
    let policy = Policy::builder().background_refresh(false);
    let scene = Scene::cold(adapter, policy);
    scene.issuer.delay(Duration::from_secs(3));
    let begin = Instant::now();
    // Those that come after the keys do not wait.
    let (mut passed, mut waiting) = (0, Vec::new());
    for _ in 0..CROWD {
        let mut call = Box::pin(scene.verifier.verify::<Registered>(scene.token()));
        match at_once(call.as_mut()) {
            Some(outcome) => passed += usize::from(outcome.is_ok()),
            None => waiting.push(call),
        }
    }
    let waited = waiting.len();
    passed += finished(waiting).iter().filter(|outcome| outcome.is_ok()).count();
    let fetches = scene.issuer.fetches();
    let line = format!(
        "{:<10} {passed} of {CROWD} callers on a cold cache passed after {:.1?}, {waited} of them waited; \
         fetches {fetches}",
        adapter.name(),
        begin.elapsed()
    );
    (line, passed == CROWD && fetches == 1)
}

/// 100,000 forged kids within ten seconds, beside valid tokens.
pub(crate) fn forged(adapter: &dyn Adapter) -> (String, bool) {
    let scene = Scene::cold(adapter, Policy::builder());
    let loaded = pollster::block_on(scene.verifier.verify::<Registered>(scene.token()));
    let mut good = loaded.is_ok();
    let claims = scene.issuer.token().claims().clone();
    let before = scene.issuer.fetches();
    let (begin, mut sent, mut traffic) = (Instant::now(), 0_u32, Traffic::default());
    for slice in 1..=100 {
        for _ in 0..1000 {
            good &= scene.verifier.try_verify::<Registered>(&unknown_kid_token(&claims)).is_err();
            sent += 1;
        }
        traffic += scene.traffic(Duration::from_millis(2));
        let due = Duration::from_millis(100) * slice;
        traffic += scene.traffic(due.saturating_sub(begin.elapsed()));
    }
    let fetches = scene.issuer.fetches() - before;
    let took = begin.elapsed();
    let Traffic { validations, refused, waited } = traffic;
    // A burst of 3, and one for each ten seconds after.
    let most = 4 + usize::try_from(took.as_secs() / 10).unwrap_or(usize::MAX);
    let line = format!(
        "{:<10} {sent} forged kids in {took:.1?}: {validations} valid tokens, {refused} refused, \
         {waited} waited; fetches {fetches}",
        adapter.name()
    );
    (line, good && refused == 0 && waited == 0 && fetches <= most)
}

/// A refresh each second: the memory of the second half must not grow.
pub(crate) fn memory(adapter: &dyn Adapter, time: Duration) -> (String, bool) {
    let scene = Scene::cold(adapter, often());
    scene.traffic(time / 2);
    let half = resident();
    let mut traffic = scene.traffic(time / 2);
    traffic += scene.traffic(Duration::from_millis(1));
    let end = resident();
    let status = scene.cache.status();
    let line = format!(
        "{:<10} {} refreshes in {time:?}: {half} kB at half-time, {end} kB at the end; {traffic:?}",
        adapter.name(),
        status.fetches
    );
    (line, end <= half + half / 20 && status.failures == 0)
}

/// Of this process, in kB, where Linux tells it.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|it| it.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
}

const CROWD: usize = 10_000;

//! What recorders cost in memory. By itself, because the allocator and the bound are those of the
//! whole process.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::alloc::System;
use std::time::Duration;

use http::Response;
use jwks_core::adapter::{Action, Driver};
use jwks_core::cache::{KeyCache, Policy, Source};
use jwks_core::refresh::Time;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use built::built;

#[path = "support/built.rs"]
mod built;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// One after the other, since what runs beside them would be counted too.
#[test]
fn memory_is_bounded() {
    all_recorders_together_have_a_bound();
    polls_allocate_as_much_with_a_recorder_as_without();
}

/// The first four take all. When one is gone there is room again.
fn all_recorders_together_have_a_bound() {
    let mut first: Vec<_> = (0..4).map(|_| cache(1 << 20)).collect();
    assert!(first.iter().all(|(cache, _)| records(cache)));
    assert!(!records(&cache(1 << 20).0));
    assert!(!records(&cache(1 << 10).0));
    first.pop();
    assert!(records(&cache(1 << 20).0));
    // What is left is given, if it is less.
    let (_larger, smaller) = (cache((1 << 20) - 1024), cache(1 << 20));
    assert!(records(&smaller.0));
    assert!(!records(&cache(1024).0));
}

fn polls_allocate_as_much_with_a_recorder_as_without() {
    let [with, without] = [1024, 0].map(|size| {
        let (cache, mut driver) = cache(size);
        assert_eq!(records(&cache), size > 0);
        let region = Region::new(ALLOCATOR);
        for second in 1..20_000 {
            cache.try_with_keys("b", |_| ()).unwrap_err();
            for _ in 0..10 {
                cache.try_with_keys("a", |_| ()).unwrap();
            }
            poll(&mut driver, Time::from_origin(Duration::from_secs(second)));
        }
        let counted = region.change();
        (counted.allocations, counted.reallocations)
    });
    assert_eq!(with, without);
}

fn cache(size: usize) -> (KeyCache, Driver) {
    let source = Source::jwks_uri("https://id.example.com/keys").unwrap();
    let policy = Policy::builder().jitter(0.0).build().unwrap();
    let (cache, [mut driver]) = built(KeyCache::builder(source).policy(policy).recorder(size));
    poll(&mut driver, Time::ZERO);
    (cache, driver)
}

fn poll(driver: &mut Driver, now: Time) {
    while let Action::Fetch(fetch) = driver.poll(now) {
        fetch.reply.send(Ok(Response::new(KEYS)));
    }
}

fn records(cache: &KeyCache) -> bool {
    cache.recording().inputs().count() > 0
}

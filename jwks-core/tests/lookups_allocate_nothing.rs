//! A lookup makes no allocation. By itself, because the allocator counts for the whole process.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::alloc::System;
use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use http::Response;
use jwks_core::cache::{Action, Driver, KeyCache, Policy, Source};
use jwks_core::refresh::Time;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

#[test]
fn lookups_allocate_nothing() {
    for background in [true, false] {
        let (cache, mut driver) = loaded(background);
        let lookups = || {
            for _ in 0..1000 {
                assert_eq!(cache.try_with_keys("a", |keys| keys.count()).unwrap(), 1);
                let waiting = pin!(cache.with_keys("a", |keys| keys.count()));
                let outcome = waiting.poll(&mut Context::from_waker(Waker::noop()));
                assert!(matches!(outcome, Poll::Ready(Ok(1))));
            }
        };
        // The first makes what a thread keeps; the harness may do something at any time.
        let least = (0..10).map(|_| allocations(lookups)).min();
        assert_eq!(least, Some(0), "allocations in 2000 lookups");
        drop(driver.poll(Time::from_origin(Duration::from_secs(1))));
    }
}

fn allocations(what: impl FnOnce()) -> usize {
    let region = Region::new(ALLOCATOR);
    what();
    let change = region.change();
    change.allocations + change.reallocations
}

fn loaded(background: bool) -> (KeyCache, Driver) {
    let policy = Policy::builder().background_refresh(background).usages(1 << 40);
    let source = Source::jwks_uri("https://id.example.com/keys").unwrap();
    let (cache, mut driver) = KeyCache::builder(source, || SystemTime::UNIX_EPOCH)
        .policy(policy.build().unwrap())
        .build();
    cache.try_with_keys("a", |_| ()).unwrap_err();
    let Action::Fetch(fetch) = driver.poll(Time::ZERO) else { panic!("the first load is due") };
    fetch.reply.send(Ok(Response::new(KEYS)));
    assert!(matches!(driver.poll(Time::ZERO), Action::Wait(_)));
    (cache, driver)
}

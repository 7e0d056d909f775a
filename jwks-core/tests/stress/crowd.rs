//! Many threads, and everything that can change while they verify.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use jwks_core::cache;
use jwks_core::refresh::{Freshness, Policy};
use jwks_core::verify::{Error, ErrorKind, Issuer, Registered, Resolver, Tenant, Verifier};

use crate::proof::factor;
use crate::runner::{Running, token_of, watched};

/// Fetches are as frequent as they can be, and whoever waits would wait for long.
fn policy() -> jwks_core::refresh::PolicyBuilder {
    Policy::builder().wait_budget(Duration::from_secs(120))
}

fn issuer(host: &str, policy: Policy) -> Issuer {
    let iss = format!("https://{host}");
    Issuer::new(&iss).jwks_uri(format!("{iss}/keys")).audience("api").policy(policy)
}

fn rounds(usual: u32) -> u32 {
    usual * factor()
}

#[test]
fn no_caller_is_left_and_no_use_is_lost() {
    watched(|| {
        const THREADS: u32 = 4;
        let often = policy().usages(50).min_refresh_interval(Duration::from_millis(1));
        let policy = often.background_refresh(false).build().unwrap();
        let world = Running::start(Verifier::builder().issuer(issuer("a.example", policy)));
        let token = token_of("a.example", "k");
        let each = rounds(2000);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..each {
                        // Every fiftieth use or so needs a fetch, which all four then wait for.
                        world.verifier.verify_blocking::<Registered>(&token).unwrap();
                    }
                });
            }
            // Beside those who wait until they are answered, some who leave.
            scope.spawn(|| {
                for _ in 0..each / 10 {
                    let wait = world.verifier.verify_within::<Registered>(&token, Duration::ZERO);
                    drop(pollster::block_on(wait));
                }
            });
        });
        let status = &world.verifier.status()[0];
        assert_eq!((status.waiting, status.failures), (0, 0), "{status:?}");
        let (least, most) = (u64::from(THREADS * each), u64::from(THREADS * each + each / 10));
        // Those at the moment of a refresh may be missing in the sum, or be in it twice.
        let torn = u64::from(THREADS + 1) * status.fetches;
        assert!(status.uses <= most + torn && status.uses + torn >= least, "{status:?} of {least}");
        assert!(status.fetches >= least / 50 / 8, "uses bring no fetch: {status:?}");
        world.end();
    });
}

#[test]
fn an_invalidation_is_obeyed_and_wakes_all() {
    watched(|| {
        let policy = policy().min_refresh_interval(Duration::from_millis(1)).build().unwrap();
        let world = Running::start(Verifier::builder().issuer(issuer("a.example", policy)));
        let (token, over) = (token_of("a.example", "k"), AtomicBool::new(false));
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        world.verifier.verify_blocking::<Registered>(&token).unwrap();
                    }
                });
            }
            let cache = world.verifier.cache("https://a.example").unwrap();
            // Reloads are a second apart at least.
            for _ in 0..rounds(3) {
                cache.invalidate();
                pollster::block_on(cache.refresh()).unwrap();
                assert_eq!(cache.status().freshness, Freshness::Fresh);
            }
            over.store(true, Ordering::Relaxed);
        });
        world.end();
    });
}

#[test]
fn issuers_come_and_go_beside_those_who_verify() {
    watched(|| {
        let policy = policy().build().unwrap();
        let world = Running::start(Verifier::builder().issuer(issuer("a.example", policy.clone())));
        let (stays, goes) = (token_of("a.example", "k"), token_of("b.example", "k"));
        // While there never was another issuer, every token is judged by the keys of the only one.
        world.verifier.issuers().add(issuer("b.example", policy.clone())).unwrap();
        assert!(world.verifier.issuers().remove("https://b.example"));
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..3 {
                let (verifier, goes, stays, over) = (&world.verifier, &goes, &stays, &over);
                scope.spawn(move || {
                    let wrong = |error: &Error| {
                        assert_eq!(error.kind(), ErrorKind::WrongIssuer, "{error}");
                    };
                    while !over.load(Ordering::Relaxed) {
                        verifier.verify_blocking::<Registered>(stays).unwrap();
                        match verifier.verify_blocking::<Registered>(goes) {
                            Ok(verified) => assert_eq!(verified.issuer(), "https://b.example"),
                            Err(error) => wrong(&error),
                        }
                    }
                    // Now it is gone for good.
                    wrong(&verifier.verify_blocking::<Registered>(goes).unwrap_err());
                });
            }
            let issuers = world.verifier.issuers();
            for round in 0..rounds(300) {
                issuers.add(issuer("b.example", policy.clone())).unwrap();
                if !round.is_multiple_of(3) {
                    // Whoever comes now is served.
                    world.verifier.verify_blocking::<Registered>(&goes).unwrap();
                }
                let cache = world.verifier.cache("https://b.example").unwrap();
                assert!(issuers.remove("https://b.example"));
                let kept = cache.try_with_keys("k", |_| ()).err();
                assert_eq!(kept.map(|error| error.kind()), Some(cache::ErrorKind::Withdrawn));
                let held = world.verifier.try_verify::<Registered>(&goes).err();
                assert_eq!(held.map(|error| error.kind()), Some(ErrorKind::WrongIssuer));
            }
            over.store(true, Ordering::Relaxed);
        });
        assert_eq!(world.verifier.status().len(), 1);
        // Withdrawn ones end as soon as their driver is polled.
        while world.drivers.load(Ordering::SeqCst) > 1 {
            thread::yield_now();
        }
        world.end();
    });
}

#[test]
fn a_resolver_keeps_its_bounds_whoever_asks() {
    watched(|| {
        const HOSTS: [&str; 6] = ["a.test", "b.test", "c.test", "d.test", "e.test", "f.test"];
        let policy = policy().build().unwrap();
        let gate = move |iss: String| {
            let host = iss.trim_start_matches("https://").to_owned();
            let known = HOSTS.contains(&&*host);
            let tenant = known.then(|| Tenant::new(&*host, issuer(&host, policy.clone())));
            async move { Ok(tenant) }
        };
        let limits = Resolver::new(gate).max_issuers(4).allow_private_addresses();
        let world = Running::start(Verifier::builder().resolver(limits));
        let tokens: Arc<Vec<String>> =
            Arc::new(HOSTS.iter().map(|host| token_of(host, "k")).collect());
        let stranger = token_of("z.test", "k");
        thread::scope(|scope| {
            for number in 0..4_usize {
                let (verifier, tokens, stranger) = (&world.verifier, &tokens, &stranger);
                scope.spawn(move || {
                    let mut accepted = 0;
                    for round in 0..rounds(400) as usize {
                        let place = (round * 7 + number * 5) % HOSTS.len();
                        match verifier.verify_blocking::<Registered>(&tokens[place]) {
                            Ok(verified) => {
                                assert_eq!(verified.issuer(), format!("https://{}", HOSTS[place]));
                                accepted += 1;
                            }
                            // Full, or busy. One that was removed while it was waited for is
                            // unknown to whoever waited.
                            Err(error) => assert!(
                                error.is_retryable() || error.kind() == ErrorKind::WrongIssuer,
                                "{error}"
                            ),
                        }
                        let refused = verifier.verify_blocking::<Registered>(stranger).unwrap_err();
                        assert!(
                            refused.is_retryable() || refused.kind() == ErrorKind::WrongIssuer,
                            "{refused}"
                        );
                        assert!(verifier.issuers().len() <= 4);
                        if number == 0 && round.is_multiple_of(50) {
                            verifier.issuers().remove(&format!("https://{}", HOSTS[place]));
                        }
                    }
                    assert!(accepted > 0);
                });
            }
        });
        assert!(world.verifier.status().len() <= 4);
        assert!(world.verifier.status().iter().all(|status| status.waiting == 0));
        world.end();
    });
}

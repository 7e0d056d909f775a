//! Foreign code runs under no lock: whatever it is, it may call whatever there is.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, SystemTime};

use jwks_core::verify::{Issuer, Registered, Resolver, Tenant, Verifier};

use crate::runner::{Running, token_of, watched};

const CLOCK: &str = "the wall clock";
const KNOWN: &str = "https://a.example";

/// Where foreign code finds what it calls, and how often each kind of it has run.
#[derive(Default)]
struct Hooks {
    calls: AtomicUsize,
    ran: Mutex<BTreeMap<&'static str, usize>>,
    verifier: OnceLock<Verifier>,
}

impl Hooks {
    /// Calls everything, unless it is everything that has called it.
    fn everything(&self, from: &'static str) {
        thread_local!(static WITHIN: Cell<bool> = const { Cell::new(false) });
        let Some(verifier) = self.verifier.get() else { return };
        if WITHIN.replace(true) {
            return;
        }
        let times = {
            let mut ran = self.ran.lock().unwrap();
            let times = ran.entry(from).or_default();
            *times += 1;
            *times
        };
        // From each place, the first times: each invalidation costs the issuer a fetch, and a second.
        if times <= 100 {
            let call = self.calls.fetch_add(1, Ordering::Relaxed);
            everything(verifier, times == 1);
            // It is read while the issuers change, so it must not change them; its documentation says so.
            if from != CLOCK {
                change(verifier, call);
            }
        }
        WITHIN.set(false);
    }
}

fn plain(host: &str) -> Issuer {
    let iss = format!("https://{host}");
    Issuer::new(&iss).jwks_uri(format!("{iss}/keys")).audience("api")
}

/// Every way into a verifier and its caches that does not wait; of those that wait, the beginning.
fn everything(verifier: &Verifier, invalidates: bool) {
    let mut begun = Context::from_waker(Waker::noop());
    for token in [token_of("a.example", "k"), token_of("a.example", "other")] {
        drop(verifier.try_verify::<Registered>(&token));
        drop(verifier.verify_held::<Registered>(&token));
        drop(verifier.call().try_verify::<Registered>(&token));
        drop(verifier.explain(&token));
        _ = pin!(verifier.verify::<Registered>(&token)).poll(&mut begun);
    }
    drop(verifier.try_verify::<Registered>(&token_of("tenant.example", "k")));
    _ = pin!(verifier.ready(Duration::from_secs(1))).poll(&mut begun);
    drop((verifier.status(), verifier.health(), verifier.status_of(KNOWN)));
    drop(verifier.expectations().collect::<Vec<_>>());
    for cache in verifier.caches() {
        drop((cache.status(), cache.health(), cache.recording(), cache.export()));
        drop((cache.explain(), cache.explain_kid("k"), cache.relaxations()));
        _ = cache.deny_kid("denied");
        cache.allow_kid("denied");
        drop(cache.try_with_keys("k", |_| cache.status()));
        _ = pin!(cache.refresh()).poll(&mut begun);
        if invalidates {
            cache.invalidate();
        }
    }
    let issuers = verifier.issuers();
    assert!(!issuers.is_empty() && issuers.contains(KNOWN));
}

fn change(verifier: &Verifier, call: usize) {
    let (issuers, host) = (verifier.issuers(), format!("n{call}.example"));
    if issuers.add(plain(&host)).is_ok() {
        drop(issuers.set(plain(&host).audience("other")));
        issuers.remove(&format!("https://{host}"));
    }
}

/// Wakes a thread, after it has called everything.
struct Meddling(std::thread::Thread, Weak<Hooks>);

impl Wake for Meddling {
    fn wake(self: Arc<Self>) {
        if let Some(hooks) = self.1.upgrade() {
            hooks.everything("a caller's waker");
        }
        self.0.unpark();
    }
}

/// Calls everything when it is polled, and when it is dropped.
struct Asked(Weak<Hooks>, Option<Tenant>);

impl Future for Asked {
    type Output = Result<Option<Tenant>, Box<dyn std::error::Error + Send + Sync>>;

    fn poll(mut self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        meddle(&self.0, "the service's function, polled");
        Poll::Ready(Ok(self.1.take()))
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        meddle(&self.0, "the service's function, dropped");
    }
}

fn meddle(hooks: &Weak<Hooks>, from: &'static str) {
    if let Some(hooks) = hooks.upgrade() {
        hooks.everything(from);
    }
}

#[test]
fn whatever_is_called_may_call_whatever_there_is() {
    watched(|| {
        let hooks = Arc::new(Hooks::default());
        // Weak: what a verifier holds must not hold the verifier.
        let own = || Arc::downgrade(&hooks);
        let (observer, clock, filter, gate, check, headers) =
            (own(), own(), own(), own(), own(), own());
        let known = plain("a.example")
            .observer(move |_| meddle(&observer, "an observer"))
            .check(move |_| {
                meddle(&check, "a check");
                Ok(())
            })
            .headers_with(move || {
                meddle(&headers, "the headers' function");
                async { Ok::<_, std::io::Error>(http::HeaderMap::new()) }
            });
        let resolver = Resolver::new(move |iss| {
            meddle(&gate, "the service's function, called");
            let tenant = (iss == "https://tenant.example").then(|| {
                let (seen, issuer) = (gate.clone(), plain("tenant.example"));
                Tenant::new("t", issuer.observer(move |_| meddle(&seen, "a tenant's observer")))
            });
            Asked(gate.clone(), tenant)
        });
        let builder = Verifier::builder().issuer(known).wall_clock(move || {
            meddle(&clock, CLOCK);
            SystemTime::now()
        });
        let builder = builder.resolver(resolver.allow_private_addresses().prefilter(move |_| {
            meddle(&filter, "the pre-filter");
            true
        }));
        let waker = own();
        let world = Running::woken(builder, Arc::new(move || meddle(&waker, "a driver's waker")));
        assert!(hooks.verifier.set(world.verifier.clone()).is_ok());

        let waker = Waker::from(Arc::new(Meddling(std::thread::current(), own())));
        let mut context = Context::from_waker(&waker);
        for round in 0..30 {
            let host = if round % 3 == 0 { "tenant.example" } else { "a.example" };
            let token = token_of(host, if round % 5 == 0 { "none" } else { "k" });
            if round % 4 == 0 {
                world.verifier.cache(KNOWN).unwrap().invalidate();
            }
            world.verifier.issuers().add(plain("m.example")).unwrap();
            assert!(world.verifier.issuers().remove("https://m.example"));
            let mut waiting = pin!(world.verifier.verify::<Registered>(&token));
            while waiting.as_mut().poll(&mut context).is_pending() {
                std::thread::park();
            }
            hooks.everything("the test");
        }
        let ran = hooks.ran.lock().unwrap().clone();
        for from in [
            "a caller's waker",
            "a check",
            "a driver's waker",
            "a tenant's observer",
            "an observer",
            "the headers' function",
            "the pre-filter",
            "the service's function, called",
            "the service's function, dropped",
            "the service's function, polled",
            CLOCK,
        ] {
            assert!(ran.get(from).is_some_and(|times| *times > 0), "{from} never ran: {ran:?}");
        }
        // The hooks hold a handle, so they go first.
        drop(hooks);
        world.end();
    });
}

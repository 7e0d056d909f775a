//! Readiness and health of several issuers together.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use jwks_core::adapter::{Action, Driver, Fetch};
use jwks_core::cache::{ErrorKind, Event, FetchError, HealthKind};
use jwks_core::refresh::Time;
use jwks_core::verify::{Issuer, NotReady, Verifier};
use serde_json::{Value, json};

use crate::built::built;
use crate::world::{Caller, hours, keys, policy, secs, status};

struct Issuers {
    verifier: Verifier,
    drivers: Vec<Driver>,
    wall: Arc<AtomicU64>,
    now: Duration,
}

fn issuer(name: &str) -> Issuer {
    let iss = format!("https://{name}.example.com");
    let jwks_uri = format!("{iss}/keys");
    Issuer::new(iss).jwks_uri(jwks_uri).any_audience().policy(policy().build().unwrap())
}

impl Issuers {
    fn new(issuers: impl IntoIterator<Item = Issuer>) -> Self {
        let wall = Arc::new(AtomicU64::new(1_800_000_000));
        let clock = Arc::clone(&wall);
        let now = move || UNIX_EPOCH + secs(clock.load(Ordering::Relaxed));
        let builder = Verifier::builder().wall_clock(now);
        let builder = issuers.into_iter().fold(builder, |all, it| all.issuer(it));
        let (verifier, drivers) = built(builder);
        Self { verifier, drivers, wall, now: Duration::ZERO }
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.wall.fetch_add(time.as_secs(), Ordering::Relaxed);
    }

    /// All drivers, and the fetches that they begin.
    fn poll(&mut self) -> Vec<Option<Fetch>> {
        let now = Time::from_origin(self.now);
        let poll = |driver: &mut Driver| match driver.poll(now) {
            Action::Fetch(fetch) => {
                assert!(matches!(driver.poll(now), Action::Wait(_)));
                Some(fetch)
            }
            _ => None,
        };
        self.drivers.iter_mut().map(poll).collect()
    }

    fn ready(&self, budget: Duration) -> Caller<Result<(), NotReady>> {
        const fn to_be_spawned<F: Send>(future: F) -> F {
            future
        }
        let verifier = self.verifier.clone();
        Caller::new(to_be_spawned(async move { verifier.ready(budget).await }))
    }

    fn health(&self) -> Value {
        serde_json::to_value(self.verifier.health()).unwrap()
    }
}

fn load(fetch: Option<Fetch>) {
    fetch.expect("a fetch").reply.send(Ok(keys(&["a"])));
}

#[test]
fn is_ready_when_every_required_issuer_has_held_keys() {
    let mut all =
        Issuers::new([issuer("one").label("one"), issuer("two").optional(), issuer("three")]);
    let mut ready = all.ready(secs(60));
    assert!(ready.poll().is_none());
    let mut fetches = all.poll();
    load(fetches[0].take());
    all.poll();
    assert!(ready.poll().is_none(), "the third is missing");
    load(fetches[2].take());
    all.poll();
    ready.poll().unwrap().unwrap();
    // And stays ready, though all keys expire.
    drop(fetches);
    all.poll();
    all.pass(hours(3));
    drop(all.poll());
    assert_eq!(all.verifier.health().verdict, HealthKind::Starting);
    all.poll();
    all.pass(secs(5));
    all.poll();
    assert_eq!(all.verifier.health().verdict, HealthKind::Down);
    all.ready(Duration::ZERO).poll().unwrap().unwrap();
}

#[test]
fn names_those_that_are_not_and_waits_for_all_at_the_same_time() {
    let mut all = Issuers::new([
        issuer("one").label("staff"),
        issuer("two").label("partners"),
        issuer("three").label("guests").optional(),
        issuer("four"),
    ]);
    let mut ready = all.ready(secs(2));
    assert!(ready.poll().is_none());
    let mut fetches = all.poll();
    load(fetches[1].take());
    all.poll();
    all.pass(secs(2));
    all.poll();
    // At the end of one budget, not of one after the other.
    let error = ready.poll().expect("the budget is over").unwrap_err();
    let named: Vec<_> = error.issuers().map(|(label, error)| (label, error.kind())).collect();
    let unavailable = ErrorKind::Unavailable;
    assert_eq!(named, [("staff", unavailable), ("https://four.example.com", unavailable)]);
    let text = error.to_string();
    assert!(text.starts_with("not ready: staff: no keys are available"), "{text}");
    assert!(text.contains("; https://four.example.com: no keys are available"), "{text}");
    assert!(!text.contains("partners") && !text.contains("guests"), "{text}");
    assert_eq!(format!("{error:?}"), text);
}

/// "No connection" alone does not say whether it is the name, the port, or the certificate.
#[test]
fn the_line_goes_down_to_what_the_system_said() {
    let mut world = Issuers::new([issuer("staff")]);
    let fetch = world.poll().remove(0).expect("the load");
    let refused = std::io::Error::other("connection refused (os error 111)");
    fetch.reply.send::<Vec<u8>>(Err(FetchError::connect(refused)));
    world.poll();
    let error = world.ready(Duration::ZERO).poll().unwrap().unwrap_err().to_string();
    assert!(
        error.ends_with("no connection to the key server: connection refused (os error 111)"),
        "{error}"
    );
}

#[test]
fn a_probe_asks_every_issuer_that_it_misses() {
    let on_demand = || policy().background_refresh(false).build().unwrap();
    let names = ["one", "two"].map(|name| issuer(name).policy(on_demand()));
    let mut all =
        Issuers::new(names.into_iter().chain([issuer("x").policy(on_demand()).optional()]));
    assert!(all.poll().iter().all(Option::is_none));
    let error = all.ready(Duration::ZERO).poll().expect("it never waits").unwrap_err();
    assert_eq!(error.issuers().len(), 2);
    let fetches = all.poll();
    let asked: Vec<_> = fetches.iter().map(Option::is_some).collect();
    assert_eq!(asked, [true, true, false], "an optional one is asked by its tokens alone");
    fetches.into_iter().take(2).for_each(load);
    all.poll();
    all.ready(Duration::ZERO).poll().unwrap().unwrap();
    for status in all.verifier.status() {
        assert_eq!((status.uses, status.misses), (0, 0));
    }
}

#[test]
fn one_line_names_eight_at_most() {
    let all = Issuers::new((0..20).map(|n| issuer(&format!("i{n}")).label(format!("issuer-{n}"))));
    let error = all.ready(Duration::ZERO).poll().unwrap().unwrap_err();
    assert_eq!(error.issuers().len(), 20);
    let text = error.to_string();
    assert!(text.contains("issuer-7: ") && !text.contains("issuer-8"), "{text}");
    assert!(text.ends_with("; and 12 more"), "{text}");
}

#[test]
fn the_verdict_is_that_of_the_worst_required_issuer() {
    let mut all = Issuers::new([
        issuer("one").label("staff"),
        issuer("two").label("partners"),
        issuer("three").label("guests").optional(),
    ]);
    assert_eq!(all.verifier.health().verdict, HealthKind::Starting);
    let mut fetches = all.poll();
    load(fetches[0].take());
    load(fetches[1].take());
    fetches[2].take().unwrap().reply.send(Ok(status(503)));
    all.poll();
    let health = all.verifier.health();
    assert_eq!(health.verdict, HealthKind::Ready);
    assert_eq!(health.issuers[2].health.kind(), HealthKind::Down);
    all.pass(secs(16 * 60));
    let mut fetches = all.poll();
    load(fetches[0].take());
    fetches[1].take().unwrap().reply.send(Ok(status(500)));
    load(fetches[2].take());
    all.poll();
    let health = all.health();
    assert_eq!(health["verdict"], "degraded");
    assert_eq!(health["issuers"][0], json!({"label": "staff", "required": true, "state": "ready"}));
    let partners = &health["issuers"][1];
    assert_eq!((&partners["state"], &partners["required"]), (&json!("degraded"), &json!(true)));
    assert!(partners["until"].is_f64() && partners["why"].is_string(), "{partners}");
    let guests = json!({"label": "guests", "required": false, "state": "ready"});
    assert_eq!(health["issuers"][2], guests);
    // The worst of all: a driver that is gone, and no keys.
    all.drivers.pop();
    drop(all.drivers.pop());
    all.verifier.caches().for_each(|cache| cache.invalidate());
    let health = all.health();
    assert_eq!(health["verdict"], "down");
    assert_eq!(health["issuers"][1]["why"], "the driver has stopped");
}

#[test]
fn without_a_required_issuer_it_is_ready_at_once() {
    let all = Issuers::new([issuer("one").optional()]);
    all.ready(Duration::ZERO).poll().unwrap().unwrap();
    assert_eq!(all.verifier.health().verdict, HealthKind::Ready);
}

#[test]
fn labels_go_to_events_and_status() {
    let (tell, told) = std::sync::mpsc::channel();
    let observe = move |event: &Event| tell.send(event.label().to_owned()).unwrap();
    let all =
        [issuer("one").label("staff").observer(observe.clone()), issuer("two").observer(observe)];
    let mut all = Issuers::new(all);
    all.poll();
    let labels: Vec<_> = all.verifier.status().into_iter().map(|status| status.label).collect();
    assert_eq!(labels, ["staff", "https://two.example.com"]);
    let told: Vec<_> = told.try_iter().collect();
    assert!(labels.iter().all(|label| told.contains(label)), "{told:?}");
    assert!(told.iter().all(|label| labels.contains(label)), "{told:?}");
}

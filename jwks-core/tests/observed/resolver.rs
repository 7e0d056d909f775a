//! What the log is told of a resolver: of each kind a line in ten seconds at most, and never whose
//! tokens they were.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwks_core::adapter::{Action, Driver};
use jwks_core::refresh::Time;
use jwks_core::verify::{Error, ErrorKind, Issuer, Registered, Resolver, Tenant, Verifier};

use crate::built::built;
use crate::listen::{Log, Meters};

const EVERY: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_millis(100);

#[derive(Clone, Copy)]
enum Say {
    /// Its text quotes the `iss`.
    Fail,
    No,
    Silent,
    /// An issuer without an audience.
    Wrong,
}

/// A verifier that knows no issuer but by a function that never says yes.
struct World {
    verifier: Verifier,
    driver: Driver,
    says: Arc<Mutex<Say>>,
    now: Duration,
    next: Option<Duration>,
    log: Log,
    /// Each line, and when it was told.
    lines: Vec<(Duration, String)>,
}

fn tell(say: Say, story: impl FnOnce(&mut World)) {
    tell_before_any_poll(say, |world| {
        world.poll();
        story(world);
    });
}

fn tell_before_any_poll(say: Say, story: impl FnOnce(&mut World)) {
    let (log, meters) = (Log::default(), Meters::default());
    metrics::with_local_recorder(&meters, || {
        tracing::subscriber::with_default(log.clone(), || story(&mut World::new(say, log)));
    });
}

impl World {
    fn new(say: Say, log: Log) -> Self {
        let says = Arc::new(Mutex::new(say));
        let gate = Arc::clone(&says);
        let resolver = Resolver::new(move |iss| {
            let say = *gate.lock().unwrap();
            async move {
                match say {
                    Say::Fail => Err(format!("no connection\nwhile asked for {iss}").into()),
                    Say::No => Ok(None),
                    Say::Silent => std::future::pending().await,
                    Say::Wrong => {
                        let issuer = Issuer::new(&iss).jwks_uri("https://keys.invalid/keys");
                        Ok(Some(Tenant::new("a", issuer)))
                    }
                }
            }
        });
        let resolver = resolver.prefilter(|iss| !iss.contains("filtered"));
        let (verifier, [driver]) = built(Verifier::builder().resolver(resolver));
        let (now, lines) = (Duration::ZERO, Vec::new());
        Self { verifier, driver, says, now, next: None, log, lines }
    }

    fn poll(&mut self) {
        let Action::Wait(next) = self.driver.poll(Time::from_origin(self.now)) else {
            panic!("there is nothing to fetch")
        };
        self.next = next.map(|at| at.since_origin());
        let now = self.now;
        self.lines.extend(self.log.take().into_iter().map(|line| (now, line)));
    }

    /// Polls as an adapter does: at the times that the driver says.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(next) = self.next.filter(|at| *at <= until) {
            self.now = self.now.max(next);
            self.poll();
        }
        self.now = until;
    }

    /// A caller who does not wait, with a token of the n-th stranger.
    fn now(&mut self, name: &str, n: usize) -> ErrorKind {
        let error = self.verifier.try_verify::<Registered>(&token(name, n)).unwrap_err();
        self.poll();
        said(&error)
    }

    /// A caller who waits.
    fn call(&mut self, name: &str, n: usize) -> ErrorKind {
        let (verifier, token) = (self.verifier.clone(), token(name, n));
        let mut future = pin!(async move { verifier.verify::<Registered>(&token).await });
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..2 {
            if let Poll::Ready(answer) = future.as_mut().poll(&mut context) {
                self.poll();
                return said(&answer.unwrap_err());
            }
            self.poll();
        }
        self.pass(Duration::from_millis(250));
        let Poll::Ready(answer) = future.as_mut().poll(&mut context) else { panic!("it waits on") };
        self.poll();
        said(&answer.unwrap_err())
    }

    /// When lines with these words were told, and what they say is their number in all.
    fn told(&self, words: &str, number: &str) -> (Vec<Duration>, usize) {
        let ours = self.lines.iter().filter(|(_, line)| line.contains(words));
        let count = |line: &str| -> usize {
            let rest = line.split_once(number).unwrap().1;
            rest.split(' ').next().unwrap().parse().unwrap()
        };
        let times = ours.clone().map(|(at, _)| *at).collect();
        (times, ours.map(|(_, line)| count(line)).sum())
    }

    fn refusals(&self) -> (Vec<Duration>, usize) {
        self.told("WARN tokens refused: their issuers are not accepted", " tokens=")
    }

    fn failures(&self) -> (Vec<Duration>, usize) {
        self.told("WARN the resolver could not say whose tokens they are", " times=")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for (_, line) in &self.lines {
            for secret in ["stranger", "filtered", "example", "eyJ", "\n"] {
                assert!(!line.contains(secret), "{line}");
            }
        }
    }
}

/// Strangers' texts are no part of the error either.
fn said(error: &Error) -> ErrorKind {
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("stranger") && !shown.contains("filtered"), "{shown}");
    error.kind()
}

fn token(name: &str, n: usize) -> String {
    let claims = format!(r#"{{"iss":"https://{name}-{n}.example.com","exp":2000000000}}"#);
    let parts = [r#"{"alg":"EdDSA","kid":"a"}"#, &claims, &"s".repeat(64)];
    parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
}

fn apart(times: &[Duration]) -> bool {
    times.windows(2).all(|two| two[1] - two[0] >= EVERY)
}

#[test]
fn refusals_are_told_once_in_ten_seconds_without_the_iss() {
    tell(Say::No, |world| {
        let mut refused = 0;
        let mut count = |kind| refused += usize::from(kind == ErrorKind::WrongIssuer);
        // A minute of strangers: who wait for the answer, who do not, and whom no function is asked
        // about.
        for n in 0..600 {
            count(world.call("stranger", n));
            count(world.now("stranger", n));
            count(world.now("filtered", n));
            world.pass(STEP);
        }
        let (times, _) = world.refusals();
        assert_eq!((times[0], times.len()), (Duration::ZERO, 7), "{times:?}");
        // The rest is told in time, though nobody comes any more; and then there is silence.
        count(world.now("filtered", 0));
        world.pass(EVERY * 10);
        let (times, told) = world.refusals();
        assert_eq!((times.len(), told), (8, 1801), "{times:?}");
        assert_eq!(refused, told, "none is left out");
        assert!(apart(&times), "{times:?}");
        assert_eq!(world.lines.len(), 8, "{:#?}", world.lines);
        // The next one is told at once.
        assert_eq!(world.call("stranger", 1_000_000), ErrorKind::WrongIssuer);
        assert_eq!(world.refusals().0.last(), Some(&world.now));
    });
}

#[test]
fn refusals_before_the_driver_runs_count() {
    tell_before_any_poll(Say::No, |world| {
        for n in 0..3 {
            let error = world.verifier.try_verify::<Registered>(&token("filtered", n));
            assert_eq!(said(&error.unwrap_err()), ErrorKind::WrongIssuer);
        }
        world.poll();
        assert_eq!(world.refusals(), (vec![Duration::ZERO], 3), "{:?}", world.lines);
    });
}

#[test]
fn failures_of_the_function_are_told_once_in_ten_seconds_without_the_iss() {
    tell(Say::Fail, |world| {
        for n in 0..300 {
            assert_eq!(world.call("stranger", n), ErrorKind::Unavailable);
            assert_eq!(world.now("stranger", n), ErrorKind::Unavailable);
            world.pass(STEP);
        }
        let (times, _) = world.failures();
        assert_eq!((times[0], times.len()), (Duration::ZERO, 4), "{times:?}");
        let line = &world.lines[0].1;
        let error = r#"error="no connection\\nwhile asked for (iss)""#;
        assert!(line.ends_with(error), "{line}");
        // One that does not answer is no other kind.
        *world.says.lock().unwrap() = Say::Silent;
        for n in 0..30 {
            assert_eq!(world.call("stranger", 1000 + n), ErrorKind::Unavailable);
            world.pass(EVERY / 10);
        }
        world.pass(EVERY * 10);
        let (times, told) = world.failures();
        assert!(apart(&times) && times.len() == world.lines.len(), "{:#?}", world.lines);
        assert_eq!(told, 600 + 30);
        let last = &world.lines.last().unwrap().1;
        assert!(last.contains("it took longer than `call_timeout`"), "{last}");
    });
}

#[test]
fn what_cannot_work_is_told_whole() {
    tell(Say::Wrong, |world| {
        assert_eq!(world.call("stranger", 0), ErrorKind::Unavailable);
        let line = &world.lines[0].1;
        let error = r#"error="the issuer that it returned cannot work: audience is missing: "#;
        assert!(line.contains(error) && line.contains("any_audience"), "{line}");
    });
}

#[test]
fn refusals_do_not_keep_failures_from_being_told() {
    tell(Say::No, |world| {
        assert_eq!(world.call("stranger", 0), ErrorKind::WrongIssuer);
        *world.says.lock().unwrap() = Say::Fail;
        assert_eq!(world.call("stranger", 1), ErrorKind::Unavailable);
        let (refusals, failures) = (world.refusals(), world.failures());
        assert_eq!((refusals.1, failures.1, world.lines.len()), (1, 1, 2), "{:#?}", world.lines);
    });
}

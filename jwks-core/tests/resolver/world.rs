//! A world that steps to the next deadline: drivers that come and go, issuers, the gate, callers.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Response, StatusCode};
use jwks_core::adapter::{Action, Driver, Drivers, Env, FetchError, Reply, Start, Time};
use jwks_core::cache::Addresses;
use jwks_core::verify::{Error, ErrorKind, Resolver, Verifier, VerifierBuilder};
use serde_json::Value;

use crate::clocks::{EPOCH, Wall, ms};
use crate::gate::{Gate, Say, Shared, resolver, tenant};
use crate::keys::{set_of, token};
use crate::wakers::Flag;

pub(crate) struct World {
    pub(crate) now: Duration,
    pub(crate) wall: Wall,
    pub(crate) verifier: Verifier,
    pub(crate) gate: Shared,
    drivers: Option<Drivers>,
    runs: Vec<Run>,
    callers: Vec<Caller>,
    /// Hosts that do not answer, and hosts that answer nothing at all.
    pub(crate) down: Vec<String>,
    pub(crate) silent: bool,
    pub(crate) latency: Duration,
    /// Every request: when, and for which URL.
    pub(crate) sent: Vec<(Duration, String)>,
    /// Which addresses it might go to.
    pub(crate) reach: Vec<Addresses>,
    /// Answers that are no key sets, by their URL.
    pub(crate) documents: BTreeMap<String, String>,
    pub(crate) most_at_host: usize,
    pub(crate) stopped: usize,
    /// Signed once for each `iss`.
    tokens: RefCell<BTreeMap<String, String>>,
}

struct Run {
    driver: Driver,
    began: Duration,
    flag: Arc<Flag>,
    wait: Option<Duration>,
    due: bool,
    flight: Option<Flight>,
}

struct Flight {
    at: Duration,
    deadline: Duration,
    url: String,
    reply: Reply,
}

type Validating = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

struct Caller {
    future: Option<Validating>,
    flag: Arc<Flag>,
    began: Duration,
    outcome: Option<(Duration, Result<(), Error>)>,
}

impl World {
    /// With the default bounds.
    pub(crate) fn new() -> Self {
        Self::with(|resolver| resolver, |builder| builder)
    }

    pub(crate) fn with(
        bounds: impl FnOnce(Resolver) -> Resolver,
        more: impl FnOnce(VerifierBuilder) -> VerifierBuilder,
    ) -> Self {
        let wall = Wall::new();
        let gate: Shared = Arc::default();
        let clock = wall.clone();
        let builder =
            Verifier::builder().wall_clock(move || clock.now()).resolver(bounds(resolver(&gate)));
        let env = Env::new(|| std::time::UNIX_EPOCH).seed(7).checks_addresses();
        let (verifier, drivers) = more(builder).build(env).unwrap();
        let mut world = Self {
            now: Duration::ZERO,
            wall,
            verifier,
            gate,
            drivers: Some(drivers),
            runs: Vec::new(),
            callers: Vec::new(),
            down: Vec::new(),
            silent: false,
            latency: ms(50),
            sent: Vec::new(),
            reach: Vec::new(),
            documents: BTreeMap::new(),
            most_at_host: 0,
            stopped: 0,
            tokens: RefCell::default(),
        };
        world.settle();
        world
    }

    pub(crate) fn gate(&self) -> std::sync::MutexGuard<'_, Gate> {
        self.gate.lock().unwrap()
    }

    /// From now on the gate says this.
    pub(crate) fn says(&self, iss: &str, say: Say) {
        self.gate().says.insert(iss.to_owned(), say);
    }

    /// From now on the gate knows this tenant. Gives its `iss`.
    pub(crate) fn knows(&self, name: &str) -> String {
        let iss = format!("https://{name}.example.com");
        self.says(&iss, tenant(name));
        iss
    }

    /// A good token of this issuer, which lasts.
    pub(crate) fn token(&self, iss: &str) -> String {
        let mut tokens = self.tokens.borrow_mut();
        let new = || token(iss, "a", "a", EPOCH.as_secs() + 1_000_000);
        tokens.entry(iss.to_owned()).or_insert_with(new).clone()
    }

    /// A caller who waits.
    pub(crate) fn call(&mut self, iss: &str) -> usize {
        let (verifier, token) = (self.verifier.clone(), self.token(iss));
        self.spawn(async move { verifier.verify::<Value>(&token).await.map(drop) })
    }

    pub(crate) fn spawn(
        &mut self,
        future: impl Future<Output = Result<(), Error>> + Send + 'static,
    ) -> usize {
        let caller = Caller {
            future: Some(Box::pin(future)),
            flag: Arc::default(),
            began: self.now,
            outcome: None,
        };
        self.callers.push(caller);
        let last = self.callers.len() - 1;
        self.callers[last].poll(self.now);
        self.settle();
        last
    }

    /// A caller who does not wait: the kind of the error, if there is one.
    pub(crate) fn now(&mut self, iss: &str) -> Result<(), Error> {
        let answer = self.verifier.try_verify::<Value>(&self.token(iss)).map(drop);
        self.settle();
        answer
    }

    /// How a caller fares who waits, after so much time.
    pub(crate) fn told(&self, caller: usize) -> Option<Result<(), ErrorKind>> {
        let (_, outcome) = self.callers[caller].outcome.as_ref()?;
        Some(match outcome {
            Ok(()) => Ok(()),
            Err(error) => Err(error.kind()),
        })
    }

    pub(crate) fn error(&self, caller: usize) -> &Error {
        let outcome = self.callers[caller].outcome.as_ref().expect("an answer");
        outcome.1.as_ref().expect_err("a refusal")
    }

    /// How long a caller has waited for its answer.
    pub(crate) fn waited(&self, caller: usize) -> Duration {
        let caller = &self.callers[caller];
        caller.outcome.as_ref().expect("an answer").0 - caller.began
    }

    pub(crate) fn leave(&mut self, caller: usize) {
        self.callers[caller].future = None;
        self.settle();
    }

    /// Makes this issuer known and ready.
    pub(crate) fn ready(&mut self, name: &str) -> String {
        let iss = self.knows(name);
        let caller = self.call(&iss);
        self.run_for(ms(1500));
        assert_eq!(self.told(caller), Some(Ok(())), "{name}");
        iss
    }

    /// The requests to this host.
    pub(crate) fn requests(&self, host: &str) -> usize {
        self.sent.iter().filter(|(_, url)| url.contains(host)).count()
    }

    /// The issuers in the table, by their labels.
    pub(crate) fn issuers(&self) -> usize {
        self.verifier.issuers().len()
    }

    /// The drivers that run.
    pub(crate) fn running(&self) -> usize {
        self.runs.len()
    }

    /// Drops everything of the adapter.
    pub(crate) fn stop(&mut self) {
        self.drivers = None;
        self.runs.clear();
        self.settle();
    }

    pub(crate) fn run_for(&mut self, time: Duration) {
        let until = self.now + time;
        self.settle();
        loop {
            let waits = self.runs.iter().flat_map(|run| {
                let flight = run.flight.as_ref();
                let flight = flight.filter(|_| !self.silent);
                let flight = flight.map(|flight| flight.at.min(flight.deadline));
                run.wait.into_iter().chain(flight)
            });
            let gate = self.gate().next();
            let Some(next) = waits.chain(gate).min().filter(|at| *at <= until) else { break };
            self.step(next);
        }
        self.step(until);
    }

    fn step(&mut self, to: Duration) {
        let to = to.max(self.now);
        self.wall.forward(to - self.now);
        self.now = to;
        let calls = {
            let mut gate = self.gate.lock().unwrap();
            gate.now = to;
            let calls = std::mem::take(&mut gate.calls);
            let (due, later) = calls.into_iter().partition::<Vec<_>, _>(|(at, _)| *at <= to);
            gate.calls = later;
            due
        };
        calls.into_iter().for_each(|(_, waker)| waker.wake());
        for run in &mut self.runs {
            run.due |= run.wait.is_some_and(|at| at <= to);
            let is_there = |flight: &mut Flight| !self.silent && flight.at <= to;
            if let Some(flight) = run.flight.take_if(is_there) {
                let down = self.down.iter().any(|host| flight.url.contains(host));
                flight.reply.send(if down {
                    Err(FetchError::other("no connection"))
                } else {
                    let document = self.documents.get(&flight.url).cloned();
                    let body = document.unwrap_or_else(|| set_of(&["a", "b"])).into_bytes();
                    Ok(Response::builder().status(StatusCode::OK).body(body).unwrap())
                });
            }
        }
        self.settle();
    }

    /// Lets everything happen that happens now.
    pub(crate) fn settle(&mut self) {
        for round in 0.. {
            assert!(round < 1000, "a busy loop at {:?}", self.now);
            let came = self.drivers.as_mut().map(Drivers::take_ready).unwrap_or_default();
            let any = !came.is_empty();
            self.runs.extend(came.into_iter().map(|driver| Run {
                driver,
                began: self.now,
                flag: Arc::default(),
                wait: None,
                due: true,
                flight: None,
            }));
            if !any & !self.poll_drivers() & !self.poll_callers() {
                break;
            }
        }
    }

    fn poll_drivers(&mut self) -> bool {
        let mut any = false;
        let mut runs = std::mem::take(&mut self.runs);
        runs.retain_mut(|run| {
            if !std::mem::take(&mut run.due) & !run.flag.take() {
                return true;
            }
            any = true;
            loop {
                match run.driver.poll(Time::from_origin(self.now - run.began)) {
                    Action::Stop => {
                        self.stopped += 1;
                        return false;
                    }
                    Action::Fetch(fetch) => {
                        let url = fetch.request.uri().to_string();
                        self.sent.push((self.now, url.clone()));
                        self.reach.push(fetch.addresses);
                        let deadline = run.began + fetch.deadline.since_origin();
                        let (at, reply) = (self.now + self.latency, fetch.reply);
                        run.flight = Some(Flight { at, deadline, url, reply });
                    }
                    Action::Wait(until) => {
                        run.wait = until.map(|at| run.began + at.since_origin());
                        break;
                    }
                }
            }
            let waker = run.flag.waker();
            let mut woken = run.driver.woken();
            if Pin::new(&mut woken).poll(&mut Context::from_waker(&waker)).is_ready() {
                run.due = true;
            }
            true
        });
        self.runs = runs;
        let mut hosts: BTreeMap<&str, usize> = BTreeMap::new();
        for flight in self.runs.iter().filter_map(|run| run.flight.as_ref()) {
            let host = flight.url.split('/').nth(2).unwrap_or_default();
            *hosts.entry(host).or_default() += 1;
        }
        self.most_at_host = self.most_at_host.max(hosts.into_values().max().unwrap_or(0));
        any
    }

    fn poll_callers(&mut self) -> bool {
        let mut any = false;
        for caller in &mut self.callers {
            if caller.flag.take() {
                caller.poll(self.now);
                any = true;
            }
        }
        any
    }
}

impl Caller {
    fn poll(&mut self, now: Duration) {
        let Some(future) = &mut self.future else { return };
        let waker = self.flag.waker();
        if let Poll::Ready(outcome) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            (self.future, self.outcome) = (None, Some((now, outcome)));
        }
    }
}

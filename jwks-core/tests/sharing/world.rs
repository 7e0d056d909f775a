//! A world that steps to the next deadline: one driver, one issuer, callers, and two clocks.
//!
//! The driver is polled only when its waker was woken, or when the time it named has come, so a
//! lost wake-up leaves callers behind; [`World::end`] looks for them. Everything that must hold at
//! any time is asserted here.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Context;
use std::time::Duration;

use jwks_core::cache::{Action, Driver, Error, Event, KeyCache, Policy, Reply, Source};
use jwks_core::refresh::{Reason, Time};

use crate::callers::Caller;
use crate::clocks::Wall;
use crate::issuer::{Answer, Issuer};
use crate::wakers::Flag;

pub(crate) const URL: &str = "https://id.example.com/keys";

#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Duration,
    pub(crate) reason: Reason,
    pub(crate) no_cache: bool,
    pub(crate) conditional: bool,
}

pub(crate) struct Flight {
    pub(crate) at: Option<Duration>,
    pub(crate) deadline: Duration,
    reply: Reply,
    answer: Option<Answer>,
}

pub(crate) struct World {
    pub(crate) now: Duration,
    pub(crate) wall: Wall,
    pub(crate) cache: KeyCache,
    pub(crate) driver: Option<Driver>,
    pub(crate) issuer: Issuer,
    pub(crate) flight: Option<Flight>,
    /// Every fetch that began.
    pub(crate) sent: Vec<Sent>,
    pub(crate) events: Arc<Mutex<Vec<Event>>>,
    pub(crate) callers: Vec<Caller<String>>,
    pub(crate) polls: usize,
    pub(crate) stopped: bool,
    driver_flag: Arc<Flag>,
    wait: Option<Duration>,
    due: bool,
    invalidated: bool,
}

impl World {
    pub(crate) fn new(policy: Policy, issuer: Issuer) -> Self {
        let wall = Wall::new();
        let events = Arc::new(Mutex::new(Vec::new()));
        let (clock, log) = (wall.clone(), Arc::clone(&events));
        let (cache, driver) =
            KeyCache::builder(Source::jwks_uri(URL).unwrap(), move || clock.now())
                .policy(policy)
                .seed(7)
                .observer(move |event| log.lock().unwrap().push(event.clone()))
                .build();
        let mut world = Self::with(cache, driver, wall, issuer, events);
        world.settle();
        world
    }

    pub(crate) fn with(
        cache: KeyCache,
        driver: Driver,
        wall: Wall,
        issuer: Issuer,
        events: Arc<Mutex<Vec<Event>>>,
    ) -> Self {
        Self {
            now: Duration::ZERO,
            wall,
            cache,
            driver: Some(driver),
            issuer,
            flight: None,
            sent: Vec::new(),
            events,
            callers: Vec::new(),
            polls: 0,
            stopped: false,
            driver_flag: Arc::default(),
            wait: None,
            due: true,
            invalidated: false,
        }
    }

    /// A caller of any kind, polled once at once.
    pub(crate) fn spawn(
        &mut self,
        budget: Duration,
        future: impl Future<Output = Result<String, Error>> + 'static,
    ) -> usize {
        let mut caller = Caller::new(self.now, budget, future);
        caller.poll(self.now);
        self.callers.push(caller);
        self.callers.len() - 1
    }

    /// A caller who wants the key `kid`.
    pub(crate) fn call(&mut self, kid: &str, budget: Duration) -> usize {
        let (cache, kid) = (self.cache.clone(), kid.to_owned());
        self.spawn(budget, async move {
            cache
                .with_keys_within(budget, &kid, |keys| {
                    keys.next().unwrap().kid().unwrap().to_owned()
                })
                .await
        })
    }

    pub(crate) fn refresh(&mut self) -> usize {
        let cache = self.cache.clone();
        self.spawn(Duration::MAX, async move { cache.refresh().await.map(|()| String::new()) })
    }

    pub(crate) fn invalidate(&mut self) {
        self.cache.invalidate();
        self.invalidated = true;
    }

    /// A read that never waits.
    pub(crate) fn read(&self, kid: &str) -> Result<String, Error> {
        self.cache.try_with_keys(kid, |keys| keys.next().unwrap().kid().unwrap().to_owned())
    }

    pub(crate) fn cancel(&mut self, caller: usize) {
        self.callers[caller].cancel();
    }

    /// Lets everything happen that happens now.
    pub(crate) fn settle(&mut self) {
        for round in 0.. {
            assert!(round < 1000, "a busy loop at {:?}", self.now);
            let now = self.now;
            let polled = self.poll_driver();
            let called = self.callers.iter_mut().filter(|c| c.is_woken()).map(|c| c.poll(now));
            if !polled & (called.count() == 0) {
                break;
            }
        }
    }

    /// Steps to this time, through all that happens until then.
    pub(crate) fn run_to(&mut self, until: Duration) {
        self.settle();
        loop {
            let answer = self.flight.as_ref().and_then(|flight| flight.at);
            let Some(next) = answer.into_iter().chain(self.wait).min().filter(|at| *at <= until)
            else {
                break;
            };
            self.pass_to(next);
            self.deliver();
            self.settle();
        }
        self.pass_to(until);
        self.settle();
    }

    pub(crate) fn run_for(&mut self, time: Duration) {
        self.run_to(self.now.saturating_add(time));
    }

    /// Whether the caller has an answer.
    pub(crate) fn done(&self, caller: usize) -> bool {
        self.callers[caller].outcome.is_some()
    }

    /// The outcome of a caller, who must have one.
    pub(crate) fn outcome(&self, caller: usize) -> &Result<String, Error> {
        &self.callers[caller].outcome.as_ref().expect("the caller has been left behind").1
    }

    /// How long the caller waited.
    pub(crate) fn waited(&self, caller: usize) -> Duration {
        let caller = &self.callers[caller];
        caller.outcome.as_ref().expect("the caller has been left behind").0 - caller.began
    }

    /// How often the driver has been woken.
    pub(crate) fn driver_wakes(&self) -> usize {
        self.driver_flag.wakes()
    }

    pub(crate) fn count(&self, reason: Reason) -> usize {
        self.sent.iter().filter(|sent| sent.reason == reason).count()
    }

    /// Nobody may be left behind: all who still wait have a budget that ends later.
    pub(crate) fn end(&mut self) {
        self.settle();
        self.callers.iter().for_each(|caller| caller.check(self.now));
    }

    pub(crate) fn stop(&mut self) {
        self.driver = None;
    }

    fn pass_to(&mut self, at: Duration) {
        assert!(at >= self.now);
        self.wall.forward(at - self.now);
        self.now = at;
    }

    fn deliver(&mut self) {
        if let Some(flight) =
            self.flight.take_if(|flight| flight.at.is_some_and(|at| at <= self.now))
        {
            flight.answer_now();
        }
    }

    fn poll_driver(&mut self) -> bool {
        let Some(driver) = &mut self.driver else { return false };
        let timely = self.wait.is_some_and(|at| at <= self.now);
        if self.stopped || !(self.due || timely || self.driver_flag.take()) {
            return false;
        }
        self.polls += 1;
        let now = Time::from_origin(self.now);
        self.due = false;
        match driver.poll(now) {
            Action::Fetch(fetch) => {
                self.due = true;
                let reason = self.events.lock().unwrap().iter().rev().find_map(|e| match e {
                    Event::RefreshStarted { reason, .. } => Some(*reason),
                    _ => None,
                });
                let headers = fetch.request.headers();
                self.sent.push(Sent {
                    at: self.now,
                    reason: reason.unwrap_or(Reason::Load),
                    no_cache: headers.contains_key("cache-control"),
                    conditional: headers.contains_key("if-none-match"),
                });
                assert_eq!(fetch.request.uri(), URL);
                if let Some(flight) = &self.flight {
                    let over = self.invalidated || flight.deadline <= self.now;
                    assert!(over, "two fetches in flight");
                }
                self.invalidated = false;
                let answer = self.issuer.answer(&fetch.request);
                let at = answer.as_ref().map(|_| self.now + self.issuer.latency);
                let deadline = fetch.deadline.since_origin();
                // The adapter ends the fetch before this one.
                self.flight = Some(Flight { at, deadline, reply: fetch.reply, answer });
            }
            Action::Stop => self.stopped = true,
            Action::Wait(at) => {
                assert!(at.is_none_or(|at| at > now), "to wait for the past is a busy loop");
                self.wait = at.map(Time::since_origin);
                let waker = self.driver_flag.waker();
                let woken = pin!(driver.woken());
                self.due = woken.poll(&mut Context::from_waker(&waker)).is_ready();
            }
        }
        true
    }
}

impl Flight {
    /// The answer comes this instant, though the driver may not look yet.
    pub(crate) fn answer_now(self) {
        match self.answer.unwrap() {
            Answer::Dropped => drop(self.reply),
            Answer::Response(response) => self.reply.send(response),
        }
    }
}

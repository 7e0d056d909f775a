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

use jwks_core::adapter::{Action, Driver, Reply};
use jwks_core::cache::{ErrorKind, Event, EventKind, KeyCache, Policy, Source};
use jwks_core::refresh::{Reason, Time};

use crate::built::built;
use crate::callers::Caller;
use crate::clocks::Wall;
use crate::issuer::{Answer, Issuer, Mode};
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
    sent_at: Duration,
    pub(crate) at: Option<Duration>,
    pub(crate) deadline: Duration,
    reply: Reply,
    answer: Option<Answer>,
    /// What the issuer published when it was asked; none if it gives no keys.
    kids: Option<Vec<&'static str>>,
    /// Which of the fetches it is.
    number: usize,
    void: bool,
}

/// What must be held now, as this world sees it.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) kids: Vec<&'static str>,
    until: Duration,
    /// No 304 lengthens the trust beyond this.
    hard_end: Duration,
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
    held: Option<Expected>,
    /// The kids that each fetch has brought, which the issuer itself has answered in full.
    answers: Vec<(usize, Vec<&'static str>)>,
    trust: Duration,
    max_trust: Duration,
    pub(crate) callers_first: bool,
    /// Whether to compare what callers get with what must be held.
    pub(crate) strict: bool,
}

impl World {
    pub(crate) fn new(policy: Policy, issuer: Issuer) -> Self {
        let (trust, max_trust) = (policy.trust_for(policy.lifetime()), policy.max_trust());
        let wall = Wall::new();
        let events = Arc::new(Mutex::new(Vec::new()));
        let (clock, log) = (wall.clone(), Arc::clone(&events));
        let (cache, [driver]) = built(
            KeyCache::builder(Source::jwks_uri(URL).unwrap())
                .wall_clock(move || clock.now())
                .policy(policy)
                .observer(move |event| log.lock().unwrap().push(event.clone())),
        );
        let mut world = Self::with(cache, driver, wall, issuer, events);
        (world.trust, world.max_trust) = (trust, max_trust);
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
            held: None,
            answers: Vec::new(),
            trust: Duration::MAX,
            max_trust: Duration::MAX,
            callers_first: false,
            strict: false,
        }
    }

    pub(crate) fn invalidate(&mut self) {
        self.cache.invalidate();
        self.held = None;
        if let Some(flight) = &mut self.flight {
            flight.void = true;
        }
    }

    /// Lets everything happen that happens now.
    pub(crate) fn settle(&mut self) {
        for round in 0.. {
            assert!(round < 1000, "a busy loop at {:?}", self.now);
            let first = self.callers_first && self.poll_callers();
            let polled = self.poll_driver();
            if !first & !polled & !self.poll_callers() {
                break;
            }
        }
    }

    /// What must be held now.
    pub(crate) fn held(&self) -> Option<&Expected> {
        self.held.as_ref().filter(|held| self.now < held.until)
    }

    fn poll_callers(&mut self) -> bool {
        let mut any = false;
        for n in 0..self.callers.len() {
            if self.callers[n].is_woken() {
                self.callers[n].poll(self.now);
                self.judge(n);
                any = true;
            }
        }
        any
    }

    /// Rules 4, 6, 8: what a caller gets this instant fits what must be held; and a no is final only
    /// if the issuer itself has said so, to a fetch that began after the caller came.
    pub(crate) fn judge(&self, caller: usize) {
        let Caller { outcome: Some((_, outcome)), wants: Some(kid), sent_before, .. } =
            &self.callers[caller]
        else {
            return;
        };
        if let Err(error) = outcome
            && error.kind() == ErrorKind::UnknownKid
            && !error.is_retryable()
        {
            let said = |(number, kids): &(usize, Vec<&str>)| {
                number >= sent_before && !kids.contains(&kid.as_str())
            };
            assert!(self.answers.iter().any(said), "a final no to {kid}: {outcome:?}");
        }
        let holds = self.held().map(|held| held.kids.contains(&kid.as_str()));
        let expected = match outcome {
            Ok(_) => Some(true),
            Err(error) if error.kind() == ErrorKind::UnknownKid => Some(false),
            Err(_) => None,
        };
        assert!(!self.strict || holds == expected, "{kid} held: {holds:?}, got {outcome:?}");
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
        assert_eq!(self.cache.recording().replay().parting(), None);
    }

    pub(crate) fn stop(&mut self) {
        self.driver = None;
        self.wait = None;
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
            if matches!(self.issuer.mode, Mode::Body(_)) {
                self.answers.push((flight.number, Vec::new()));
            }
            if let Some(kids) = flight.kids.clone()
                && !flight.void
                && self.now < flight.deadline
                && (self.held().is_some() || !flight.is_not_modified())
            {
                // Rule 13: from when the request was sent.
                let hard_end = flight.sent_at.saturating_add(self.max_trust);
                let last = self.held.as_ref().filter(|_| flight.is_not_modified());
                let hard_end = last.map_or(hard_end, |last| last.hard_end);
                let until = flight.sent_at.saturating_add(self.trust).min(hard_end);
                if !flight.is_not_modified() && self.issuer.age == 0 {
                    self.answers.push((flight.number, kids.clone()));
                }
                self.held = Some(Expected { kids, until, hard_end });
            }
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
                let headers = fetch.request.headers();
                self.sent.push(Sent {
                    at: self.now,
                    // Told by the next poll.
                    reason: Reason::Load,
                    no_cache: headers.contains_key("cache-control"),
                    conditional: headers.contains_key("if-none-match"),
                });
                assert_eq!(fetch.request.uri(), URL);
                if let Some(flight) = &self.flight {
                    let over = flight.void || flight.deadline <= self.now;
                    assert!(over, "two fetches in flight");
                }
                let answer = self.issuer.answer(&fetch.request);
                let at = answer.as_ref().map(|_| self.now + self.issuer.latency);
                let deadline = fetch.deadline.since_origin();
                // The adapter ends the fetch before this one.
                let kids = match self.issuer.mode {
                    Mode::Up => Some(self.issuer.published().to_vec()),
                    Mode::Status(304, _) if headers.contains_key("if-none-match") => {
                        self.held().map(|held| held.kids.clone())
                    }
                    _ => None,
                };
                let reply = fetch.reply;
                let (sent_at, number) = (self.now, self.sent.len() - 1);
                self.flight = Some(Flight {
                    sent_at,
                    at,
                    deadline,
                    reply,
                    answer,
                    kids,
                    number,
                    void: false,
                });
            }
            Action::Stop => self.stopped = true,
            Action::Wait(at) => {
                let told = self.events.lock().unwrap();
                let begun = told.iter().rev().find_map(|event| match event.kind() {
                    EventKind::RefreshStarted { reason, .. } => Some(*reason),
                    _ => None,
                });
                if let (Some(sent), Some(reason)) = (self.sent.last_mut(), begun) {
                    sent.reason = reason;
                }
                drop(told);
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

impl Expected {
    pub(crate) fn lasts(&self, until: Duration) -> bool {
        until < self.until
    }
}

impl Flight {
    fn is_not_modified(&self) -> bool {
        matches!(&self.answer, Some(Answer::Response(Ok(r))) if r.status() == 304)
    }

    /// The answer comes this instant, though the driver may not look yet.
    pub(crate) fn answer_now(self) {
        match self.answer.unwrap() {
            Answer::Dropped => drop(self.reply),
            Answer::Response(response) => self.reply.send(response),
        }
    }
}

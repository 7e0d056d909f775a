//! The callers who wait, and what becomes of each.

use std::time::Duration;

use futures_channel::oneshot;

use super::super::waiter::{Need, Pass, Waiter};
use super::super::{Error, FetchError};
use super::Driver;
use crate::refresh::{FetchId, Gate, Miss, Time};

/// A caller, stamped when the driver first saw him.
#[derive(Debug)]
pub(super) struct Waiting {
    need: Need,
    until: Time,
    answer: oneshot::Sender<Result<Pass, Error>>,
    joined: Joined,
}

/// The fetch that a caller waits for by name: one for an unknown kid, or by hand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Joined {
    /// It began before he came.
    Earlier(FetchId),
    No,
    /// It began after he came, so its answer is final for him.
    Own(FetchId),
}

/// A caller and what he is told.
pub(super) type Answer = (Waiting, Result<Pass, Error>);

type Verdict = Option<Result<Pass, Error>>;

impl Waiting {
    /// When his budget ends.
    pub(super) fn until(&self) -> Option<Time> {
        (self.until < Time::MAX).then_some(self.until)
    }

    fn give(self, outcome: Result<Pass, Error>) {
        // He may have left meanwhile; nothing depends on him.
        let _left = self.answer.send(outcome);
    }

    fn again(&self, now: Time) -> Result<Pass, Error> {
        Ok(Pass { stale: false, left: self.left(now) })
    }

    fn stale(&self, now: Time) -> Result<Pass, Error> {
        Ok(Pass { stale: true, left: self.left(now) })
    }

    fn left(&self, now: Time) -> Duration {
        self.until.saturating_since(now)
    }

    fn has_joined(&self, id: FetchId) -> bool {
        self.joined == Joined::Earlier(id) || self.joined == Joined::Own(id)
    }
}

impl Driver {
    pub(super) fn admit(&mut self, waiters: Vec<Waiter>) {
        let now = self.now;
        self.waiting.extend(waiters.into_iter().map(|waiter| Waiting {
            until: now + waiter.budget,
            need: waiter.need,
            answer: waiter.answer,
            joined: Joined::No,
        }));
    }

    /// Answers everybody who can be answered, and tells the machine who is left.
    pub(super) fn answer_waiting(&mut self) {
        self.sift(Self::decide);
        let demand = self.waiting.iter().filter(|w| matches!(w.need, Need::Fresh(_) | Need::Keys));
        let demand = u64::try_from(demand.count()).unwrap_or(u64::MAX);
        self.machine.handle_demand(self.now, demand);
    }

    /// A fetch begins: it is what those who came before it have been waiting for.
    pub(super) fn join_waiting(&mut self, id: FetchId) {
        self.sift(|driver, waiting| {
            if let Need::Kid(kid) = &waiting.need
                && driver.needs_no_fetch(kid)
            {
                return Some(waiting.again(driver.now));
            }
            if waiting.joined == Joined::No {
                waiting.joined = Joined::Own(id);
            }
            None
        });
    }

    /// A fetch has ended; a new set is published already.
    pub(super) fn finish_waiting(&mut self, id: FetchId, failure: Option<&FetchError>) {
        self.sift(|driver, waiting| {
            // Whatever it was for: one fetch after the other would be a convoy.
            if matches!(waiting.need, Need::Fresh(_)) && failure.is_some() {
                return Some(waiting.stale(driver.now));
            }
            if !waiting.has_joined(id) {
                return None;
            }
            match (&waiting.need, failure) {
                (Need::Refresh, None) => Some(waiting.again(driver.now)),
                (Need::Refresh, Some(failure)) => {
                    let retry_at = driver.wall(driver.machine.next_attempt_at());
                    Some(Err(Error::unavailable(None, retry_at, Some(failure.clone()))))
                }
                (Need::Kid(kid), _) if driver.needs_no_fetch(kid) => {
                    Some(waiting.again(driver.now))
                }
                (Need::Kid(_), None) if waiting.joined == Joined::Earlier(id) => {
                    waiting.joined = Joined::No;
                    None
                }
                (Need::Kid(_), failure) => Some(Err(driver.unknown_kid(failure))),
                (Need::Fresh(_) | Need::Keys, _) => {
                    waiting.joined = Joined::No;
                    None
                }
            }
        });
    }

    /// The fetch in flight came to nothing: by an invalidation, or because its answer outlived its
    /// trust.
    pub(super) fn detach_waiting(&mut self) {
        for waiting in &mut self.waiting {
            waiting.joined = Joined::No;
        }
    }

    /// Hands out the answers of this poll: after readers have been told, so that who is woken by a
    /// failure finds it in the status too.
    pub(super) fn give_answers(&mut self) {
        for (waiting, outcome) in self.answers.drain(..) {
            waiting.give(outcome);
        }
    }

    pub(super) fn release_waiting(&mut self, enlisted: Vec<Waiter>) {
        self.admit(enlisted);
        for waiting in self.waiting.drain(..) {
            waiting.give(Err(Error::stopped()));
        }
    }

    /// A miss that wants a fetch.
    pub(super) fn report_miss(&mut self, kid: Option<&str>) {
        if self.machine.miss_opens_at(self.now, Miss::Kid).is_none() {
            // One fetch, one event: a flood must not fill the log.
            if !self.machine.wants_miss() {
                self.report.unknown_kid(kid);
            }
            self.machine.handle_miss(self.now, Miss::Kid);
        }
    }

    /// Asks `decide` about every caller, in the order of their coming; those about whom it is sure
    /// get their answer at the end of the poll, and those who have left are forgotten.
    fn sift(&mut self, mut decide: impl FnMut(&mut Self, &mut Waiting) -> Verdict) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain(|waiting| !waiting.answer.is_canceled());
        for mut waiting in waiting {
            match decide(self, &mut waiting) {
                Some(outcome) => self.answers.push((waiting, outcome)),
                None => self.waiting.push(waiting),
            }
        }
    }

    fn decide(&mut self, waiting: &mut Waiting) -> Verdict {
        let now = self.now;
        match &waiting.need {
            Need::Fresh(generation) => {
                if self.current.generation != *generation {
                    Some(waiting.again(now))
                } else if self.machine.gate(now) == Gate::Open || now >= waiting.until {
                    Some(waiting.stale(now))
                } else {
                    None
                }
            }
            Need::Keys if self.current.held.is_some() => Some(waiting.again(now)),
            Need::Keys => {
                let retry_at = self.machine.next_attempt_at();
                let hopeless = self.machine.in_flight().is_none() && retry_at >= waiting.until;
                if now >= waiting.until || (hopeless && retry_at > now) {
                    Some(Err(self.report.unavailable(self.wall(retry_at))))
                } else {
                    None
                }
            }
            Need::Kid(kid) => {
                if self.needs_no_fetch(kid) {
                    return Some(waiting.again(now));
                }
                if now >= waiting.until {
                    return Some(Err(Error::undecided_kid()));
                }
                if waiting.joined != Joined::No {
                    return None;
                }
                if let Some(id) = self.machine.in_flight() {
                    waiting.joined = Joined::Earlier(id);
                    return None;
                }
                if self.machine.miss_opens_at(now, Miss::Kid).is_some() {
                    let failure = self.report.last_failure().cloned();
                    return Some(Err(self.unknown_kid(failure.as_ref())));
                }
                let kid = kid.clone();
                self.report_miss(Some(&kid));
                None
            }
            Need::Refresh if waiting.joined == Joined::No => {
                let retry_at = self.machine.handle_refresh(now).err()?;
                let failure = self.report.last_failure().cloned();
                Some(Err(Error::unavailable(None, self.wall(retry_at), failure)))
            }
            Need::Refresh => None,
        }
    }

    /// Whether the current set answers for this kid: it holds it, the kid is denied, or there is no
    /// set and the caller has to wait for one.
    fn needs_no_fetch(&self, kid: &str) -> bool {
        self.is_denied(kid) || self.current.held.as_ref().is_none_or(|held| held.keys.contains(kid))
    }

    fn unknown_kid(&self, failure: Option<&FetchError>) -> Error {
        let opens_at = self.machine.miss_opens_at(self.now, Miss::Kid);
        Error::unknown_kid(opens_at.and_then(|at| self.wall(at)), failure.cloned())
    }
}

//! Decides when the service is asked about an `iss`, what its word is worth and for how long, and
//! which issuers are kept. No I/O, no clock, and of a token's text nothing but keyed hashes.
//!
//! Callers [`ask`](Desk::ask), without a clock. Whoever runs the calls says what time it is
//! ([`handle_timeout`](Desk::handle_timeout)), which issuers' tokens were accepted
//! ([`handle_use`](Desk::handle_use)), and what the service has answered
//! ([`handle_answer`](Desk::handle_answer)).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::limits::Limits;
use super::refused::Refused;
use crate::refresh::Time;

/// A keyed hash of an `iss`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Iss(pub(super) u64);

/// The service's name for an issuer.
pub(super) type Id = Arc<str>;

/// What a caller is told at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Asked {
    /// The service will be asked.
    Begins,
    /// As many calls run as may run.
    Busy,
    /// The service has said no.
    Refused,
    /// The service has said yes meanwhile: look again.
    Serves,
    /// The service is being asked already.
    Waits,
}

/// What the service has said.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// It could not say.
    Failed,
    No,
    Yes(Id),
}

/// What becomes of an `iss`, and what those are told who wait for it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    /// It serves. `new`: its issuer was not kept before.
    Admitted {
        new: bool,
    },
    /// It is not known whether it may serve.
    Busy,
    /// There is no place for its issuer, before this time at the earliest.
    Full {
        until: Time,
    },
    /// The answer was not awaited any more.
    Late,
    Refused,
    /// The service could not say, so that its earlier yes still counts.
    ServesOn,
}

/// What is to be done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Output {
    /// Ask the service about it.
    Call(Iss),
    /// The issuer goes, and everything of it.
    Evict(Id),
    /// End the call, which takes too long.
    GiveUp(Iss, Outcome),
    /// It does not serve now. `for_good`: its yes is void too.
    Withdraw { iss: Iss, for_good: bool },
}

#[derive(Debug)]
pub(super) struct Desk {
    limits: Limits,
    calls: BTreeMap<Iss, Call>,
    refused: Refused,
    consents: BTreeMap<Iss, Consent>,
    issuers: BTreeMap<Id, Kept>,
    /// When uses are to be reported next.
    look_at: Option<Time>,
}

#[derive(Debug)]
struct Call {
    /// None: it has not begun.
    until: Option<Time>,
}

/// A yes of the service.
#[derive(Debug)]
struct Consent {
    id: Id,
    said_at: Time,
    /// When to ask again.
    ask_at: Time,
    /// Used since the service was asked.
    used: bool,
    /// Otherwise the next caller asks, and waits.
    serves: bool,
}

/// An issuer that is kept.
#[derive(Debug)]
struct Kept {
    used_at: Time,
}

impl Desk {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            calls: BTreeMap::new(),
            refused: Refused::default(),
            consents: BTreeMap::new(),
            issuers: BTreeMap::new(),
            look_at: None,
        }
    }

    /// A caller has a token of this `iss`, which does not serve now.
    pub(super) fn ask(&mut self, iss: Iss) -> Asked {
        if self.refused.contains(iss) {
            Asked::Refused
        } else if self.serves(iss) {
            Asked::Serves
        } else if self.calls.contains_key(&iss) {
            Asked::Waits
        } else if self.calls.len() >= self.limits.calls {
            Asked::Busy
        } else {
            self.calls.insert(iss, Call { until: None });
            Asked::Begins
        }
    }

    /// What [`ask`](Self::ask) would say, without a call. None: it would begin one.
    pub(super) fn peek(&self, iss: Iss) -> Option<Asked> {
        if self.refused.contains(iss) {
            Some(Asked::Refused)
        } else if self.serves(iss) {
            Some(Asked::Serves)
        } else {
            self.calls.contains_key(&iss).then_some(Asked::Waits)
        }
    }

    pub(super) fn serves(&self, iss: Iss) -> bool {
        self.consents.get(&iss).is_some_and(|consent| consent.serves)
    }

    /// Whether a call runs, or is to begin.
    pub(super) fn is_asked(&self, iss: Iss) -> bool {
        self.calls.contains_key(&iss)
    }

    /// Tokens of this `iss` were accepted since the last report.
    pub(super) fn handle_use(&mut self, now: Time, iss: Iss) {
        if let Some(consent) = self.consents.get_mut(&iss) {
            consent.used = true;
            if let Some(issuer) = self.issuers.get_mut(&consent.id) {
                issuer.used_at = issuer.used_at.max(now);
            }
        }
    }

    /// The service has answered. `is_failed` says whether the keys of an issuer cannot be loaded.
    pub(super) fn handle_answer(
        &mut self,
        now: Time,
        iss: Iss,
        answer: Answer,
        is_failed: impl Fn(&Id) -> bool,
        outputs: &mut Vec<Output>,
    ) -> Outcome {
        if self.calls.remove(&iss).is_none() {
            return Outcome::Late;
        }
        match answer {
            Answer::Failed => self.fail(now, iss),
            Answer::No => {
                self.revoke(iss, outputs);
                let until = now + self.limits.refusal;
                self.refused.insert(iss, until, self.limits.remembered);
                Outcome::Refused
            }
            Answer::Yes(id) => self.admit(now, iss, id, is_failed, outputs),
        }
    }

    /// Somebody has given it up by hand.
    pub(super) fn give_up(&mut self, iss: Iss, outputs: &mut Vec<Output>) {
        self.revoke(iss, outputs);
    }

    /// Time has passed: says what is due.
    pub(super) fn handle_timeout(&mut self, now: Time) -> Vec<Output> {
        let mut outputs = Vec::new();
        self.refused.forget(now);
        let late = |call: &Call| call.until.is_some_and(|until| now >= until);
        let late: Vec<Iss> =
            self.calls.iter().filter(|(_, call)| late(call)).map(|(iss, _)| *iss).collect();
        for iss in late {
            self.calls.remove(&iss);
            let outcome = self.fail(now, iss);
            outputs.push(Output::GiveUp(iss, outcome));
        }
        self.end_consents(now, &mut outputs);
        let forget = self.limits.forget_unused;
        let unused = |kept: &Kept| now.saturating_since(kept.used_at) >= forget;
        let unused: Vec<Id> = self
            .issuers
            .iter()
            .filter(|(_, kept)| unused(kept))
            .map(|(id, _)| Arc::clone(id))
            .collect();
        for id in unused {
            self.evict(id, &mut outputs);
        }
        self.begin_calls(now, &mut outputs);
        self.look_at = (!self.consents.is_empty()).then(|| now + LOOK_EVERY);
        outputs
    }

    /// When to report uses and call [`handle_timeout`](Self::handle_timeout) next.
    pub(super) fn poll_timeout(&self) -> Option<Time> {
        let calls = self.calls.values().map(|call| call.until.unwrap_or(Time::ZERO));
        let has_room = self.calls.len() < self.limits.calls;
        let consents = self.consents.iter().map(|(iss, consent)| {
            let asks = consent.serves && !self.calls.contains_key(iss);
            // One that is not used ends, which needs no room.
            let waits = consent.used && !has_room;
            let ask_at = if asks && !waits { consent.ask_at } else { Time::MAX };
            ask_at.min(consent.said_at + self.limits.consent_if_error)
        });
        let issuers = self.issuers.values().map(|kept| kept.used_at + self.limits.forget_unused);
        let rest = self.refused.next_end().into_iter().chain(self.look_at);
        calls.chain(consents).chain(issuers).chain(rest).filter(|at| *at < Time::MAX).min()
    }

    /// The service could not say.
    fn fail(&mut self, now: Time, iss: Iss) -> Outcome {
        let most = self.limits.consent_if_error;
        match self.consents.get_mut(&iss) {
            Some(consent) if now.saturating_since(consent.said_at) < most => {
                consent.serves = true;
                consent.used = false;
                consent.ask_at = now + ASK_AGAIN;
                Outcome::ServesOn
            }
            _ => Outcome::Busy,
        }
    }

    fn admit(
        &mut self,
        now: Time,
        iss: Iss,
        id: Id,
        is_failed: impl Fn(&Id) -> bool,
        outputs: &mut Vec<Output>,
    ) -> Outcome {
        if self.consents.get(&iss).is_some_and(|consent| consent.id != id) {
            self.revoke(iss, outputs);
        }
        let new = !self.issuers.contains_key(&id);
        if new {
            if let Err(until) = self.make_room(now, is_failed, outputs) {
                return Outcome::Full { until };
            }
            self.issuers.insert(Arc::clone(&id), Kept { used_at: now });
        }
        if !self.consents.contains_key(&iss) && self.consents.len() >= self.limits.remembered {
            let oldest =
                self.consents.iter().min_by_key(|(_, it)| (it.serves, it.used, it.said_at));
            if let Some(oldest) = oldest.map(|(iss, _)| *iss) {
                self.consents.remove(&oldest);
                outputs.push(Output::Withdraw { iss: oldest, for_good: true });
            }
        }
        self.look_at.get_or_insert(now + LOOK_EVERY);
        let ask_at = now + self.limits.consent;
        let consent = Consent { id, said_at: now, ask_at, used: false, serves: true };
        self.consents.insert(iss, consent);
        Outcome::Admitted { new }
    }

    /// A place for one more issuer. Only one that is not used goes for it, those whose keys cannot
    /// be loaded first; otherwise, the time at which the first may go.
    fn make_room(
        &mut self,
        now: Time,
        is_failed: impl Fn(&Id) -> bool,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Time> {
        if self.issuers.len() < self.limits.issuers {
            return Ok(());
        }
        let least = self.limits.evict_unused;
        let unused = self
            .issuers
            .iter()
            .filter(|(_, kept)| now.saturating_since(kept.used_at) >= least)
            .min_by_key(|(id, kept)| (!is_failed(id), kept.used_at))
            .map(|(id, _)| Arc::clone(id));
        let Some(unused) = unused else {
            let first = self.issuers.values().map(|kept| kept.used_at + least).min();
            return Err(first.unwrap_or(now));
        };
        self.evict(unused, outputs);
        Ok(())
    }

    fn evict(&mut self, id: Id, outputs: &mut Vec<Output>) {
        self.issuers.remove(&id);
        self.consents.retain(|_, consent| consent.id != id);
        outputs.push(Output::Evict(id));
    }

    /// Its yes is void. An issuer that no `iss` leads to any more goes.
    fn revoke(&mut self, iss: Iss, outputs: &mut Vec<Output>) {
        let Some(Consent { id, .. }) = self.consents.remove(&iss) else { return };
        outputs.push(Output::Withdraw { iss, for_good: true });
        if !self.consents.values().any(|consent| consent.id == id) {
            self.evict(id, outputs);
        }
    }

    /// Each yes that is old is asked for again beside the callers, if it was used; otherwise the
    /// next caller will ask.
    fn end_consents(&mut self, now: Time, outputs: &mut Vec<Output>) {
        let (limits, calls) = (self.limits, &mut self.calls);
        self.consents.retain(|iss, consent| {
            if now.saturating_since(consent.said_at) >= limits.consent_if_error {
                outputs.push(Output::Withdraw { iss: *iss, for_good: true });
                return false;
            }
            if consent.serves && now >= consent.ask_at && !calls.contains_key(iss) {
                if !consent.used {
                    consent.serves = false;
                    outputs.push(Output::Withdraw { iss: *iss, for_good: false });
                } else if calls.len() < limits.calls {
                    calls.insert(*iss, Call { until: None });
                }
            }
            true
        });
    }

    fn begin_calls(&mut self, now: Time, outputs: &mut Vec<Output>) {
        let until = now + self.limits.call_timeout;
        for (iss, call) in self.calls.iter_mut().filter(|(_, call)| call.until.is_none()) {
            call.until = Some(until);
            outputs.push(Output::Call(*iss));
        }
    }

    #[cfg(test)]
    pub(super) fn sizes(&self) -> [usize; 4] {
        [self.calls.len(), self.refused.len(), self.consents.len(), self.issuers.len()]
    }
}

/// While consents serve, uses are reported so often at least.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The service is asked again so long after it could not say, if the `iss` is used.
const ASK_AGAIN: Duration = Duration::from_secs(10);

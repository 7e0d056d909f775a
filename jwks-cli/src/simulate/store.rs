//! The shared store, modelled: what instances tell each other through Redis, as `jwks-redis` does.

use std::time::Duration;

use jwks_core::refresh::Time;

use super::issuer::Outcome;

/// What `jwks-redis` shares by, at its defaults.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// For how long an answer may serve others.
    pub(super) serve_for: Duration,
    /// So many times as long one that has the keys which callers wait for.
    finds: u32,
    time_limit: Duration,
    first_failure: Duration,
    longest_failure: Duration,
}

impl Terms {
    pub(super) fn new(lifetime: Duration) -> Self {
        Self {
            serve_for: (lifetime / 10).max(Duration::from_millis(1)),
            finds: 5,
            time_limit: Duration::from_millis(50),
            first_failure: Duration::from_millis(250),
            longest_failure: Duration::from_secs(10),
        }
    }
}

#[derive(Debug)]
pub(super) struct Store {
    terms: Terms,
    number: u64,
    answer: Option<Shared>,
    failure: Option<Failure>,
    /// Until when they are held; there is a second one for those who wait for long.
    locks: [Option<Time>; 2],
}

#[derive(Clone, Copy, Debug)]
struct Shared {
    number: u64,
    sent: Time,
    past_caches: bool,
    version: u32,
}

#[derive(Clone, Copy, Debug)]
struct Failure {
    number: u64,
    at: Time,
    holds: Duration,
    streak: u32,
}

/// What an instance knows of the answers that it took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    number: u64,
    sent: Time,
    version: Option<u32>,
}

/// One attempt of an instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) begun: Time,
    pub(super) time_limit: Duration,
    /// Whether it must pass caches by.
    pub(super) past_caches: bool,
    /// Whether callers wait for keys that the held set lacks.
    pub(super) wants_keys: bool,
    /// The version that has them, if any does.
    pub(super) wanted: Option<u32>,
    counted: Option<u64>,
    streak: u32,
    /// The number and the lock under which it fetches.
    lease: Option<(u64, usize, Time)>,
}

/// What an attempt does next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Look {
    /// It looks again then.
    Wait(Time),
    /// It asks the issuer; the others wait for it.
    Fetch,
    Take {
        outcome: Outcome,
        age: Duration,
    },
}

impl Attempt {
    pub(super) const fn new(begun: Time, time_limit: Duration, past_caches: bool) -> Self {
        Self {
            begun,
            time_limit,
            past_caches,
            wants_keys: false,
            wanted: Some(0),
            counted: None,
            streak: 0,
            lease: None,
        }
    }
}

impl Store {
    pub(super) const fn new(terms: Terms) -> Self {
        Self { terms, number: 0, answer: None, failure: None, locks: [None; 2] }
    }

    /// `pause`: how long until the next look, while another fetches.
    pub(super) fn look(
        &mut self,
        now: Time,
        attempt: &mut Attempt,
        seen: &mut Seen,
        pause: Duration,
    ) -> Look {
        if let Some(taken) = self.choose(now, attempt, seen) {
            return taken;
        }
        let long = attempt.begun + attempt.time_limit / 2;
        let which = usize::from(now >= long);
        let lock = self.locks.get(which).copied().flatten().filter(|&until| now < until);
        match lock {
            Some(until) => {
                let soon = (until + pause).max(now + pause);
                Look::Wait(if now < long { soon.min(long) } else { soon })
            }
            None => {
                self.number = self.number.max(seen.number) + 1;
                attempt.lease = Some((self.number, which, now));
                Look::Fetch
            }
        }
    }

    /// The lock is held until the answer is there.
    pub(super) fn hold(&mut self, attempt: &Attempt, until: Time) {
        if let Some((_, which, _)) = attempt.lease
            && let Some(lock) = self.locks.get_mut(which)
        {
            *lock = Some(until);
        }
    }

    /// The answer of the issuer has come.
    pub(super) fn publish(
        &mut self,
        now: Time,
        attempt: &Attempt,
        outcome: Outcome,
        seen: &mut Seen,
    ) {
        let Some((number, which, sent)) = attempt.lease else { return };
        if let Some(lock) = self.locks.get_mut(which) {
            *lock = None;
        }
        if let Outcome::Keys(version) = outcome {
            *seen =
                Seen { number: seen.number.max(number), sent: seen.sent, version: Some(version) };
        }
        if self.answer.is_some_and(|answer| answer.number > number) {
            return;
        }
        match outcome {
            Outcome::Keys(version) => {
                let past_caches = attempt.past_caches;
                self.answer = Some(Shared { number, sent, past_caches, version });
            }
            Outcome::Away | Outcome::Told | Outcome::TooMany(_) => {
                let streak = attempt.streak.saturating_add(1);
                let pause = self.terms.first_failure.saturating_mul(1 << (streak - 1).min(16));
                let asked = match outcome {
                    Outcome::TooMany(retry_after) => retry_after,
                    _ => Duration::ZERO,
                };
                let holds = pause.max(asked).min(self.terms.longest_failure);
                self.failure = Some(Failure { number, at: now, holds, streak });
            }
        }
    }

    /// The shared value that does in place of a fetch.
    fn choose(&self, now: Time, attempt: &mut Attempt, seen: &mut Seen) -> Option<Look> {
        let last = self.answer.map_or(0, |answer| answer.number);
        let failed = self.failure.map_or(0, |failure| failure.number);
        let known = self.number.max(last).max(failed).max(seen.number);
        let counted = *attempt.counted.get_or_insert(known);
        if let Some(answer) = self.answer
            && let Some(age) = self.does(now, attempt, counted, seen, answer)
        {
            seen.number = seen.number.max(answer.number);
            seen.version = Some(answer.version);
            return Some(Look::Take { outcome: Outcome::Keys(answer.version), age });
        }
        attempt.streak = 0;
        let failure = self.failure.filter(|failure| failure.number > last)?;
        attempt.streak = failure.streak;
        let age = now.saturating_since(failure.at);
        (age <= failure.holds).then_some(Look::Take { outcome: Outcome::Told, age })
    }

    fn does(
        &self,
        now: Time,
        attempt: &Attempt,
        counted: u64,
        seen: &Seen,
        answer: Shared,
    ) -> Option<Duration> {
        let serves = self.terms.serve_for;
        let age = now.saturating_since(answer.sent);
        let is_after = answer.number > counted
            && (answer.past_caches || !attempt.past_caches)
            && age <= now.saturating_since(attempt.begun) + serves;
        let has_all = attempt.wanted.is_some_and(|wanted| answer.version >= wanted);
        let finds = attempt.past_caches && attempt.wants_keys;
        let longest = if finds { serves * self.terms.finds } else { serves };
        let is_same = attempt.past_caches && seen.version == Some(answer.version);
        let is_young = age <= longest && answer.sent >= seen.sent && has_all && !is_same;
        (is_after || is_young).then_some(age)
    }

    /// How long one who waits sleeps between two looks, at least and at most.
    pub(super) fn pauses(&self) -> (Duration, Duration) {
        (self.terms.time_limit / 10, self.terms.time_limit * 2 / 5)
    }
}

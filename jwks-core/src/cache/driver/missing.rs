//! Callers whose token finds no key in the held set, and the budget of fetches for them.

use std::sync::Arc;
use std::time::SystemTime;

use super::super::error::Decision;
use super::super::misses::{Memory, Note, Standing, Terms};
use super::super::room::{Answer, Seat, Tally};
use super::super::{Error, FetchError};
use super::IssuerDriver;
use crate::keys::Skipped;
use crate::refresh::{Miss, Time};

/// What the driver keeps of misses.
#[derive(Debug, Default)]
pub(super) struct Missing {
    /// Kids of which the issuer has just said that it has no such key.
    absent: Memory,
    /// Kids that callers who do not wait have missed, and for which no fetch has ended yet.
    noted: Vec<Box<str>>,
    published: Option<Published>,
}

/// What the standing answer was made of.
#[derive(Debug)]
struct Published {
    generation: u64,
    opens_at: [Option<Time>; 4],
    absent: Arc<[u64]>,
    followed: [bool; 4],
    has_room: bool,
}

impl Missing {
    /// The kids of callers who do not wait.
    pub(super) fn noted(&self) -> impl Iterator<Item = &str> {
        self.noted.iter().map(|kid| &**kid)
    }
}

impl IssuerDriver {
    /// Decides for a caller who missed its key, and for whom no fetch has been made yet. It waits
    /// for the fetch in flight, if there is one; else for its own, if the budget allows it now, or
    /// soon enough.
    pub(super) fn decide_for_miss(
        &mut self,
        seat: &mut Seat,
        miss: Miss,
        others: &Tally,
    ) -> Option<Answer> {
        if self.machine.in_flight().is_some() {
            return None;
        }
        let opens_at = self.report_miss(miss, seat.kid.as_deref())?;
        let absent = seat.kid.as_deref().is_some_and(|kid| self.is_absent(kid));
        let has_room = others.undecided < self.shared.policy.max_waiting_undecided();
        if is_by_kid(miss) && !absent && has_room && opens_at < seat.until {
            seat.undecided = true;
            return None;
        }
        Some(Err(self.undecided(seat, miss)))
    }

    /// The issuer has just said that it does not have this caller's key.
    pub(super) fn remember_absent(&mut self, seat: &Seat, miss: Miss) {
        if let Some(kid) = seat.kid.as_deref().filter(|_| is_by_kid(miss)) {
            self.remember(kid);
        }
    }

    /// What callers who do not wait have noted. While a fetch is in flight the notes stay where
    /// they are, so that repeating them wakes nobody.
    pub(super) fn receive_notes(&mut self) {
        // Of whatever set: the machine knows whether the current one needs it.
        if self.shared.wanted.take().is_some() {
            // The wish may be newer than the uses collected so far, which are its cause.
            self.collect();
            self.machine.handle_ask(self.now);
        }
        for Note { miss, kid, generation } in self.shared.notes().take() {
            let Some(held) = &self.current.held else { continue };
            let gone = kid.as_deref().is_some_and(|kid| !held.keys.contains(kid));
            if !gone && generation != self.current.generation {
                continue;
            }
            self.report_miss(miss, kid.as_deref());
            if let Some(kid) = kid.filter(|kid| gone && !self.missing.noted.contains(kid))
                && self.missing.noted.len() < MOST_NOTED
            {
                self.missing.noted.push(kid);
            }
        }
    }

    /// A fetch has ended. If the issuer itself has `answered`, it does not have the noted kids that
    /// are still missing.
    pub(super) fn resolve_noted_kids(&mut self, answered: bool) {
        let noted = std::mem::take(&mut self.missing.noted);
        let Some(held) = self.current.held.as_ref().filter(|_| answered) else { return };
        let keys = Arc::clone(&held.keys);
        for kid in noted.iter().filter(|kid| !keys.contains(kid)) {
            self.remember(kid);
        }
    }

    /// The error for a caller whose key may exist, although the issuer has not been asked for it.
    pub(super) fn undecided(&self, seat: &Seat, miss: Miss) -> Error {
        // The end of a fetch that runs may change everything.
        let ends_at = self.machine.in_flight_until();
        let retry_at = ends_at.map_or_else(|| self.miss_opens_at(miss), |at| self.wall(at));
        Error::unknown_kid(self.skipped(seat), Decision::Undecided { retry_at })
    }

    /// The error for a caller whose fetch has failed.
    pub(super) fn miss_failed(&self, seat: &Seat, miss: Miss, failure: &FetchError) -> Error {
        let retry_at = self.miss_opens_at(miss);
        let decision = Decision::Failed { retry_at, failure: failure.clone() };
        Error::unknown_kid(self.skipped(seat), decision)
    }

    /// When such a miss may cause a fetch, which may be now.
    fn miss_opens_at(&self, miss: Miss) -> Option<SystemTime> {
        self.wall(self.machine.miss_opens_at(self.now, miss).unwrap_or(self.now))
    }

    /// Publishes the answer that misses get at once, if there is one and it has changed.
    pub(super) fn publish_standing(&mut self) {
        let ends_at = self.machine.in_flight_until().and_then(|at| self.wall(at));
        self.shared.set_fetch_until(ends_at);
        let asked = self.current.held.is_none() || self.machine.in_flight().is_some();
        let opens_at = MISSES.map(|miss| self.machine.miss_opens_at(self.now, miss));
        if asked || opens_at.iter().all(Option::is_none) {
            if self.missing.published.take().is_some() {
                self.shared.set_standing(None);
            }
            return;
        }
        let generation = self.current.generation;
        let absent = self.missing.absent.published(self.now);
        // Not each class opens as soon as the fetch for another one that is remembered.
        let next = self.machine.next_fetch().filter(|_| self.machine.wants_miss());
        let followed = opens_at.map(|at| at.zip(next).is_some_and(|(at, next)| next.at <= at));
        let most = self.shared.policy.max_waiting_undecided();
        let has_room = self.shared.room.tally().undecided < most;
        let new = Published { generation, opens_at, absent, followed, has_room };
        if self.missing.published.as_ref().is_some_and(|old| old.is_as(&new)) {
            return;
        }
        let terms = |n: usize, miss| Terms {
            miss,
            opens_at: opens_at.get(n).copied().flatten().and_then(|at| self.wall(at)),
            followed: followed.get(n).copied().unwrap_or_default(),
        };
        let [kid, kidless, signature, skipped] = MISSES;
        let terms = [terms(0, kid), terms(1, kidless), terms(2, signature), terms(3, skipped)];
        let absent = Arc::clone(&new.absent);
        self.shared.set_standing(Some(Standing { generation, terms, absent, has_room }));
        self.missing.published = Some(new);
    }

    /// Reports a miss to the machine, which remembers it: a fetch follows as soon as the budget
    /// allows, at the time that is given, or now. But a kid that the issuer has just been asked for
    /// in vain is not worth another one later.
    fn report_miss(&mut self, miss: Miss, kid: Option<&str>) -> Option<Time> {
        let opens_at = self.machine.miss_opens_at(self.now, miss);
        if opens_at.is_some() && is_by_kid(miss) && kid.is_some_and(|kid| self.is_absent(kid)) {
            return opens_at;
        }
        // One fetch, one event: a flood must not fill the log.
        if is_by_kid(miss) && !self.machine.wants_miss() {
            self.report.unknown_kid(kid);
        }
        self.machine.handle_miss(self.now, miss);
        opens_at
    }

    fn remember(&mut self, kid: &str) {
        let until = self.now + self.shared.policy.unknown_kid_cooldown();
        self.missing.absent.remember(self.shared.hash_kid(kid), until);
    }

    fn is_absent(&self, kid: &str) -> bool {
        self.missing.absent.contains(self.shared.hash_kid(kid), self.now)
    }

    fn skipped(&self, seat: &Seat) -> Option<Skipped> {
        let held = self.current.held.as_ref()?;
        let kid = seat.kid.as_deref().filter(|kid| !held.keys.contains(kid))?;
        held.keys.skipped_kid(kid).cloned()
    }
}

impl Published {
    fn is_as(&self, new: &Self) -> bool {
        self.generation == new.generation
            && self.opens_at == new.opens_at
            && Arc::ptr_eq(&self.absent, &new.absent)
            && self.followed == new.followed
            && self.has_room == new.has_room
    }
}

/// Whether the kid itself is missing, rather than a key that fits.
const fn is_by_kid(miss: Miss) -> bool {
    matches!(miss, Miss::Kid | Miss::Skipped)
}

const MISSES: [Miss; 4] = [Miss::Kid, Miss::Kidless, Miss::Signature, Miss::Skipped];

/// More than an issuer has keys.
const MOST_NOTED: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_has_changed_is_published() {
        let absent: Arc<[u64]> = Arc::new([7]);
        let old = || Published {
            generation: 3,
            opens_at: [Some(Time::ZERO); 4],
            absent: Arc::clone(&absent),
            followed: [true; 4],
            has_room: true,
        };
        assert!(old().is_as(&old()));
        for new in [
            Published { generation: 4, ..old() },
            Published { opens_at: [Some(Time::ZERO), None, None, None], ..old() },
            Published { absent: Arc::new([8]), ..old() },
            Published { followed: [true, true, true, false], ..old() },
            Published { has_room: false, ..old() },
        ] {
            assert!(!old().is_as(&new), "{new:?}");
        }
    }
}

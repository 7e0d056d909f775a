//! The callers who wait, and their answers.
//!
//! A new caller is looked at once: if the held keys can answer it, it gets them. Otherwise it
//! waits, for what it lacks at that moment. When a fetch ends, or the held set is lost, all callers
//! are looked at again. When a caller's budget ends, it gets an error that says what it was waiting
//! for.
//!
//! The driver does not record who waits for which fetch. Fetches are numbered as they begin, and a
//! caller knows the last that had begun when it came: a later one is its own.

use super::super::error::Outage;
use super::super::room::{Answer, Lack, Seat, Tally, Whom};
use super::super::snapshot::Word;
use super::super::{Error, FetchError};
use super::IssuerDriver;
use super::report::next_try_at;
use crate::cache::sync::lock;
use crate::refresh::{Gate, Miss, Time};

impl IssuerDriver {
    /// Decides for the callers who have come since the last look, and tells the machine how many
    /// wait.
    pub(super) fn receive_callers(&mut self) {
        self.look_at(Whom::Arrivals(self.now), Self::decide_for);
        self.demand = self.room_demand();
        self.machine.handle_demand(self.now, u64::try_from(self.demand).unwrap_or(u64::MAX));
    }

    /// The held set was withdrawn: decides for all callers again.
    pub(super) fn decide_for_all(&mut self) {
        self.look_at(Whom::All, Self::decide_for);
    }

    /// The last fetch has brought keys, or confirmed them, and they are published.
    pub(super) fn answer_after_success(&mut self) {
        self.resolve_noted_kids(self.current.reading.full);
        let begun = self.begun;
        self.look_at(Whom::All, |driver, seat, others| match seat.lack {
            Lack::Refresh => {
                (begun.by_hand && begun.number > seat.came).then(|| Ok(seat.left(driver.now)))
            }
            _ => driver.decide_for(seat, others),
        });
    }

    /// The last fetch has failed. All who waited for it get that failure, whatever it was for.
    /// Otherwise they would wait for one failing fetch after the other.
    pub(super) fn answer_after_failure(&mut self, failure: &FetchError) {
        self.resolve_noted_kids(false);
        let begun = self.begun;
        let refresh_opens_at = self.machine.refresh_opens_at(self.now);
        let retry_at = refresh_opens_at.unwrap_or_else(|| self.machine.next_attempt_at());
        let refused = self.not_refreshed(retry_at, Some(failure.clone()));
        self.look_at(Whom::All, |driver, seat, _| {
            if seat.lack == Lack::Refresh {
                let served = begun.by_hand && begun.number > seat.came;
                return (served || refresh_opens_at.is_some()).then(|| Err(refused.clone()));
            }
            match driver.lacks(seat) {
                Some(Lack::Keys) => None,
                Some(Lack::Key(miss)) => Some(Err(driver.miss_failed(seat, miss, failure))),
                Some(Lack::Fresh | Lack::Refresh) | None => Some(Ok(seat.left(driver.now))),
            }
        });
    }

    /// Answers the callers whose budgets end, and those who cannot be helped within theirs.
    pub(super) fn end_budgets(&mut self) {
        let (now, cold) = (self.now, self.current.held.is_none());
        let waits_for_attempt = cold && self.machine.in_flight().is_none();
        let next_attempt = waits_for_attempt.then(|| self.machine.next_attempt_at());
        let (mut gave_stale, mut asked) = (false, false);
        let mut unavailable = None;
        // The fetch in flight is not theirs: it began before they came.
        let (mut left_open, foreign) = (Vec::new(), self.begun.number);
        self.look_at(Whom::Due(now.max(next_attempt.unwrap_or(now))), |driver, seat, _| {
            Some(match seat.lack {
                Lack::Fresh => {
                    gave_stale = true;
                    Ok(seat.left(now))
                }
                Lack::Key(miss) => {
                    if driver.machine.in_flight().is_some() && seat.came >= foreign {
                        left_open.push((miss, seat.kid.clone(), seat.generation));
                    }
                    Err(driver.undecided(seat, miss))
                }
                Lack::Keys | Lack::Refresh => {
                    asked = waits_for_attempt;
                    Err(unavailable.get_or_insert_with(|| driver.unavailable()).clone())
                }
            })
        });
        // Heard when that fetch has ended, as the notes of those who did not wait at all.
        for (miss, kid, generation) in left_open {
            self.shared.notes().leave(miss, kid.as_deref(), generation);
        }
        if asked {
            self.machine.handle_ask(now);
        }
        if gave_stale {
            self.machine.handle_stale_given(now);
        }
        self.let_in();
    }

    /// Nobody waits for freshness any more, once the gate has been opened.
    fn let_in(&mut self) {
        if self.shared.room.tally().fresh > 0 && !self.gates_uses() {
            self.decide_for_all();
        }
    }

    /// The driver is dropped: all callers get an answer, from the held set where that is enough.
    pub(super) fn release_callers(&mut self) {
        let stopped = self.shared.no_driver(self.wall_now).unwrap_or_else(|| Error::stopped(false));
        self.look_at(Whom::All, |driver, seat, _| {
            Some(match seat.lack {
                Lack::Fresh => Ok(seat.left(driver.now)),
                Lack::Key(_) | Lack::Keys | Lack::Refresh => Err(stopped.clone()),
            })
        });
        self.answers.give();
    }

    pub(super) fn room_demand(&self) -> usize {
        self.shared.room.tally().demand()
    }

    /// What a caller gets now. `None`: it waits.
    fn decide_for(&mut self, seat: &mut Seat, others: &Tally) -> Option<Answer> {
        let Some(lack) = self.lacks(seat) else { return Some(Ok(seat.left(self.now))) };
        let known = matches!(seat.lack, Lack::Key(_));
        seat.lack = lack;
        match lack {
            Lack::Fresh | Lack::Keys => None,
            Lack::Key(miss) => match self.current.reading.word(seat.came) {
                // The caller sees the same, and what it means.
                Word::Final => {
                    self.remember_absent(seat, miss);
                    Some(Ok(seat.left(self.now)))
                }
                Word::Inconclusive => Some(Ok(seat.left(self.now))),
                Word::Older if !known && others.misses >= self.shared.room.most_misses() => {
                    Some(Err(self.undecided(seat, miss)))
                }
                Word::Older => self.decide_for_miss(seat, miss, others),
            },
            Lack::Refresh => {
                let own = self.begun.by_hand && self.begun.number > seat.came;
                if own && self.machine.in_flight().is_some() {
                    return None;
                }
                let retry_at = self.machine.handle_refresh(self.now).err()?;
                let failure = self.report.last_failure().cloned();
                Some(Err(self.not_refreshed(retry_at, failure)))
            }
        }
    }

    /// What a caller lacks in the current set. Whether its token has a good signature, or its kid
    /// is that of a key for another issuer, only the caller can tell, so its own word counts for as
    /// long as the set is the one that it has looked at.
    fn lacks(&self, seat: &Seat) -> Option<Lack> {
        if seat.lack == Lack::Refresh {
            return Some(Lack::Refresh);
        }
        if seat.kid.as_deref().is_some_and(|kid| self.is_denied(kid)) {
            return None;
        }
        let Some(held) = &self.current.held else { return Some(Lack::Keys) };
        if let Some(kid) = seat.kid.as_deref().filter(|kid| !held.keys.contains(kid)) {
            let skipped = held.keys.skipped_kid(kid).is_some();
            return Some(Lack::Key(if skipped { Miss::Skipped } else { Miss::Kid }));
        }
        let same = self.current.generation == seat.generation;
        match seat.lack {
            // That a kid was denied meanwhile makes no fresh set of it.
            Lack::Fresh => Some(Lack::Fresh)
                .filter(|_| self.current.since <= seat.generation && self.gates_uses()),
            Lack::Key(miss) => Some(Lack::Key(miss)).filter(|_| same),
            Lack::Keys | Lack::Refresh => None,
        }
    }

    fn gates_uses(&self) -> bool {
        matches!(self.machine.gate(self.now), Gate::Closed | Gate::Counted)
    }

    /// Why there are no keys: the last failure, and what is being waited for.
    fn unavailable(&self) -> Error {
        let fetching = self.machine.in_flight().map(|_| self.begun.at);
        let retry_at = self.wall(next_try_at(&self.machine));
        self.report.unavailable(self.place_shown(), retry_at, fetching)
    }

    /// Why a refresh by hand failed.
    fn not_refreshed(&self, retry_at: Time, failure: Option<FetchError>) -> Error {
        let (place, retry_at) = (self.place_shown(), self.wall(retry_at));
        let outage = Outage { place, by_hand: true, retry_at, failure, ..Outage::default() };
        Error::unavailable(outage)
    }

    fn place_shown(&self) -> Box<str> {
        lock(&self.shared.board).place.as_str().into()
    }

    /// Calls `decide` for these callers, in the order in which they came. Those for whom it returns
    /// an answer get it at the end of the poll.
    fn look_at(
        &mut self,
        whom: Whom,
        mut decide: impl FnMut(&mut Self, &mut Seat, &Tally) -> Option<Answer>,
    ) {
        let (shared, mut answers) = (self.shared.clone(), std::mem::take(&mut self.answers));
        shared.room.look_at(whom, &mut answers, |seat, others| decide(self, seat, others));
        self.answers = answers;
    }
}

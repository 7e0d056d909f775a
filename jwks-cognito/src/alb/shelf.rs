//! Which keys are held, and which may be asked for: the rules, without I/O and without a clock.
//!
//! Whoever knows a load balancer's name can send tokens with invented kids, and each kid has a URL of
//! its own. So the kids that are asked for are counted ([`BURST`], one per [`EVERY`]), and one that
//! was not there is not asked for again for a while. A key that has verified something gives way to
//! none that has not, unless all places are taken by such keys.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use super::kid::Kid;

#[derive(Debug)]
pub(super) struct Shelf {
    places: Vec<Option<Place>>,
    /// Kids that were not to be had, the oldest first.
    missing: VecDeque<(Kid, SystemTime)>,
    /// How many may be asked for now, and since when that is known.
    left: u32,
    counted_at: SystemTime,
    /// Counts what happens, for the order of places.
    events: u64,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    kid: Kid,
    /// Whether it has verified anything, and when it was used last.
    rank: (bool, u64),
}

/// What to do for a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Word {
    /// The key is at this place, or is being fetched.
    Held(usize),
    /// It may be fetched now, to this place. Who was there has to go.
    Fetch { place: usize, instead_of: Option<Kid> },
    /// It was not there a short time ago.
    Missing { until: SystemTime },
    /// Too many others were asked for.
    Spent { until: SystemTime },
}

impl Shelf {
    pub(super) fn new(places: usize, now: SystemTime) -> Self {
        Self {
            places: vec![None; places.max(1)],
            missing: VecDeque::new(),
            left: BURST,
            counted_at: now,
            events: 0,
        }
    }

    pub(super) fn ask(&mut self, now: SystemTime, kid: Kid) -> Word {
        if let Some(place) = self.find(kid) {
            return Word::Held(place);
        }
        self.missing.retain(|(_, until)| now < *until);
        if let Some((_, until)) = self.missing.iter().find(|(missing, _)| *missing == kid) {
            return Word::Missing { until: *until };
        }
        self.refill(now);
        let Some(left) = self.left.checked_sub(1) else {
            return Word::Spent { until: self.counted_at + EVERY };
        };
        self.left = left;
        let free = self.places.iter().position(Option::is_none);
        let place = free.unwrap_or_else(|| self.least());
        let rank = (false, self.next());
        let before = self.places.get_mut(place).and_then(|at| at.replace(Place { kid, rank }));
        Word::Fetch { place, instead_of: before.map(|place| place.kid) }
    }

    /// Whether this key has a place.
    pub(super) fn holds(&self, kid: Kid) -> bool {
        self.find(kid).is_some()
    }

    /// A signature of this key was good.
    pub(super) fn used(&mut self, kid: Kid) {
        let rank = (true, self.next());
        if let Some(place) = self.places.iter_mut().flatten().find(|place| place.kid == kid) {
            place.rank = rank;
        }
    }

    /// The key could not be had. False: somebody else has said so already.
    pub(super) fn failed(&mut self, now: SystemTime, kid: Kid, pause: Duration) -> bool {
        let Some(place) = self.find(kid).and_then(|place| self.places.get_mut(place)) else {
            return false;
        };
        *place = None;
        if self.missing.len() >= MOST_MISSING {
            self.missing.pop_front();
        }
        self.missing.push_back((kid, now + pause));
        true
    }

    fn find(&self, kid: Kid) -> Option<usize> {
        self.places.iter().position(|place| place.is_some_and(|place| place.kid == kid))
    }

    /// The place whose key can be spared first.
    fn least(&self) -> usize {
        let ranks = self.places.iter().map(|place| place.map(|place| place.rank));
        ranks.enumerate().min_by_key(|(_, rank)| *rank).map_or(0, |(at, _)| at)
    }

    const fn next(&mut self) -> u64 {
        self.events += 1;
        self.events
    }

    fn refill(&mut self, now: SystemTime) {
        match now.duration_since(self.counted_at) {
            Ok(passed) => {
                let more = passed.as_secs() / EVERY.as_secs();
                self.left =
                    self.left.saturating_add(more.try_into().unwrap_or(u32::MAX)).min(BURST);
                let rest = Duration::from_secs(passed.as_secs() % EVERY.as_secs());
                if more > 0 {
                    self.counted_at = now.checked_sub(rest).unwrap_or(now);
                }
            }
            // A wall clock that was set back buys nothing, and costs nothing.
            Err(_) => self.counted_at = now,
        }
    }
}

/// So many kids may be asked for at once after a quiet time.
pub(super) const BURST: u32 = 8;

/// And then one per so long.
pub(super) const EVERY: Duration = Duration::from_secs(10);

/// Kids that are remembered as missing.
const MOST_MISSING: usize = 256;

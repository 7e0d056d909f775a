//! How many fetches a group of issuers makes at once, and in a second: planned refreshes come first,
//! fetches for unknown kids last.
//!
//! Whoever has a fetch to make says so ([`want`](Throttle::want)), begins when it is
//! [granted](Throttle::handle_timeout), and says when it has ended ([`release`](Throttle::release)).

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::Time;

/// The bounds of a group.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Bounds {
    /// Fetches that begin within a second.
    pub(crate) per_second: usize,
    /// First loads that begin within a second.
    pub(crate) loads_per_second: usize,
    /// First loads that run at once.
    pub(crate) loads: usize,
    /// Fetches from one host that run at once.
    pub(crate) per_host: usize,
}

/// What a fetch is for: the more urgent first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Urgency {
    /// A refresh of keys that are held.
    Planned,
    /// There are no keys, or somebody has asked by hand.
    Load,
    /// A kid is not in the set.
    UnknownKid,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Wish {
    pub(crate) urgency: Urgency,
    /// The issuer has not had keys before.
    pub(crate) first: bool,
    pub(crate) host: Box<str>,
}

#[derive(Debug)]
pub(crate) struct Throttle {
    bounds: Bounds,
    starts: Starts,
    loads: Starts,
    queue: BTreeMap<(Urgency, u64), (u64, Wish)>,
    /// Where each member stands in the queue.
    places: BTreeMap<u64, (Urgency, u64)>,
    running: BTreeMap<u64, Wish>,
    came: u64,
}

/// The last ones that began.
#[derive(Debug)]
struct Starts {
    most: usize,
    last: VecDeque<Time>,
}

impl Throttle {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            starts: Starts::new(bounds.per_second),
            loads: Starts::new(bounds.loads_per_second),
            queue: BTreeMap::new(),
            places: BTreeMap::new(),
            running: BTreeMap::new(),
            came: 0,
        }
    }

    /// This member has a fetch to make. One that says so again keeps its place, unless it is of
    /// another urgency.
    pub(crate) fn want(&mut self, member: u64, wish: Wish) {
        if self.running.contains_key(&member) {
            return;
        }
        let place = match self.places.get(&member) {
            Some(place) if place.0 == wish.urgency => *place,
            _ => {
                self.forget(member);
                self.came += 1;
                (wish.urgency, self.came)
            }
        };
        self.places.insert(member, place);
        self.queue.insert(place, (member, wish));
    }

    /// This member does not want a fetch any more.
    pub(crate) fn forget(&mut self, member: u64) {
        if let Some(place) = self.places.remove(&member) {
            self.queue.remove(&place);
        }
    }

    /// The fetch of this member has ended.
    pub(crate) fn release(&mut self, member: u64) {
        self.running.remove(&member);
    }

    /// Time has passed, or something was released: those that may begin now, in their order.
    pub(crate) fn handle_timeout(&mut self, now: Time) -> Vec<u64> {
        let mut granted = Vec::new();
        while self.starts.opens_at() <= now {
            let may = |wish: &Wish| self.has_room(wish) && self.opens_at(wish) <= now;
            let next = self.queue.iter().find(|(_, (_, wish))| may(wish)).map(|(place, _)| *place);
            let Some((member, wish)) = next.and_then(|next| self.queue.remove(&next)) else {
                break;
            };
            self.places.remove(&member);
            self.starts.note(now);
            if wish.first {
                self.loads.note(now);
            }
            self.running.insert(member, wish);
            granted.push(member);
        }
        granted
    }

    /// When time alone lets the next one begin.
    pub(crate) fn poll_timeout(&self) -> Option<Time> {
        let waiting = self.queue.values().filter(|(_, wish)| self.has_room(wish));
        waiting.map(|(_, wish)| self.opens_at(wish)).min()
    }

    /// Whether this member wants a fetch, or makes one.
    pub(crate) fn knows(&self, member: u64) -> bool {
        self.is_running(member) || self.places.contains_key(&member)
    }

    pub(crate) fn is_running(&self, member: u64) -> bool {
        self.running.contains_key(&member)
    }

    fn has_room(&self, wish: &Wish) -> bool {
        let at_host = self.running.values().filter(|other| other.host == wish.host).count();
        let loading = self.running.values().filter(|other| other.first).count();
        at_host < self.bounds.per_host && !(wish.first && loading >= self.bounds.loads)
    }

    fn opens_at(&self, wish: &Wish) -> Time {
        let loads = if wish.first { self.loads.opens_at() } else { Time::ZERO };
        self.starts.opens_at().max(loads)
    }
}

impl Starts {
    fn new(most: usize) -> Self {
        Self { most: most.max(1), last: VecDeque::new() }
    }

    fn opens_at(&self) -> Time {
        let full = self.last.len() >= self.most;
        self.last.front().filter(|_| full).map_or(Time::ZERO, |first| *first + SECOND)
    }

    fn note(&mut self, now: Time) {
        if self.last.len() >= self.most {
            self.last.pop_front();
        }
        self.last.push_back(now);
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;

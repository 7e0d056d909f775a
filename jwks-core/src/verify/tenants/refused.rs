//! Refusals, remembered for a while: at most so many, whoever asks.

use std::collections::{BTreeMap, BTreeSet};

use super::desk::Iss;
use crate::refresh::Time;

#[derive(Debug, Default)]
pub(super) struct Refused {
    until: BTreeMap<Iss, Time>,
    ends: BTreeSet<(Time, Iss)>,
}

impl Refused {
    pub(super) fn contains(&self, iss: Iss) -> bool {
        self.until.contains_key(&iss)
    }

    /// Remembers it until then. If there is no room, the one that ends first is forgotten.
    pub(super) fn insert(&mut self, iss: Iss, until: Time, most: usize) {
        self.remove(iss);
        while self.until.len() >= most.max(1)
            && let Some((_, first)) = self.ends.pop_first()
        {
            self.until.remove(&first);
        }
        self.until.insert(iss, until);
        self.ends.insert((until, iss));
    }

    pub(super) fn remove(&mut self, iss: Iss) {
        if let Some(until) = self.until.remove(&iss) {
            self.ends.remove(&(until, iss));
        }
    }

    /// Forgets those that have ended.
    pub(super) fn forget(&mut self, now: Time) {
        while let Some(&(until, iss)) = self.ends.first()
            && until <= now
        {
            self.ends.pop_first();
            self.until.remove(&iss);
        }
    }

    /// When the next one ends.
    pub(super) fn next_end(&self) -> Option<Time> {
        self.ends.first().map(|(until, _)| *until)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        assert_eq!(self.until.len(), self.ends.len());
        self.until.len()
    }
}

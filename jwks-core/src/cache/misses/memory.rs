//! Kids of which the issuer has just said that it has no such key.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::refresh::Time;

/// The last [`MOST`] such kids, as keyed hashes: whoever sends tokens cannot make two of them
/// collide.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// With the end of their time, which is never earlier than that of those before.
    kids: VecDeque<(Time, u64)>,
    published: Arc<[u64]>,
    changed: bool,
}

impl Memory {
    pub(crate) fn remember(&mut self, kid: u64, until: Time) {
        self.kids.retain(|(_, known)| *known != kid);
        if self.kids.len() >= MOST {
            self.kids.pop_front();
        }
        self.kids.push_back((until, kid));
        self.changed = true;
    }

    pub(crate) fn contains(&self, kid: u64, now: Time) -> bool {
        self.kids.iter().any(|(until, known)| *known == kid && now < *until)
    }

    /// What is remembered at `now`, in order, for readers. The same allocation, if it is the same.
    pub(crate) fn published(&mut self, now: Time) -> Arc<[u64]> {
        while self.kids.front().is_some_and(|(until, _)| *until <= now) {
            self.kids.pop_front();
            self.changed = true;
        }
        if std::mem::take(&mut self.changed) {
            let mut kids: Vec<_> = self.kids.iter().map(|(_, kid)| *kid).collect();
            kids.sort_unstable();
            self.published = kids.into();
        }
        Arc::clone(&self.published)
    }
}

/// More than an issuer has keys, and little to keep.
const MOST: usize = 256;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Time {
        Time::from_origin(Duration::from_secs(seconds))
    }

    #[test]
    fn the_last_are_kept_for_their_time() {
        let mut memory = Memory::default();
        (0..300).for_each(|kid| memory.remember(kid, at(10)));
        assert!(!memory.contains(43, at(0)) && memory.contains(44, at(9)));
        assert!(!memory.contains(44, at(10)));
        memory.remember(50, at(20));
        assert_eq!(memory.published(at(9)).len(), MOST);
        assert_eq!(*memory.published(at(10)), [50]);
        assert!(Arc::ptr_eq(&memory.published(at(11)), &memory.published(at(12))));
    }
}

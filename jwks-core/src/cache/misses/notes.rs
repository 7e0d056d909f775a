//! Misses of callers who do not wait.

use crate::cache::sync::{AtomicUsize, Mutex, Ordering, lock};
use crate::refresh::Miss;

/// Notes to the driver, [`MOST`] at most until it takes them.
///
/// Ordering: the notes are under the lock. Their number beside it is read first, `Relaxed`, so that
/// a flood takes no lock; who sees an old number leaves a note too few, or takes the lock in vain.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    count: AtomicUsize,
    notes: Mutex<Vec<Note>>,
}

/// One miss.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Note {
    pub(crate) miss: Miss,
    pub(crate) kid: Option<Box<str>>,
    /// The publication that was looked at.
    pub(crate) generation: u64,
}

impl Notes {
    /// Leaves a note, unless there is one like it, or enough. True: it is the first of such a miss,
    /// so that the driver may have to be woken.
    pub(crate) fn leave(&self, miss: Miss, kid: Option<&str>, generation: u64) -> bool {
        if self.count.load(Ordering::Relaxed) >= MOST {
            return false;
        }
        let mut notes = lock(&self.notes);
        let same = |note: &Note| {
            note.miss == miss && note.kid.as_deref() == kid && note.generation == generation
        };
        if notes.len() >= MOST || notes.iter().any(same) {
            return false;
        }
        let first = notes.iter().all(|note| note.miss != miss);
        notes.push(Note { miss, kid: kid.map(Into::into), generation });
        self.count.store(notes.len(), Ordering::Relaxed);
        first
    }

    pub(crate) fn take(&self) -> Vec<Note> {
        let mut notes = lock(&self.notes);
        self.count.store(0, Ordering::Relaxed);
        std::mem::take(&mut *notes)
    }

    /// Whether one of them is of a miss that fits.
    pub(crate) fn any(&self, fits: impl Fn(Miss) -> bool) -> bool {
        lock(&self.notes).iter().any(|note| fits(note.miss))
    }
}

/// As many as a set of unknown keys can reasonably have.
const MOST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wakes_and_enough_is_enough() {
        let notes = Notes::default();
        for n in 0..1000 {
            let first = notes.leave(Miss::Kid, Some(&format!("x{n}")), 1);
            assert_eq!(first, n == 0);
        }
        assert_eq!(notes.take().len(), MOST);
        assert!(!notes.any(|_| true));
        assert!(notes.leave(Miss::Kidless, None, 1));
        assert!(!notes.leave(Miss::Kidless, None, 1));
        assert!(notes.leave(Miss::Kid, Some("x"), 1), "the first of its class");
        assert!(notes.any(|miss| miss == Miss::Kid) && !notes.any(|miss| miss == Miss::Skipped));
        assert_eq!(notes.take().len(), 2);
    }
}

//! Which issuers have series of their own. The facade cannot delete a series, so there are at most so
//! many for the life of the process, and issuers that come and go use them up. A label that an issuer
//! has left is kept for its return: for another one there would be another series.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cache::sync::{Mutex, lock};

/// The label of the metrics of this issuer: its own, or [`OTHER`].
pub(super) fn of(label: &Arc<str>) -> Arc<str> {
    static LABELS: Mutex<Labels> = Mutex::new(Labels(BTreeSet::new()));
    lock(&LABELS).of(label)
}

/// All issuers past the limit.
pub(super) const OTHER: &str = "other";

/// The tokens of no issuer.
pub(super) const NONE: &str = "none";

struct Labels(BTreeSet<Arc<str>>);

impl Labels {
    fn of(&mut self, label: &Arc<str>) -> Arc<str> {
        if !self.0.contains(label) {
            if self.0.len() >= MOST || [OTHER, NONE].contains(&&**label) {
                return OTHER.into();
            }
            self.0.insert(Arc::clone(label));
        }
        Arc::clone(label)
    }
}

const MOST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_the_limit_all_are_one() {
        let mut labels = Labels(BTreeSet::new());
        let name = |n: usize| Arc::from(format!("issuer {n}"));
        for n in 0..MOST {
            assert_eq!(labels.of(&name(n)), name(n));
        }
        assert_eq!(&*labels.of(&name(MOST)), OTHER);
        assert_eq!(labels.of(&name(0)), name(0), "those that have one keep it");
        assert_eq!(labels.0.len(), MOST);
    }

    #[test]
    fn the_words_with_a_meaning_are_no_names() {
        let mut labels = Labels(BTreeSet::new());
        for word in [OTHER, NONE] {
            assert_eq!(&*labels.of(&word.into()), OTHER);
        }
        assert!(labels.0.is_empty());
    }
}

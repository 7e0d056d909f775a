//! What a new key set changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::key::KeyId;
use super::set::KeySet;
use super::thumbprint::Thumbprint;

/// The keys that were added and removed from one set to the next, by name, sorted.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct KeyDiff {
    /// Names with new material, of which no material was removed.
    pub added: Vec<KeyId>,
    /// Names with removed material, which got no new material.
    pub removed: Vec<KeyId>,
    /// A `kid` with different material now. An issuer should not do that.
    pub replaced: Vec<KeyId>,
}

impl KeySet {
    /// Which keys were added and removed since the older set.
    #[must_use]
    pub fn diff(&self, old: &Self) -> KeyDiff {
        KeyDiff::between(old, self)
    }
}

impl KeyDiff {
    /// Whether both sets hold the same material under the same names.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.replaced.is_empty()
    }

    pub(super) fn between(old: &KeySet, new: &KeySet) -> Self {
        let (old, new) = (by_name(old), by_name(new));
        let none = BTreeSet::new();
        let mut diff = Self::default();
        for name in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            let before = old.get(name).unwrap_or(&none);
            let after = new.get(name).unwrap_or(&none);
            let list = match (before.is_subset(after), after.is_subset(before)) {
                (true, true) => continue,
                (true, false) => &mut diff.added,
                (false, true) => &mut diff.removed,
                (false, false) => &mut diff.replaced,
            };
            list.push(name.clone());
        }
        diff
    }
}

impl fmt::Display for KeyDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("unchanged");
        }
        let changes =
            [("added", &self.added), ("removed", &self.removed), ("replaced", &self.replaced)];
        let mut separator = "";
        for (what, ids) in changes.into_iter().filter(|(_, ids)| !ids.is_empty()) {
            write!(f, "{separator}{what}")?;
            for id in ids {
                write!(f, " {id}")?;
            }
            separator = ", ";
        }
        Ok(())
    }
}

fn by_name(keys: &KeySet) -> BTreeMap<KeyId, BTreeSet<Thumbprint>> {
    let mut names = BTreeMap::<_, BTreeSet<_>>::new();
    for key in keys.iter() {
        names.entry(key.id()).or_default().insert(key.thumbprint());
    }
    names
}

//! Kids that are taken out by hand.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::keys::KeySet;
use crate::keys::text::Escaped;

/// The kids whose keys are not used, whatever the issuer publishes. Within its limits by
/// construction.
#[derive(Clone, Default, Eq, PartialEq)]
pub(crate) struct Denied(BTreeSet<Box<str>>);

impl Denied {
    /// Denies one more. False: it was denied before.
    pub(crate) fn add(&mut self, kid: &str) -> Result<bool, DenyError> {
        if kid.len() > MAX_KID {
            return Err(DenyError(Reason::TooLong { bytes: kid.len() }));
        }
        if self.contains(kid) {
            return Ok(false);
        }
        if self.0.len() >= MAX_DENIED {
            return Err(DenyError(Reason::TooMany));
        }
        Ok(self.0.insert(kid.into()))
    }

    /// Denies these too, or none of them. False: all were denied before.
    pub(crate) fn add_all(&mut self, others: &Self) -> Result<bool, DenyError> {
        let mut changed = false;
        for kid in others.iter() {
            changed |= self.add(kid)?;
        }
        Ok(changed)
    }

    /// Allows one again. False: it was not denied.
    pub(crate) fn remove(&mut self, kid: &str) -> bool {
        self.0.remove(kid)
    }

    pub(crate) fn contains(&self, kid: &str) -> bool {
        self.0.contains(kid)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Those that `other` does not deny.
    pub(crate) fn missing_in<'d>(&'d self, other: &'d Self) -> impl Iterator<Item = &'d str> {
        self.0.difference(&other.0).map(AsRef::as_ref)
    }

    /// What is left of these keys. A look-up then need not know of denied kids.
    pub(crate) fn without_denied(&self, all: &Arc<KeySet>) -> Arc<KeySet> {
        if self.iter().any(|kid| all.contains(kid)) {
            Arc::new(all.without(|kid| self.contains(kid)))
        } else {
            Arc::clone(all)
        }
    }
}

/// Kids are foreign text.
impl fmt::Debug for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|kid| Escaped(kid).to_string())).finish()
    }
}

/// A kid cannot be denied: [`KeyCache::deny_kid`](super::KeyCache::deny_kid). No key was taken out.
///
/// Its `Debug` form is the text, so that a `main` that returns this error prints it.
#[derive(Clone, Copy, Eq, PartialEq, thiserror::Error)]
#[error(transparent)]
pub struct DenyError(Reason);

impl fmt::Debug for DenyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
enum Reason {
    #[error(
        "a kid of {bytes} bytes cannot be denied: no kid is used that is longer than {MAX_KID}"
    )]
    TooLong { bytes: usize },
    #[error("{MAX_DENIED} kids are denied already: allow one that is out of use")]
    TooMany,
}

/// As long as the kid of a token may be.
const MAX_KID: usize = 256;
const MAX_DENIED: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_limits() {
        let mut denied = Denied::default();
        let error = denied.add(&"k".repeat(MAX_KID + 1)).unwrap_err().to_string();
        assert_eq!(
            error,
            "a kid of 257 bytes cannot be denied: no kid is used that is longer than 256"
        );
        for n in 0..MAX_DENIED {
            assert_eq!(denied.add(&format!("{n:0256}")), Ok(true));
        }
        let error = denied.add("one more").unwrap_err().to_string();
        assert_eq!(error, "1024 kids are denied already: allow one that is out of use");
        assert_eq!(denied.add(&format!("{:0256}", 7)), Ok(false), "denied already");
        assert!(denied.remove(&format!("{:0256}", 7)));
        assert_eq!(denied.add("one more"), Ok(true));
    }

    #[test]
    fn control_characters_are_escaped() {
        let mut denied = Denied::default();
        denied.add("a\u{1b}[31m").unwrap();
        assert!(!format!("{denied:?}").contains('\u{1b}'));
    }
}

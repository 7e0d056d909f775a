//! Counts validations by issuer and result, for the feature `metrics`. Without it, nothing here has a
//! size or does anything.

#[cfg(feature = "metrics")]
use std::sync::OnceLock;
#[cfg(feature = "metrics")]
use std::time::SystemTime;

use super::verifier::{Configured, Inner};
use super::{Error, Verified};
#[cfg(feature = "metrics")]
use super::{ErrorKind, VerifierBuilder};
#[cfg(feature = "metrics")]
use crate::cache::{About, Validations};

/// Whose token it is, as far as that is known.
#[derive(Clone, Copy, Default)]
pub(super) struct Whose<'a> {
    #[cfg(feature = "metrics")]
    issuer: Option<&'a Configured>,
    #[cfg(feature = "metrics")]
    began: Began,
    #[cfg(not(feature = "metrics"))]
    issuer: std::marker::PhantomData<&'a Configured>,
}

/// When a validation began, if validations are timed.
#[derive(Clone, Copy, Default)]
pub(super) struct Began(#[cfg(feature = "metrics")] Option<SystemTime>);

/// What a verifier keeps for its counts.
#[cfg(feature = "metrics")]
#[derive(Debug)]
pub(super) struct Tally {
    /// Whether validations are timed.
    timed: bool,
    /// For tokens of no issuer.
    unmatched: OnceLock<Validations>,
}

#[cfg_attr(
    not(feature = "metrics"),
    expect(
        clippy::unused_self,
        clippy::missing_const_for_fn,
        reason = "with the feature they are"
    )
)]
impl Inner {
    /// A validation begins.
    #[inline]
    pub(super) fn begin(&self) -> Whose<'_> {
        #[cfg(feature = "metrics")]
        if self.tally.timed {
            return Whose { began: Began(Some((self.clock)())), ..Whose::default() };
        }
        Whose::default()
    }

    /// A validation has ended: one addition to a handle that was taken before.
    #[inline]
    pub(super) fn end<T>(&self, whose: Whose<'_>, answer: &Result<Verified<T>, Error>) {
        #[cfg(feature = "metrics")]
        {
            let error = answer.as_ref().err();
            let validations = match whose.issuer {
                Some(issuer) => issuer.cache.validations(),
                None => self.tally.unmatched(),
            };
            if let Some(validations) = validations {
                validations.count(error.map_or(0, |error| error.kind() as usize + 1));
                if let Some(began) = whose.began.0 {
                    self.time(validations, began, error);
                }
            }
        }
        let _unused = (whose, answer);
    }

    #[cfg(feature = "metrics")]
    #[cold]
    fn time(&self, validations: &Validations, began: SystemTime, error: Option<&Error>) {
        let class = error.map_or(0, |error| if error.is_caller_fault() { 1 } else { 2 });
        // A wall clock that was set back meanwhile says nothing.
        if let Ok(took) = (self.clock)().duration_since(began) {
            validations.time(class, took);
        }
    }
}

impl<'a> Whose<'a> {
    /// A validation goes on that began so.
    pub(super) fn of(issuer: &'a Configured, began: Began) -> Self {
        let mut whose = Self::default();
        whose.is(issuer);
        #[cfg(feature = "metrics")]
        {
            whose.began = began;
        }
        let _unused = began;
        whose
    }

    pub(super) fn began(&self) -> Began {
        #[cfg(feature = "metrics")]
        return self.began;
        #[cfg(not(feature = "metrics"))]
        Began::default()
    }

    #[inline]
    pub(super) const fn is(&mut self, issuer: &'a Configured) {
        #[cfg(feature = "metrics")]
        {
            self.issuer = Some(issuer);
        }
        let _unused = issuer;
    }
}

#[cfg(feature = "metrics")]
impl Tally {
    pub(super) const fn new(timed: bool) -> Self {
        Self { timed, unmatched: OnceLock::new() }
    }

    #[cold]
    fn unmatched(&self) -> Option<&Validations> {
        if self.unmatched.get().is_none() {
            let about =
                About { results: ErrorKind::RESULTS, timed: self.timed, ..About::default() };
            let _ours = self.unmatched.set(Validations::of_no_issuer(about)?);
        }
        self.unmatched.get()
    }
}

#[cfg(feature = "metrics")]
impl VerifierBuilder {
    /// Measures how long each validation takes, for the metric `jwt_validation_duration_seconds`.
    /// The time in which a caller waits for keys is part of it. Default: false, because this reads
    /// the wall clock twice more for each token.
    #[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
    pub const fn time_validations(mut self, on: bool) -> Self {
        self.timed = on;
        self
    }
}

#[cfg(all(test, feature = "metrics"))]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_result() {
        let words = ErrorKind::RESULTS;
        assert_eq!(words.len(), ErrorKind::ALL.len() + 1);
        for kind in ErrorKind::ALL {
            let mut word = String::new();
            for letter in format!("{kind:?}").chars() {
                if letter.is_ascii_uppercase() && !word.is_empty() {
                    word.push('_');
                }
                word.push(letter.to_ascii_lowercase());
            }
            assert_eq!(words[*kind as usize + 1], word);
        }
    }
}

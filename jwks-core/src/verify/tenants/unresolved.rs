//! Why it is not known whose token it is.

use std::fmt;
use std::time::SystemTime;

/// The token's `iss`, which is not verified, is no part of it.
#[derive(Clone, Copy, Debug)]
pub(in crate::verify) struct Unresolved {
    why: Why,
    pub(in crate::verify) retry_at: Option<SystemTime>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Why {
    Asking,
    Busy,
    Crowded,
    Full,
    Stopped,
    Unasked,
}

impl Unresolved {
    /// The function is being asked.
    pub(super) const fn asking(retry_at: Option<SystemTime>) -> Self {
        Self { why: Why::Asking, retry_at }
    }

    /// It could not say, or too many calls run already.
    pub(super) const fn busy(retry_at: Option<SystemTime>) -> Self {
        Self { why: Why::Busy, retry_at }
    }

    /// Too many callers wait.
    pub(super) const fn crowded(retry_at: Option<SystemTime>) -> Self {
        Self { why: Why::Crowded, retry_at }
    }

    /// There is no place for another issuer.
    pub(super) const fn full(retry_at: Option<SystemTime>) -> Self {
        Self { why: Why::Full, retry_at }
    }

    /// The function would be asked.
    pub(super) const fn unasked() -> Self {
        Self { why: Why::Unasked, retry_at: None }
    }

    /// The adapter has stopped.
    pub(super) const fn stopped() -> Self {
        Self { why: Why::Stopped, retry_at: None }
    }

    pub(in crate::verify) fn is_stopped(self) -> bool {
        self.why == Why::Stopped
    }
}

#[cfg(test)]
impl Unresolved {
    /// Each of them.
    pub(in crate::verify) fn all(retry_at: Option<SystemTime>) -> Vec<Self> {
        let later = [Self::asking, Self::busy, Self::crowded, Self::full].map(|why| why(retry_at));
        later.into_iter().chain([Self::stopped(), Self::unasked()]).collect()
    }
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.why {
            Why::Asking => "the resolver is being asked about the token's issuer",
            Why::Busy => {
                "the resolver could not say whether the token's issuer is accepted: its function has failed \
                 or was too slow, or too many calls of it run; the log says why"
            }
            Why::Crowded => "too many callers wait for the token's issuer, or for others",
            Why::Full => {
                "the token's issuer is accepted, but there is no place for it while all others are \
                 in use: the resolver is full (setting `max_issuers`)"
            }
            Why::Stopped => "the resolver was stopped with its verifier",
            Why::Unasked => {
                "it is not known yet whether the token's issuer is accepted: the resolver is asked when \
                 such a token is verified"
            }
        })
    }
}

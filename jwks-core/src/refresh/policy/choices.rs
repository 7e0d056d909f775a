//! Settings that are a choice among names.

use core::num::NonZeroUsize;

/// What to do with a token that has no `kid` (RFC 7515, section 4.1.4, leaves it optional).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Kidless {
    /// Use the one key of the set that fits the token's algorithm; refuse if several do.
    #[default]
    OnlyIfUnique,
    /// Refuse the token.
    Reject,
    /// Try at most this many keys that fit the token's algorithm. Each try costs a signature check,
    /// also for a forged token.
    TryAll(NonZeroUsize),
}

/// What ends the lifetime of a key set.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Strategy {
    /// Time or usage, whichever comes first.
    #[default]
    Both,
    /// The interval, or the response's own lifetime when HTTP freshness is on.
    Time,
    /// The count of validations. By time, such a set still ends at `max_trust`.
    Usage,
}

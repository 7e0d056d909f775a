//! What an operator sees of the sharing.

use std::fmt;
use std::time::Duration;

use crate::Trouble;

/// Something that happened to the sharing, given to the [observer](crate::Builder::observer).
/// `Display` is one line for a log, without any URL.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Redis cannot be used: this instance fetches directly, as if there were none. Told once, until
    /// it is [`Back`](Self::Back).
    #[non_exhaustive]
    Away {
        /// Why.
        trouble: Trouble,
    },
    /// Redis can be used again.
    Back,
    /// A value in Redis was ignored: somebody else has written it, or has changed it. It is
    /// replaced by the next fetch. Told for each attempt that meets it.
    #[non_exhaustive]
    Ignored {
        /// Why.
        why: Ignored,
    },
    /// The answer of another instance was taken in place of a fetch.
    #[non_exhaustive]
    Taken {
        /// How long ago its request was sent, by the wall clocks of both.
        age: Duration,
    },
    /// The failure of another instance was taken in place of a fetch.
    TakenFailure,
}

/// Why a value was ignored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Ignored {
    /// Its time is later than the clock of this instance says: the clocks differ, or it is forged.
    Future,
    /// It is a lock whose holder gives no sign of life.
    Lock,
    /// It is none of ours: cut short, or something else.
    Malformed,
    /// Its number is lower than one that this instance has seen: an old value was put back, or Redis
    /// was emptied and counts anew.
    Number,
    /// None of the MAC keys has tagged it.
    Tag,
    /// It is longer than any of ours.
    TooLong,
    /// It is what the cache would refuse: no key set, too few keys.
    Unusable,
    /// It is a list, a hash or the like.
    WrongType,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Away { trouble } => write!(f, "{trouble}; keys are fetched directly"),
            Self::Back => f.write_str("redis can be used again"),
            Self::Ignored { why } => {
                write!(f, "a value in redis was ignored: {}", why.text())
            }
            Self::Taken { age } => write!(f, "an answer of {} ms ago was taken", age.as_millis()),
            Self::TakenFailure => f.write_str("the failure of another instance was taken"),
        }
    }
}

impl Ignored {
    const fn text(self) -> &'static str {
        match self {
            Self::Future => "its time is in the future",
            Self::Lock => "it is a lock whose holder gives no sign of life",
            Self::Malformed => "it is malformed",
            Self::Number => "its number is lower than a known one",
            Self::Tag => "no MAC key fits its tag",
            Self::TooLong => "it is too long",
            Self::Unusable => "the cache would refuse it",
            Self::WrongType => "it is of a wrong type",
        }
    }
}

//! Moments that are known within bounds, and what may be, must be, or must not be.

use std::fmt;
use std::time::Duration;

use jwks_core::refresh::Time;

/// Nanoseconds on one of the three clocks, or a number of them. Nothing in a test overflows it.
pub(crate) type Ns = i128;

/// From here on a moment is as good as never: the machine's own arithmetic saturates.
pub(crate) const FAR: Ns = (1 << 64) * SECOND / 8;

/// After everything, and before it.
const NEVER: Ns = 1 << 120;
pub(crate) const LONG_AGO: Ns = -NEVER;

pub(crate) const SECOND: Ns = 1_000_000_000;
pub(crate) const MINUTE: Ns = 60 * SECOND;

pub(crate) fn ns(duration: Duration) -> Ns {
    Ns::try_from(duration.as_nanos()).unwrap_or(Ns::MAX)
}

pub(crate) fn ns_of(time: Time) -> Ns {
    ns(time.since_origin())
}

/// One nanosecond before.
pub(crate) fn just_before(time: Time) -> Time {
    Time::from_origin(time.since_origin().saturating_sub(Duration::from_nanos(1)))
}

/// A moment between two bounds, both included.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub(crate) struct Span {
    pub(crate) lo: Ns,
    pub(crate) hi: Ns,
}

impl Span {
    /// No bound at all: long over.
    pub(crate) const OVER: Self = Self { lo: LONG_AGO, hi: LONG_AGO };

    /// Does not come.
    pub(crate) const NEVER: Self = Self { lo: NEVER, hi: NEVER };

    pub(crate) fn at(moment: Ns) -> Self {
        Self::between(moment, moment)
    }

    pub(crate) fn between(lo: Ns, hi: Ns) -> Self {
        Self { lo: lo.clamp(LONG_AGO, NEVER), hi: hi.clamp(LONG_AGO, NEVER) }
    }

    /// When both are over.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { lo: self.lo.max(other.lo), hi: self.hi.max(other.hi) }
    }

    /// When one of them is over.
    pub(crate) fn or(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.min(other.hi) }
    }

    /// Either of them, not known which.
    pub(crate) fn either(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// Later by so much; what never comes stays where it is.
    pub(crate) fn plus(self, by: Ns) -> Self {
        let later = |moment: Ns| match moment {
            NEVER | LONG_AGO => moment,
            moment => (moment + by).clamp(LONG_AGO, NEVER),
        };
        Self { lo: later(self.lo), hi: later(self.hi) }
    }

    /// Whether this moment may be the one. Moments that are far away are all one.
    pub(crate) fn has(self, moment: Ns) -> bool {
        self.lo.min(FAR) <= moment && moment.min(FAR) <= self.hi
    }

    /// As [`Self::has`], where what is over by `now` is all one.
    pub(crate) fn has_from(self, now: Ns, moment: Ns) -> bool {
        self.and(Self::at(now)).has(moment.max(now))
    }

    /// Whether it is over at `now`.
    pub(crate) fn over(self, now: Ns) -> Tri {
        Tri::between(self.hi <= now, self.lo <= now)
    }
}

impl fmt::Debug for Span {
    /// In milliseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |moment: Ns| match moment {
            LONG_AGO => "over".to_owned(),
            FAR.. => "never".to_owned(),
            moment => format!("{}", moment as f64 / 1e6),
        };
        if self.lo == self.hi {
            return write!(f, "{}", end(self.lo));
        }
        write!(f, "{}..{}", end(self.lo), end(self.hi))
    }
}

/// What is known of a thing that is or is not.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Tri {
    No,
    Maybe,
    Yes,
}

impl Tri {
    pub(crate) fn between(surely: bool, perhaps: bool) -> Self {
        match (surely, perhaps) {
            (true, _) => Self::Yes,
            (false, true) => Self::Maybe,
            (false, false) => Self::No,
        }
    }

    pub(crate) fn is(yes: bool) -> Self {
        Self::between(yes, yes)
    }

    pub(crate) fn may(self) -> bool {
        self != Self::No
    }

    pub(crate) fn must(self) -> bool {
        self == Self::Yes
    }

    pub(crate) fn and(self, other: Self) -> Self {
        self.min(other)
    }

    pub(crate) fn or(self, other: Self) -> Self {
        self.max(other)
    }

    pub(crate) fn not(self) -> Self {
        Self::between(self == Self::No, self != Self::Yes)
    }

    /// Whether this answer is possible.
    pub(crate) fn has(self, yes: bool) -> bool {
        self == Self::Maybe || self.must() == yes
    }
}

/// A rule is broken, and how.
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    pub(crate) rule: &'static str,
    pub(crate) why: String,
}

impl From<(&'static str, String)> for Broken {
    fn from((rule, why): (&'static str, String)) -> Self {
        Self { rule, why }
    }
}

pub(crate) type Check = Result<(), Broken>;

/// Leaves with a broken rule unless the condition holds.
macro_rules! rule {
    ($rule:expr, $holds:expr, $($why:tt)+) => {
        if !$holds {
            return Err(From::from(($rule, format!($($why)+))));
        }
    };
}
pub(crate) use rule;

//! Stands in for the names of jwks-core's `refresh` that the files in question use. What only their
//! unit tests use is there for clippy, which compiles those too; they run in jwks-core.

use std::ops::Add;
use std::time::Duration;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Miss {
    Kid,
    #[cfg(test)]
    Kidless,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Time(Duration);

impl Time {
    pub(crate) const MAX: Self = Self(Duration::MAX);
    pub(crate) const ZERO: Self = Self(Duration::ZERO);

    #[cfg(test)]
    pub(crate) const fn from_origin(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    pub(crate) const fn saturating_since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

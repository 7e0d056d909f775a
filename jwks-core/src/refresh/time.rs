//! The machine's own clock reading.

use std::ops::Add;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A reading of a monotonic clock: the time since an origin that the adapter chose.
///
/// The core never reads a clock. An adapter turns its own instants into `Time` by measuring from
/// one fixed instant; a simulation starts at [`Time::ZERO`]. All arithmetic saturates.
/// [`Time::MAX`] is the end of time: nothing is ever due there. So a `Time` may be later than any
/// instant. To wait for one, wait for [`saturating_since`](Self::saturating_since) now.
///
/// ```
/// use std::time::Duration;
/// use jwks_core::refresh::Time;
///
/// let start = Time::ZERO + Duration::from_secs(2);
/// let later = start + Duration::from_secs(3);
/// assert_eq!(later.saturating_since(start), Duration::from_secs(3));
/// assert_eq!(start.saturating_since(later), Duration::ZERO);
/// assert_eq!(start + Duration::MAX, Time::MAX);
/// ```
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
pub struct Time(Duration);

impl Time {
    /// The end of time, where nothing is due.
    pub const MAX: Self = Self(Duration::MAX);

    /// The origin itself.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// The time this long after the origin.
    #[must_use]
    pub const fn from_origin(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// How long after the origin this is.
    #[must_use]
    pub const fn since_origin(self) -> Duration {
        self.0
    }

    /// This long before, but not before the origin; [`Time::MAX`] stays where it is.
    pub(crate) fn less(self, duration: Duration) -> Self {
        if self == Self::MAX { self } else { Self(self.0.saturating_sub(duration)) }
    }

    /// How long after `earlier` this is; zero if it is not later.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    /// Saturates at [`Time::MAX`].
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

//! Times and reasons, as a person says them.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::super::event::shown::Instant;
use crate::refresh::Reason;

/// A duration, in its two largest units: `3 min 12 s`.
pub(crate) struct For(pub(crate) Duration);

impl fmt::Display for For {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        if seconds == 0 {
            return match self.0.as_millis() {
                0 => f.write_str("0 s"),
                milliseconds => write!(f, "{milliseconds} ms"),
            };
        }
        let mut left = seconds;
        let mut parts = UNITS.iter().filter_map(|&(unit, name)| {
            let count = left / unit;
            left %= unit;
            (count > 0).then_some((count, unit, name))
        });
        let Some((count, unit, name)) = parts.next() else { return Ok(()) };
        write!(f, "{count} {name}")?;
        match parts.next() {
            Some((count, next, name)) if unit / next <= 60 => write!(f, " {count} {name}"),
            _ => Ok(()),
        }
    }
}

/// A time, as far from now as it is: `in 3 min 12 s (2026-11-29T17:40:00Z)`.
pub(crate) struct At {
    pub(crate) at: SystemTime,
    pub(crate) now: SystemTime,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at.duration_since(self.now) {
            Ok(left) if left > ENDLESS => f.write_str("for ever"),
            Ok(left) if left.is_zero() => f.write_str("now"),
            Ok(left) => write!(f, "in {} ({})", For(left), Instant(self.at)),
            Err(ago) => write!(f, "{} ago ({})", For(ago.duration()), Instant(self.at)),
        }
    }
}

/// A rate or a count an hour, as exact as a person needs it.
pub(crate) struct Rate(pub(crate) f64);

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            rate if rate >= 10.0 => write!(f, "{rate:.0}"),
            rate if rate >= 0.05 => write!(f, "{rate:.1}"),
            rate if rate > 0.0 => f.write_str("less than 0.1"),
            _ => f.write_str("0"),
        }
    }
}

/// Why keys are fetched, after a colon.
pub(crate) const fn because(reason: Reason) -> &'static str {
    match reason {
        Reason::Ahead => "to renew the keys before their lifetime ends",
        Reason::AheadByUsage => "to renew the keys before their uses are spent",
        Reason::Demand => "their lifetime is over, and a caller has asked",
        Reason::Load => "no keys are held",
        Reason::Refresh => "it was asked for by hand",
        Reason::Retry => "the last attempt has failed",
        Reason::UnknownKid => "a token has named a kid that is not held",
        Reason::Expiry
        | Reason::FetchTimeout
        | Reason::IdleCheck
        | Reason::LifetimeEnd
        | Reason::MinRefreshInterval
        | Reason::PauseEnd
        | Reason::UnknownKidOpens => "something is due",
    }
}

const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];

/// A hundred years.
const ENDLESS: Duration = Duration::from_secs(100 * 365 * 86_400);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_units_say_enough() {
        for (milliseconds, text) in [
            (0, "0 s"),
            (40, "40 ms"),
            (1999, "1 s"),
            (59_000, "59 s"),
            (60_000, "1 min"),
            (192_000, "3 min 12 s"),
            (3_600_000, "1 h"),
            (3_605_000, "1 h"),
            (7_500_000, "2 h 5 min"),
            (86_400_000, "1 d"),
            (90_000_000, "1 d 1 h"),
            (86_460_000, "1 d"),
        ] {
            assert_eq!(For(Duration::from_millis(milliseconds)).to_string(), text);
        }
    }

    #[test]
    fn any_time_can_be_shown() {
        let now = SystemTime::UNIX_EPOCH;
        let at = |seconds| At { at: now + Duration::from_secs(seconds), now }.to_string();
        assert_eq!(at(0), "now");
        assert_eq!(at(60), "in 1 min (1970-01-01T00:01:00Z)");
        assert_eq!(at(1 << 60), "for ever");
        let ago = At { at: now, now: now + Duration::from_secs(5) };
        assert_eq!(ago.to_string(), "5 s ago (1970-01-01T00:00:00Z)");
    }
}

//! What happens to a cache, for those who run it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::status::chain;
use super::{FetchError, HydrateError};
use crate::keys::{KeyDiff, KeyId, Skipped};
use crate::refresh::Reason;

pub(crate) type Observer = Arc<dyn Fn(&Event) + Send + Sync>;

/// Something that happened. Its `Display` is one line for a log; it never shows a token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The issuer was asked again where its keys are, and did not say. The attempt goes on with
    /// the `jwks_uri` that is known.
    DiscoveryFailed {
        /// Why.
        error: FetchError,
    },
    /// The trust in the held set has ended: nothing is served until a fetch succeeds.
    Expired,
    /// The keys to start with were refused: the cache starts without them, and loads.
    HydrateRefused {
        /// Why.
        error: HydrateError,
    },
    /// The held set was withdrawn by hand.
    Invalidated,
    /// The new set has other material under a kid that the old one had.
    KeyReplaced {
        /// Its name.
        key: KeyId,
    },
    /// A key of the new set cannot be used.
    KeySkipped(Skipped),
    /// A kid that was denied by hand is allowed again.
    KidAllowed {
        /// The kid, escaped.
        kid: Box<str>,
    },
    /// A kid was taken out by hand: its keys are not used until it is allowed again.
    KidDenied {
        /// The kid, escaped.
        kid: Box<str>,
    },
    /// Keys are held, where none were before.
    Loaded {
        /// How many.
        keys: usize,
    },
    /// A refresh has confirmed the held set (`modified` false) or replaced it.
    RefreshCompleted {
        /// Which keys came and went.
        diff: KeyDiff,
        /// Whether the issuer sent a set, rather than 304.
        modified: bool,
    },
    /// A fetch has failed; the held keys stay as long as they are trusted.
    RefreshFailed {
        /// Failed automatic attempts in a row, this one included if it was one: 0 if a fetch by
        /// hand, or for an unknown kid, is the first to fail.
        attempt: u32,
        /// Why.
        error: FetchError,
        /// The pause before the next attempt, if one is planned.
        next_in: Option<Duration>,
        /// Until when the held keys serve if nothing confirms them; none if no keys are held.
        trust_until: Option<SystemTime>,
    },
    /// The next fetch is planned.
    RefreshScheduled {
        /// How long from now.
        after: Duration,
        /// Why then.
        reason: Reason,
    },
    /// A fetch begins.
    RefreshStarted {
        /// Whether the issuer may answer 304.
        conditional: bool,
        /// Why.
        reason: Reason,
    },
    /// A response came after the trust in it had ended, because the process was frozen during the
    /// fetch. It confirms nothing; the same fetch begins again at once.
    ResponseOutlived,
    /// The lifetime of the held set is over and it has not been refreshed; it still serves.
    Stale,
    /// The driver has stopped: nothing will be fetched any more.
    Stopped,
    /// A token named a kid that the held set lacks, and the issuer is asked.
    UnknownKid {
        /// The kid, escaped.
        kid: Option<Box<str>>,
    },
}

impl Event {
    /// Whether an operator should be warned.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        matches!(
            self,
            Self::DiscoveryFailed { .. }
                | Self::Expired
                | Self::HydrateRefused { .. }
                | Self::KeyReplaced { .. }
                | Self::KeySkipped(_)
                | Self::RefreshFailed { .. }
                | Self::Stale
        )
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DiscoveryFailed { error } => {
                write!(f, "{}; going on with the known jwks_uri", chain(error))
            }
            Self::Expired => f.write_str("keys expired"),
            Self::HydrateRefused { error } => {
                write!(f, "started without the saved keys: {}", chain(error))
            }
            Self::Invalidated => f.write_str("keys withdrawn by hand"),
            Self::KeyReplaced { key } => write!(f, "key {key} has new material"),
            Self::KeySkipped(skipped) => write!(f, "skipped {skipped}"),
            Self::KidAllowed { kid } => write!(f, "kid {kid} allowed again by hand"),
            Self::KidDenied { kid } => write!(f, "kid {kid} denied by hand"),
            Self::Loaded { keys } => write!(f, "keys loaded: {keys}"),
            Self::RefreshCompleted { modified: false, .. } => {
                f.write_str("refresh completed: not modified")
            }
            Self::RefreshCompleted { diff, .. } if diff.is_empty() => {
                f.write_str("refresh completed: same keys")
            }
            Self::RefreshCompleted { diff, .. } => write!(f, "refresh completed: {diff}"),
            Self::RefreshFailed { attempt, error, next_in, trust_until } => {
                f.write_str("refresh failed")?;
                if *attempt > 0 {
                    write!(f, " (attempt {attempt})")?;
                }
                // To the last cause: the first ones of an HTTP client say little.
                write!(f, ": {}", chain(error))?;
                if let Some(pause) = next_in {
                    write!(f, "; next try in {}", Short(*pause))?;
                }
                match trust_until {
                    Some(until) => write!(f, "; the held keys serve until {}", Instant(*until)),
                    None => Ok(()),
                }
            }
            Self::RefreshScheduled { after, reason } => {
                write!(f, "refresh scheduled in {} ({reason})", Short(*after))
            }
            Self::RefreshStarted { reason, conditional } => {
                let conditional = if *conditional { ", conditional" } else { "" };
                write!(f, "performing refresh ({reason}{conditional})")
            }
            Self::ResponseOutlived => {
                f.write_str("a response came after its trust had ended: fetching again")
            }
            Self::Stale => f.write_str("keys stale: their lifetime is over, still serving"),
            Self::Stopped => f.write_str("driver stopped"),
            Self::UnknownKid { kid: Some(kid) } => write!(f, "unknown kid {kid}"),
            Self::UnknownKid { kid: None } => f.write_str("unknown kid"),
        }
    }
}

/// A duration as a person says it: fractions only below a minute.
struct Short(Duration);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < Duration::from_secs(60) {
            return write!(f, "{:.1?}", self.0);
        }
        humantime::format_duration(Duration::from_secs(self.0.as_secs())).fmt(f)
    }
}

/// A time as RFC 3339 writes it, to the second. Years past 9999, which that cannot write, are no
/// end at all.
struct Instant(SystemTime);

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.0.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        if since.as_secs() > LAST_SECOND {
            return f.write_str("withdrawn");
        }
        humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + since).fmt(f)
    }
}

/// 9999-12-31T23:59:59Z.
const LAST_SECOND: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::io::Error);

    fn failed(trust_until: Option<SystemTime>) -> String {
        let error = FetchError::connect(Outer(std::io::Error::other("inner")));
        let next_in = Some(Duration::from_millis(1500));
        Event::RefreshFailed { attempt: 2, error, next_in, trust_until }.to_string()
    }

    #[test]
    fn a_failure_is_shown_with_all_that_caused_it() {
        let expected = "refresh failed (attempt 2): no connection to the key server: outer: inner; \
                        next try in 1.5s";
        assert_eq!(failed(None), expected);
    }

    #[test]
    fn a_failure_says_how_long_the_held_keys_serve() {
        for (seconds, until) in [
            (1_800_000_000, "2027-01-15T08:00:00Z"),
            (LAST_SECOND, "9999-12-31T23:59:59Z"),
            (LAST_SECOND + 1, "withdrawn"),
        ] {
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            let text = failed(Some(at));
            assert!(text.ends_with(&format!("; the held keys serve until {until}")), "{text}");
        }
    }
}

//! Events as lines of a log.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::super::relaxation::Listed;
use super::{Event, EventKind};
use crate::keys::text::Chain;

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.label, self.kind)
    }
}

/// Without the label.
impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added => f.write_str("issuer added"),
            Self::DiscoveryFailed { error } => {
                write!(f, "{}; going on with the known jwks_uri", Chain(error))
            }
            Self::Expired => f.write_str("keys expired"),
            Self::Hint { hint } => write!(f, "a hint on `{}`: {hint}", hint.setting()),
            Self::Hydrated { keys } => write!(f, "started with saved keys: {keys}"),
            Self::HydrateRefused { error } => {
                write!(f, "started without the saved keys: {}", Chain(error))
            }
            Self::Invalidated => f.write_str("keys withdrawn by hand"),
            Self::KeyReplaced { key } => write!(f, "key {key} has new material"),
            Self::KeySkipped { skipped } => write!(f, "skipped {skipped}"),
            Self::KidAllowed { kid } => write!(f, "kid {kid} allowed again by hand"),
            Self::KidDenied { kid } => write!(f, "kid {kid} denied by hand"),
            Self::Loaded { keys, .. } => write!(f, "keys loaded: {keys}"),
            Self::Recovered { failures, after } => {
                let fetches = if *failures == 1 { "fetch" } else { "fetches" };
                write!(f, "recovered after {} and {failures} failed {fetches}", Short(*after))
            }
            Self::RefreshCompleted { modified: false, .. } => {
                f.write_str("refresh completed: not modified")
            }
            Self::RefreshCompleted { diff, .. } if diff.is_empty() => {
                f.write_str("refresh completed: same keys")
            }
            Self::RefreshCompleted { diff, .. } => write!(f, "refresh completed: {diff}"),
            Self::RefreshFailed { failures, error, next_in, trust_until, .. } => {
                // To the last cause: the first ones of an HTTP client say little.
                write!(f, "refresh failed (attempt {failures}): {}", Chain(error))?;
                if let Some(pause) = next_in {
                    write!(f, "; next try in {}", Short(*pause))?;
                }
                serving(f, *trust_until)
            }
            Self::RefreshScheduled { after, reason } => {
                write!(f, "refresh scheduled in {} ({reason})", Short(*after))
            }
            Self::RefreshStarted { reason, conditional } => {
                let conditional = if *conditional { ", conditional" } else { "" };
                write!(f, "performing refresh ({reason}{conditional})")
            }
            Self::Relaxed { relaxations } => write!(f, "allowed here: {}", Listed(relaxations)),
            Self::ResponseOutlived => {
                f.write_str("a response came after its trust had ended: fetching again")
            }
            Self::Stale { trust_until } => {
                f.write_str("keys stale: their lifetime is over")?;
                serving(f, *trust_until)
            }
            Self::Stopped => f.write_str("driver stopped"),
            Self::TransportWarned { warning } => f.write_str(warning),
            Self::UnknownKid { kid: Some(kid) } => write!(f, "unknown kid {kid}"),
            Self::UnknownKid { kid: None } => f.write_str("unknown kid"),
            Self::Withdrawn => f.write_str("issuer withdrawn: nothing is fetched for it any more"),
        }
    }
}

fn serving(f: &mut fmt::Formatter<'_>, until: Option<SystemTime>) -> fmt::Result {
    match until {
        Some(until) => write!(f, "; the held keys serve until {}", Instant(until)),
        None => Ok(()),
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
pub(crate) struct Instant(pub(crate) SystemTime);

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
pub(super) const LAST_SECOND: u64 = 253_402_300_799;

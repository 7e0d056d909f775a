//! Why no key was returned.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::FetchError;
use crate::keys::Skipped;
use crate::keys::text::Chain;

/// Why the cache returned no key. Cheap to clone.
///
/// If the last fetch failed and that is the cause, the text says why
/// ([`last_failure`](Self::last_failure)), and [`source`](std::error::Error::source) is the cause
/// of that failure. The `Debug` form shows both in one line, for a log; `{:#?}` shows the parts.
#[derive(Clone)]
pub struct Error(Arc<Repr>);

/// What kind of [`Error`] it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The kid was denied by hand ([`KeyCache::deny_kid`](super::KeyCache::deny_kid)), whether or
    /// not the key set has such a key.
    DeniedKid,
    /// The driver has never been polled, although the policy's `wait_budget` has passed since the
    /// cache was built. Start the cache with an adapter.
    NeverRun,
    /// The key cache was stopped: no more keys will be fetched.
    Stopped,
    /// No keys are held, and none came within the caller's budget; or too many callers wait; or a
    /// refresh by hand failed, whether or not keys are held.
    Unavailable,
    /// The key set has no usable key with that kid.
    UnknownKid,
    /// The issuer was taken out of its verifier while that runs, or its keys come from another
    /// place now. Another try with the same handle does not help.
    Withdrawn,
}

#[derive(Debug)]
enum Repr {
    Crowded { retry_at: Option<SystemTime> },
    DeniedKid,
    NeverRun,
    Stopped { never_run: bool },
    Unavailable(Outage),
    UnknownKid { skipped: Option<Skipped>, decision: Decision },
    Withdrawn,
}

/// Why no keys are held, or why a refresh by hand failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outage {
    /// Where they come from, fit to be shown.
    pub(crate) place: Box<str>,
    /// A refresh by hand has failed; keys may be held.
    pub(crate) by_hand: bool,
    /// Since when.
    pub(crate) since: Option<SystemTime>,
    /// The deadline of the running attempt, or the earliest start of the next one.
    pub(crate) retry_at: Option<SystemTime>,
    /// The failure of the last attempt.
    pub(crate) failure: Option<FetchError>,
    /// When the running attempt began, if one is running.
    pub(crate) fetching: Option<SystemTime>,
}

/// Whether the issuer has confirmed that it has no such key.
#[derive(Clone, Debug)]
pub(crate) enum Decision {
    /// The fetch for the kid failed.
    Failed { retry_at: Option<SystemTime>, failure: FetchError },
    /// The issuer has confirmed it.
    Final,
    /// The issuer has not been asked since the caller came, or a cache on the way has answered.
    Undecided { retry_at: Option<SystemTime> },
}

impl Error {
    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match *self.0 {
            Repr::DeniedKid => ErrorKind::DeniedKid,
            Repr::NeverRun => ErrorKind::NeverRun,
            Repr::Stopped { .. } => ErrorKind::Stopped,
            Repr::Crowded { .. } | Repr::Unavailable(_) => ErrorKind::Unavailable,
            Repr::UnknownKid { .. } => ErrorKind::UnknownKid,
            Repr::Withdrawn => ErrorKind::Withdrawn,
        }
    }

    /// Whether the same call may succeed later: no keys are held now, or it is not known yet
    /// whether the issuer has a key with that kid.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match *self.0 {
            Repr::DeniedKid | Repr::Stopped { .. } | Repr::Withdrawn => false,
            Repr::Crowded { .. } | Repr::NeverRun | Repr::Unavailable(_) => true,
            Repr::UnknownKid { ref decision, .. } => !matches!(decision, Decision::Final),
        }
    }

    /// Whether the issuer has not been asked for the kid since the call began. Most such kids are
    /// invalid, so a server should answer 401, and not 503. But if the issuer has just begun to
    /// sign with that key, it is found soon, so the client may try again
    /// ([`retry_at`](Self::retry_at)).
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        matches!(*self.0, Repr::UnknownKid { decision: Decision::Undecided { .. }, .. })
    }

    /// When to try again, in wall time. While a fetch runs, this is its deadline; else it is the
    /// earliest start of the next fetch, which may be now. `None` if that is not known, because the
    /// driver has not been run, or if another try does not help.
    #[must_use]
    pub fn retry_at(&self) -> Option<SystemTime> {
        match *self.0 {
            Repr::Crowded { retry_at } => retry_at,
            Repr::Unavailable(ref outage) => outage.retry_at,
            Repr::UnknownKid {
                decision: Decision::Failed { retry_at, .. } | Decision::Undecided { retry_at },
                ..
            } => retry_at,
            _ => None,
        }
    }

    /// Since when no keys have been held, in wall time.
    #[must_use]
    pub fn unavailable_since(&self) -> Option<SystemTime> {
        self.outage()?.since
    }

    /// When the running fetch began, in wall time. `None` if no fetch was running.
    #[must_use]
    pub fn fetching_since(&self) -> Option<SystemTime> {
        self.outage()?.fetching
    }

    /// The failure of the last fetch.
    #[must_use]
    pub fn last_failure(&self) -> Option<&FetchError> {
        match &*self.0 {
            Repr::Unavailable(outage) => outage.failure.as_ref(),
            Repr::UnknownKid { decision: Decision::Failed { failure, .. }, .. } => Some(failure),
            _ => None,
        }
    }

    /// Why the issuer's key with that kid cannot be used, if the issuer publishes such a key.
    #[must_use]
    pub fn skipped(&self) -> Option<&Skipped> {
        match &*self.0 {
            Repr::UnknownKid { skipped, .. } => skipped.as_ref(),
            _ => None,
        }
    }

    pub(crate) fn crowded(retry_at: Option<SystemTime>) -> Self {
        Self(Arc::new(Repr::Crowded { retry_at }))
    }

    pub(crate) fn denied_kid() -> Self {
        Self(Arc::new(Repr::DeniedKid))
    }

    pub(crate) fn never_run() -> Self {
        Self(Arc::new(Repr::NeverRun))
    }

    pub(crate) fn stopped(never_run: bool) -> Self {
        Self(Arc::new(Repr::Stopped { never_run }))
    }

    /// An error without keys, for tests of the floors above.
    #[cfg(test)]
    pub(crate) fn without_keys(retry_at: Option<SystemTime>, failure: Option<FetchError>) -> Self {
        let place = "https://id.example.com/keys?…".into();
        Self::unavailable(Outage { place, retry_at, failure, ..Outage::default() })
    }

    pub(crate) fn unavailable(outage: Outage) -> Self {
        Self(Arc::new(Repr::Unavailable(outage)))
    }

    pub(crate) fn unknown_kid(skipped: Option<Skipped>, decision: Decision) -> Self {
        Self(Arc::new(Repr::UnknownKid { skipped, decision }))
    }

    pub(crate) fn withdrawn() -> Self {
        Self(Arc::new(Repr::Withdrawn))
    }

    fn outage(&self) -> Option<&Outage> {
        match &*self.0 {
            Repr::Unavailable(outage) => Some(outage),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Repr::Crowded { .. } => f.write_str(
                "too many callers wait for keys, more than the setting `max_waiting` allows",
            ),
            Repr::DeniedKid => f.write_str("the kid is denied by hand, with `deny_kid`"),
            Repr::NeverRun => f.write_str(
                "no keys are available: the driver of this key cache has never been run, give it \
                 to the adapter's `start`",
            ),
            Repr::Stopped { never_run: false } => f.write_str("the key cache has been stopped"),
            Repr::Stopped { never_run: true } => f.write_str(
                "the driver of this key cache was dropped without having been run, give it to the \
                 adapter's `start`",
            ),
            Repr::Unavailable(outage) => outage.fmt(f),
            Repr::Withdrawn => f.write_str(
                "the issuer was taken out of the verifier, or its keys come from another place now",
            ),
            Repr::UnknownKid { skipped, decision } => {
                match skipped {
                    Some(skipped) => {
                        write!(f, "the issuer's key of that kid is not usable ({skipped})")
                    }
                    None => f.write_str("the key set has no key of that kid"),
                }?;
                match decision {
                    Decision::Failed { failure, .. } => {
                        write!(f, ", and the issuer could not be asked for a newer one: {failure}")
                    }
                    Decision::Final => Ok(()),
                    Decision::Undecided { .. } => {
                        f.write_str(", and the issuer was not asked for a newer one yet")
                    }
                }
            }
        }
    }
}

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.by_hand {
            "the keys could not be refreshed"
        } else {
            "no keys are available"
        })?;
        let Some(since) = self.fetching else {
            write!(f, " from {}", self.place)?;
            return match &self.failure {
                Some(failure) => write!(f, ": {failure}"),
                // Only the issuer's wish forbids it.
                None if self.by_hand => f.write_str(": the issuer has asked for a pause"),
                None => f.write_str(": a fetch for them has not begun yet"),
            };
        };
        write!(f, ": waiting for {}", self.place)?;
        // Other times than these humantime refuses to show, by a panic.
        let seconds = since.duration_since(UNIX_EPOCH).map(|since| since.as_secs());
        if seconds.is_ok_and(|seconds| seconds < YEAR_10_000) {
            write!(f, " since {}", humantime::format_rfc3339_millis(since))?;
        }
        match &self.failure {
            Some(failure) => write!(f, "; the attempt before has failed: {failure}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return f.debug_tuple("Error").field(&self.0).finish();
        }
        write!(f, "{}", Chain(self))
    }
}

/// The failure itself is in the text already.
impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.last_failure()?.source()
    }
}

/// The first second of that year.
const YEAR_10_000: u64 = 253_402_300_800;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn any_time_can_be_shown() {
        for seconds in [0, YEAR_10_000 - 1, YEAR_10_000, 1 << 60] {
            let since = UNIX_EPOCH + Duration::from_secs(seconds);
            let place = "https://id.example.com/keys".into();
            let outage = Outage { place, fetching: Some(since), ..Outage::default() };
            let shown = Error::unavailable(outage).to_string();
            let plain = "no keys are available: waiting for https://id.example.com/keys";
            assert!(shown.starts_with(plain), "{shown}");
            assert_eq!(shown.ends_with('Z'), seconds < YEAR_10_000, "{shown}");
        }
        let since = UNIX_EPOCH - Duration::from_secs(1);
        let mut outage = Outage { place: "x".into(), fetching: Some(since), ..Outage::default() };
        assert_eq!(outage.to_string(), "no keys are available: waiting for x");
        outage.fetching = None;
        assert_eq!(
            outage.to_string(),
            "no keys are available from x: a fetch for them has not begun yet"
        );
        outage.by_hand = true;
        let text = "the keys could not be refreshed from x: the issuer has asked for a pause";
        assert_eq!(outage.to_string(), text);
        outage.failure = Some(FetchError::timeout());
        let text = "the keys could not be refreshed from x: the fetch timed out";
        assert_eq!(outage.to_string(), text);
    }
}

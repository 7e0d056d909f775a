//! Why there is no key.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::FetchError;
use crate::keys::Skipped;
use crate::keys::text::Chain;

/// Why the cache has no key for a caller. Cheap to clone.
///
/// Its text says also why the last fetch failed, where that is the cause
/// ([`last_failure`](Self::last_failure)), and [`source`](std::error::Error::source) is what lies
/// behind that failure. The `Debug` form is both in one line, fit for a log; `{:#?}` shows the parts.
#[derive(Clone)]
pub struct Error(Arc<Repr>);

/// What kind of [`Error`] it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The kid was denied by hand ([`KeyCache::deny_kid`](super::KeyCache::deny_kid)), whether the
    /// key set has a key of it or not.
    DeniedKid,
    /// The driver has not been polled yet, although the policy's `wait_budget` has passed since the
    /// cache was built: hand the driver to an adapter.
    NeverRun,
    /// The driver is gone: no keys will be fetched any more.
    Stopped,
    /// No keys are held, and none came within the caller's budget; or too many callers wait; or a
    /// refresh by hand has failed, whether keys are held or not.
    Unavailable,
    /// The key set has no usable key of that kid.
    UnknownKid,
}

#[derive(Debug)]
enum Repr {
    Crowded { retry_at: Option<SystemTime> },
    DeniedKid,
    NeverRun,
    Stopped { never_run: bool },
    Unavailable(Outage),
    UnknownKid { skipped: Option<Skipped>, decision: Decision },
}

/// Why no keys are held, or why they were not refreshed by hand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outage {
    /// Where they come from, fit to be shown.
    pub(crate) place: Box<str>,
    /// A refresh by hand has failed; keys may be held.
    pub(crate) by_hand: bool,
    /// Since when.
    pub(crate) since: Option<SystemTime>,
    /// When the attempt that runs has ended at the latest, or the next one may start.
    pub(crate) retry_at: Option<SystemTime>,
    /// The failure of the last attempt.
    pub(crate) failure: Option<FetchError>,
    /// Since when the attempt has been running that is not over yet.
    pub(crate) fetching: Option<SystemTime>,
}

/// Whether the issuer has said that it has no such key.
#[derive(Clone, Debug)]
pub(crate) enum Decision {
    /// The fetch that was to find it has failed.
    Failed { retry_at: Option<SystemTime>, failure: FetchError },
    /// It has.
    Final,
    /// It has not been asked since the caller came, or a cache on the way has answered.
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
        }
    }

    /// Whether the same call may succeed later: there are no keys now, or nobody knows yet whether
    /// the issuer has a key of that kid.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match *self.0 {
            Repr::DeniedKid | Repr::Stopped { .. } => false,
            Repr::Crowded { .. } | Repr::NeverRun | Repr::Unavailable(_) => true,
            Repr::UnknownKid { ref decision, .. } => !matches!(decision, Decision::Final),
        }
    }

    /// Whether the issuer has not been asked for the kid since the call began. Most kids of this
    /// kind are invalid, so a server should answer 401, and not 503; but a key that the issuer has
    /// just begun to sign with is found soon, so the client may come again
    /// ([`retry_at`](Self::retry_at)).
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        matches!(*self.0, Repr::UnknownKid { decision: Decision::Undecided { .. }, .. })
    }

    /// When another try is worth it, in wall time: while a fetch runs, its deadline, by which it has
    /// ended; else when the next one may begin, which may be now. None if it is not known, because
    /// the driver has not been run; and where another try is no use.
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

    /// Since when the fetch has been running that would bring keys, in wall time; none if none
    /// was.
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

    /// The issuer publishes a key of that kid, but it cannot be used, for this reason.
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

    /// No keys, for the tests of what is above the cache.
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

//! What happens to a cache, for those who run it.

mod shown;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{FetchError, HydrateError};
use crate::keys::{KeyDiff, KeyId, Skipped};
use crate::refresh::Reason;

pub(crate) type Observer = Arc<dyn Fn(&Event) + Send + Sync>;

/// Something that happened to the key cache of one issuer.
///
/// Its `Display` is one line for a log: the issuer's label, and what happened. It never shows a
/// token, nor the query of a URL. Every kind may get more fields, so match it with `{ .. }`:
///
/// ```
/// use jwks_core::cache::{Event, EventKind};
///
/// fn observe(event: &Event) {
///     match event.kind() {
///         EventKind::RefreshFailed { failures, error, trust_until, .. } => {
///             println!("{}: {failures} failed, the last: {error}", event.label());
///             println!("the keys serve until {trust_until:?}");
///         }
///         EventKind::Stale { .. } => println!("{}: the keys are stale", event.label()),
///         _ => println!("{event}"),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Event {
    label: Arc<str>,
    kind: EventKind,
}

impl Event {
    /// The label of the issuer: [`Issuer::label`](crate::verify::Issuer::label), or
    /// [`KeyCacheBuilder::label`](super::KeyCacheBuilder::label) of a bare cache.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What happened.
    #[must_use]
    pub const fn kind(&self) -> &EventKind {
        &self.kind
    }

    /// Whether an operator should be warned.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        self.kind.is_warning()
    }

    pub(crate) const fn new(label: Arc<str>, kind: EventKind) -> Self {
        Self { label, kind }
    }
}

/// What happened.
///
/// A fetch begins with [`RefreshStarted`](Self::RefreshStarted), and ends with one of
/// [`Loaded`](Self::Loaded), [`RefreshCompleted`](Self::RefreshCompleted) and
/// [`RefreshFailed`](Self::RefreshFailed), unless it was given up: the keys were withdrawn by hand
/// meanwhile, or the driver has stopped. At most one fetch runs at a time.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum EventKind {
    /// The issuer was asked again where its keys are, and did not say. The attempt goes on with
    /// the `jwks_uri` that is known.
    #[non_exhaustive]
    DiscoveryFailed {
        /// Why.
        error: FetchError,
    },
    /// The trust in the held set has ended: nothing is served until a fetch succeeds.
    #[non_exhaustive]
    Expired,
    /// The cache starts with saved keys.
    #[non_exhaustive]
    Hydrated {
        /// How many.
        keys: usize,
    },
    /// The keys to start with were refused: the cache starts without them, and loads.
    #[non_exhaustive]
    HydrateRefused {
        /// Why.
        error: HydrateError,
    },
    /// The held set was withdrawn by hand.
    #[non_exhaustive]
    Invalidated,
    /// The new set has other material under a kid that the old one had.
    #[non_exhaustive]
    KeyReplaced {
        /// Its name.
        key: KeyId,
    },
    /// A key of the new set cannot be used.
    #[non_exhaustive]
    KeySkipped {
        /// Which, and why.
        skipped: Skipped,
    },
    /// A kid that was denied by hand is allowed again.
    #[non_exhaustive]
    KidAllowed {
        /// The kid, escaped.
        kid: Box<str>,
    },
    /// A kid was taken out by hand: its keys are not used until it is allowed again.
    #[non_exhaustive]
    KidDenied {
        /// The kid, escaped.
        kid: Box<str>,
    },
    /// A fetch has brought keys, where none were held before.
    #[non_exhaustive]
    Loaded {
        /// How many.
        keys: usize,
        /// Why they were fetched.
        reason: Reason,
        /// How long the fetch took, on the adapter's clock.
        took: Duration,
    },
    /// A fetch has succeeded after others had failed. It follows the event of that fetch.
    #[non_exhaustive]
    Recovered {
        /// How many fetches had failed in a row.
        failures: u32,
        /// How long ago the first of them failed, on the wall clock.
        after: Duration,
    },
    /// A refresh has confirmed the held set (`modified` false) or replaced it.
    #[non_exhaustive]
    RefreshCompleted {
        /// Which keys came and went.
        diff: KeyDiff,
        /// Whether the issuer sent a set, rather than 304.
        modified: bool,
        /// Why it was made.
        reason: Reason,
        /// How long the fetch took, on the adapter's clock.
        took: Duration,
    },
    /// A fetch has failed; the held keys stay as long as they are trusted.
    #[non_exhaustive]
    RefreshFailed {
        /// How many fetches have failed since the last success, this one included.
        failures: u32,
        /// Why.
        error: FetchError,
        /// The pause before the next attempt, if one is planned.
        next_in: Option<Duration>,
        /// Until when the held keys serve if nothing confirms them; none if no keys are held.
        trust_until: Option<SystemTime>,
        /// Why the fetch was made.
        reason: Reason,
        /// How long it took, on the adapter's clock.
        took: Duration,
    },
    /// The next fetch is planned.
    #[non_exhaustive]
    RefreshScheduled {
        /// How long from now.
        after: Duration,
        /// Why then.
        reason: Reason,
    },
    /// A fetch begins.
    #[non_exhaustive]
    RefreshStarted {
        /// Whether the issuer may answer 304.
        conditional: bool,
        /// Why.
        reason: Reason,
    },
    /// A response came after the trust in it had ended, because the process was frozen during the
    /// fetch. It confirms nothing; the same fetch begins again at once.
    #[non_exhaustive]
    ResponseOutlived,
    /// The lifetime of the held set is over and it has not been refreshed; it still serves.
    #[non_exhaustive]
    Stale {
        /// Until when it serves if nothing confirms it.
        trust_until: Option<SystemTime>,
    },
    /// The driver has stopped: nothing will be fetched any more.
    #[non_exhaustive]
    Stopped,
    /// A token named a kid that the held set lacks, and the issuer is asked.
    #[non_exhaustive]
    UnknownKid {
        /// The kid, escaped.
        kid: Option<Box<str>>,
    },
}

impl EventKind {
    /// Whether an operator should be warned.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        matches!(
            self,
            Self::DiscoveryFailed { .. }
                | Self::Expired
                | Self::HydrateRefused { .. }
                | Self::KeyReplaced { .. }
                | Self::KeySkipped { .. }
                | Self::RefreshFailed { .. }
                | Self::Stale { .. }
        )
    }
}

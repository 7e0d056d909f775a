//! Events of a cache, for operators.

pub(super) mod shown;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{FetchError, HydrateError, Relaxation};
use crate::keys::{KeyDiff, KeyId, Skipped};
use crate::refresh::{Hint, Reason};

pub(crate) use shown::Instant;

pub(crate) type Observer = Arc<dyn Fn(&Event) + Send + Sync>;

/// Something that happened to the key cache of one issuer.
///
/// Its `Display` is one line for a log: the issuer's label, and what happened. It never shows a
/// token, nor the query of a URL. Variants may get more fields, so match them with `{ .. }`:
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
/// [`RefreshFailed`](Self::RefreshFailed). It ends without an event if it was given up: the keys
/// were withdrawn by hand meanwhile, or the driver has stopped. At most one fetch runs at a time.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum EventKind {
    /// The issuer was [added](crate::verify::Issuers) to a verifier that runs.
    #[non_exhaustive]
    Added,
    /// The repeated request for the issuer's discovery document failed. The attempt goes on with
    /// the known `jwks_uri`.
    #[non_exhaustive]
    DiscoveryFailed {
        /// Why.
        error: FetchError,
    },
    /// The trust in the held keys has ended: no keys serve until a fetch succeeds.
    #[non_exhaustive]
    Expired,
    /// The settings are allowed, but cost more than their author likely meant. Each hint comes once
    /// in the life of a cache: with the first events, or once the traffic shows it.
    #[non_exhaustive]
    Hint {
        /// What that is, and which setting to look at.
        hint: Hint,
    },
    /// The cache starts with saved keys.
    #[non_exhaustive]
    Hydrated {
        /// How many keys.
        keys: usize,
    },
    /// The saved keys were refused. The cache starts without them, and fetches.
    #[non_exhaustive]
    HydrateRefused {
        /// Why.
        error: HydrateError,
    },
    /// The held keys were withdrawn by hand.
    #[non_exhaustive]
    Invalidated,
    /// The new key set has different key material under a kid of the old one.
    #[non_exhaustive]
    KeyReplaced {
        /// The name of the key.
        key: KeyId,
    },
    /// A key of the new set cannot be used.
    #[non_exhaustive]
    KeySkipped {
        /// Which key, and why.
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
    /// A fetch has brought keys, while none were held.
    #[non_exhaustive]
    Loaded {
        /// How many keys.
        keys: usize,
        /// Why they were fetched.
        reason: Reason,
        /// How long the fetch took, on the adapter's clock.
        took: Duration,
    },
    /// A fetch has succeeded after failures. This follows the event of that fetch.
    #[non_exhaustive]
    Recovered {
        /// How many fetches had failed in a row.
        failures: u32,
        /// How long ago the first of them failed, on the wall clock.
        after: Duration,
    },
    /// A refresh has succeeded: it confirmed the held keys (`modified` false) or replaced them.
    #[non_exhaustive]
    RefreshCompleted {
        /// Which keys were added and removed.
        diff: KeyDiff,
        /// Whether the issuer sent a key set, rather than 304.
        modified: bool,
        /// Why the fetch was made.
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
        /// Until when the held keys serve if no fetch succeeds. `None` if no keys are held.
        trust_until: Option<SystemTime>,
        /// Why the fetch was made.
        reason: Reason,
        /// How long the fetch took, on the adapter's clock.
        took: Duration,
    },
    /// The next fetch is planned.
    #[non_exhaustive]
    RefreshScheduled {
        /// How long from now.
        after: Duration,
        /// Why at that time.
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
    /// The cache starts, and these relaxations of its issuer are allowed. Not told if there are none.
    #[non_exhaustive]
    Relaxed {
        /// Each of them.
        relaxations: Vec<Relaxation>,
    },
    /// A response came after the trust in it had ended, because the process was frozen during the
    /// fetch. It confirms nothing, and the same fetch begins again at once.
    #[non_exhaustive]
    ResponseOutlived,
    /// The lifetime of the held keys is over, and no refresh has succeeded. They still serve.
    #[non_exhaustive]
    Stale {
        /// Until when they serve if no fetch succeeds.
        trust_until: Option<SystemTime>,
    },
    /// The driver has stopped: no more keys will be fetched.
    #[non_exhaustive]
    Stopped,
    /// The adapter warns of something that has not ended the fetch, such as a file of certificate
    /// authorities that cannot be read again.
    #[non_exhaustive]
    TransportWarned {
        /// What it says, escaped.
        warning: Box<str>,
    },
    /// A token named a kid that the held keys lack, and the issuer is asked.
    #[non_exhaustive]
    UnknownKid {
        /// The kid, escaped.
        kid: Option<Box<str>>,
    },
    /// The issuer was [taken out](crate::verify::Issuers) of its verifier, or its keys are fetched by
    /// another driver from now on. This driver has ended.
    #[non_exhaustive]
    Withdrawn,
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
                | Self::TransportWarned { .. }
        )
    }
}

//! Keys saved outside the process: exported, bundled, and loaded at start.

mod error;
mod form;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::Source;
use super::denied::Denied;
use super::snapshot::Held;
use crate::keys::{KeyLimits, KeySet, KeySetError, PublicJwk, PublicJwks};
use crate::refresh::Policy;
use form::Form;

pub use error::{HydrateError, HydrateErrorKind};

/// Keys to start with, so that a restart survives an outage of the issuer: an export of
/// [`KeyCache::export`](super::KeyCache::export), or a bundled JWK Set.
///
/// They carry the time at which the issuer confirmed them, and their age counts from that time:
/// loading never extends the trust in them. They hold nothing secret. But whoever can write to the
/// place where you keep them decides whose tokens pass, so keep them as safe as the program.
///
/// With serde, they are one object of version 1. Its digest detects accidents (a file cut short, a
/// flipped bit), not forgery.
///
/// ```
/// use std::time::SystemTime;
/// # use jwks_core::adapter::{Env, Start};
/// use jwks_core::cache::{KeyCache, SavedKeys, Source};
///
/// # let (jwk_set, built_at, wall_clock) = (
/// #     r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",
/// #         "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
/// #     SystemTime::UNIX_EPOCH, || SystemTime::UNIX_EPOCH);
/// let bundle = SavedKeys::from_jwk_set(jwk_set, built_at)?;
/// let source = Source::jwks_uri("https://id.example.com/keys")?;
/// let builder = KeyCache::builder(source).hydrate(bundle);
/// # /*
/// let cache = jwks_tokio::start(builder)?; // if the keys are refused, it loads them as usual
/// # */
/// # let (cache, _drivers) = builder.build(Env::new(wall_clock))?;
/// assert!(cache.try_with_keys("a", |_keys| ()).is_ok()); // before any fetch
///
/// let text = serde_json::to_string(&cache.export())?; // to write where you like
/// # let _ = SavedKeys::from_json(&text)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(into = "Form", try_from = "Form")]
pub struct SavedKeys {
    origin: Option<Origin>,
    confirmed_at: SystemTime,
    trust_until: Option<SystemTime>,
    /// The response's own.
    lifetime: Option<Duration>,
    keys: Vec<PublicJwk>,
    denied: Denied,
}

/// Which source keys came from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Origin {
    /// The part of the URL that may be shown.
    pub(crate) shown: String,
    /// The digest of the whole URL.
    pub(crate) digest: String,
}

/// The saved data.
#[derive(Debug)]
pub(crate) struct Hydration {
    pub(crate) held: Held,
    pub(crate) age: Duration,
    pub(crate) trust: Duration,
}

impl SavedKeys {
    /// Reads a JWK Set (RFC 7517, section 5). A JWK Set says neither whose the keys are nor how old
    /// they are: these keys serve any source, as if its issuer had confirmed them at
    /// `confirmed_at`.
    ///
    /// For a set that is built into the program, give the time of that build. For a set that you
    /// know to be current, give the wall clock's time.
    ///
    /// # Errors
    ///
    /// Fails if the text is not a JWK Set, or if none of its keys is usable.
    pub fn from_jwk_set(
        text: impl AsRef<[u8]>,
        confirmed_at: SystemTime,
    ) -> Result<Self, KeySetError> {
        // The text comes from the caller; the policy's limits apply when it is loaded.
        let mut limits = KeyLimits::default();
        (limits.max_body, limits.max_keys) = (usize::MAX, usize::MAX);
        let keys = KeySet::parse(text.as_ref(), &limits)?;
        Ok(Self {
            origin: None,
            confirmed_at,
            trust_until: None,
            lifetime: None,
            keys: keys.iter().map(PublicJwk::from).collect(),
            denied: Denied::default(),
        })
    }

    /// Reads the JSON of an export. Unlike `Deserialize`, it tells a file of another version from a
    /// damaged one.
    ///
    /// # Errors
    ///
    /// [`HydrateErrorKind::Corrupted`], [`HydrateErrorKind::JwkSet`], [`HydrateErrorKind::Version`].
    pub fn from_json(text: impl AsRef<[u8]>) -> Result<Self, HydrateError> {
        Form::from_json(text.as_ref())?.try_into()
    }

    /// When the issuer last confirmed them.
    #[must_use]
    pub const fn confirmed_at(&self) -> SystemTime {
        self.confirmed_at
    }

    /// When the trust in them ends, whatever the policy that loads them says. `None` for a bundle.
    #[must_use]
    pub const fn trust_until(&self) -> Option<SystemTime> {
        self.trust_until
    }

    /// The source that they came from, without its query. `None` for a bundle.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.origin.as_ref().map(|origin| origin.shown.as_str())
    }

    pub(crate) fn of(origin: Origin, held: &Held, denied: &Denied) -> Self {
        Self {
            origin: Some(origin),
            confirmed_at: held.confirmed_at,
            trust_until: Some(held.trust_until),
            lifetime: held.lifetime,
            keys: held.all.iter().map(PublicJwk::from).collect(),
            denied: denied.clone(),
        }
    }

    /// As if they had come from this source.
    #[cfg(test)]
    pub(crate) fn made_at(self, source: &Source) -> Self {
        Self { origin: Some(source.origin()), ..self }
    }

    /// Whether they may come from this source.
    pub(crate) fn check_source(&self, source: &Source) -> Result<(), HydrateError> {
        let ours = source.origin();
        match self.origin.as_ref().filter(|theirs| theirs.digest != ours.digest) {
            Some(theirs) => Err(HydrateError::other_source(&theirs.shown, &ours.shown)),
            None => Ok(()),
        }
    }

    /// The kids that were denied in the cache that was exported.
    pub(crate) const fn denied(&self) -> &Denied {
        &self.denied
    }

    /// What a cache with this policy may hold of them at `now`.
    pub(crate) fn hydration(
        &self,
        source: &Source,
        policy: &Policy,
        now: SystemTime,
    ) -> Result<Hydration, HydrateError> {
        let ahead = self.confirmed_at.duration_since(now).unwrap_or_default();
        if ahead > TOLERANCE {
            return Err(HydrateError::future(ahead));
        }
        // The difference between the clocks of two machines must not lengthen the trust.
        let confirmed_at = self.confirmed_at.min(now);
        let age = now.duration_since(confirmed_at).unwrap_or_default();
        let granted = policy.trust_for(policy.lifetime_for(self.lifetime)).saturating_sub(age);
        let trust = match self.trust_until {
            Some(until) => granted.min(until.duration_since(now).unwrap_or_default()),
            None => granted,
        };
        if trust.is_zero() {
            return Err(HydrateError::expired(age));
        }
        let all = Arc::new(self.parsed(source, policy)?);
        Ok(Hydration {
            held: Held {
                keys: Arc::clone(&all),
                all,
                etag: None,
                lifetime: self.lifetime,
                confirmed_at,
                trust_until: super::snapshot::later(now, trust),
            },
            age,
            trust,
        })
    }

    fn parsed(&self, source: &Source, policy: &Policy) -> Result<KeySet, HydrateError> {
        let set = serde_json::to_vec(&PublicJwks { keys: &self.keys })
            .map_err(HydrateError::corrupted)?;
        let keys = source.parse(&set, policy).map_err(HydrateError::key_set)?;
        match keys.skipped().first() {
            // Only usable keys are saved.
            Some(skipped) => Err(HydrateError::corrupted(skipped.to_string())),
            None => Ok(keys),
        }
    }
}

/// How far a confirmation may seem to be in the future, because the clocks of two machines differ.
const TOLERANCE: Duration = Duration::from_secs(60);

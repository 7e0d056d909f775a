//! Saved keys as they are written down.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::{HydrateError, Origin, SavedKeys};
use crate::cache::denied::Denied;
use crate::keys::{PublicJwk, digest};

/// Version 1. Times are in milliseconds since the Unix epoch, rounded down, so that nothing is
/// trusted for longer.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source_digest: Option<String>,
    confirmed_at_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trust_until_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lifetime_ms: Option<u64>,
    keys: Vec<PublicJwk>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    denied_kids: Vec<String>,
    /// SHA-256 in base64url of all the above as compact JSON.
    digest: String,
}

impl Form {
    /// The version decides how to read the rest, so it is read by itself.
    pub(super) fn from_json(text: &[u8]) -> Result<Self, HydrateError> {
        #[derive(Deserialize)]
        struct Version {
            version: u64,
        }

        let Version { version } = serde_json::from_slice(text).map_err(|error| {
            if is_jwk_set(text) { HydrateError::jwk_set() } else { HydrateError::corrupted(error) }
        })?;
        if version != VERSION {
            return Err(HydrateError::version(version));
        }
        serde_json::from_slice(text).map_err(HydrateError::corrupted)
    }

    fn digest(&self) -> String {
        let bare = Self { digest: String::new(), ..self.clone() };
        // Nothing in it can fail to be written; if it did, the digest would not match.
        digest(&serde_json::to_vec(&bare).unwrap_or_default())
    }
}

impl From<SavedKeys> for Form {
    fn from(saved: SavedKeys) -> Self {
        let (source, source_digest) =
            saved.origin.map(|origin| (origin.shown, origin.digest)).unzip();
        let mut form = Self {
            version: VERSION,
            source,
            source_digest,
            confirmed_at_ms: milliseconds(saved.confirmed_at),
            trust_until_ms: saved.trust_until.map(milliseconds),
            lifetime_ms: saved.lifetime.map(whole),
            keys: saved.keys,
            denied_kids: saved.denied.iter().map(str::to_owned).collect(),
            digest: String::new(),
        };
        form.digest = form.digest();
        form
    }
}

impl TryFrom<Form> for SavedKeys {
    type Error = HydrateError;

    fn try_from(form: Form) -> Result<Self, HydrateError> {
        if form.version != VERSION {
            return Err(HydrateError::version(form.version));
        }
        if form.digest != form.digest() {
            return Err(HydrateError::corrupted("the digest does not match"));
        }
        let time = |ms| {
            let time = UNIX_EPOCH.checked_add(Duration::from_millis(ms));
            time.ok_or_else(|| HydrateError::corrupted("a time is out of range"))
        };
        let origin = match (form.source, form.source_digest) {
            (Some(shown), Some(digest)) => Some(Origin { shown, digest }),
            (None, None) => None,
            _ => return Err(HydrateError::corrupted("half of the source is missing")),
        };
        let mut denied = Denied::default();
        for kid in &form.denied_kids {
            denied.add(kid).map_err(HydrateError::corrupted)?;
        }
        Ok(Self {
            origin,
            confirmed_at: time(form.confirmed_at_ms)?,
            trust_until: form.trust_until_ms.map(time).transpose()?,
            lifetime: form.lifetime_ms.map(Duration::from_millis),
            keys: form.keys,
            denied,
        })
    }
}

/// Whether it is a JWK Set and nothing of ours (RFC 7517, section 5).
fn is_jwk_set(text: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Set {
        #[serde(rename = "keys")]
        _keys: Vec<IgnoredAny>,
        version: Option<IgnoredAny>,
        confirmed_at_ms: Option<IgnoredAny>,
    }

    serde_json::from_slice(text)
        .is_ok_and(|set: Set| set.version.is_none() && set.confirmed_at_ms.is_none())
}

fn milliseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, whole)
}

fn whole(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

const VERSION: u64 = 1;

//! Why saved keys are refused.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::SavedKeys;
use crate::cache::DenyError;
use crate::keys::KeySetError;
use crate::keys::text::{Chain, OneLine, escaped};

/// Saved keys were refused. The cache is unchanged and fetches as usual. Cheap to clone.
///
/// Its `Debug` form is the text, so that a `main` that returns this error prints it; `{:#?}` shows
/// the parts.
#[derive(Clone)]
pub struct HydrateError(Arc<Repr>);

/// What is wrong with saved keys.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum HydrateErrorKind {
    /// It is not an export of a cache, or it is damaged.
    Corrupted,
    /// The export denies kids, and with them too many kids would be denied.
    Denied,
    /// The trust in them has ended.
    Expired,
    /// They were confirmed more than a minute in the future: a clock is wrong.
    Future,
    /// It is a plain JWK Set (RFC 7517): read it with [`SavedKeys::from_jwk_set`]. An export also
    /// says whose the keys are and how old.
    JwkSet,
    /// The policy does not allow such a set: too many keys, or too few.
    KeySet,
    /// It is too late: the cache is fetching already, has held keys, or its keys were withdrawn.
    Late,
    /// They came from another source than the cache's.
    OtherSource,
    /// Another version of this crate wrote them, in a form that this version does not know.
    Version,
}

impl HydrateError {
    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> HydrateErrorKind {
        match &*self.0 {
            Repr::Corrupted(_) => HydrateErrorKind::Corrupted,
            Repr::Denied(_) => HydrateErrorKind::Denied,
            Repr::Expired { .. } => HydrateErrorKind::Expired,
            Repr::Future { .. } => HydrateErrorKind::Future,
            Repr::JwkSet => HydrateErrorKind::JwkSet,
            Repr::KeySet(_) => HydrateErrorKind::KeySet,
            Repr::Late => HydrateErrorKind::Late,
            Repr::OtherSource { .. } => HydrateErrorKind::OtherSource,
            Repr::Version { .. } => HydrateErrorKind::Version,
        }
    }

    pub(crate) fn late() -> Self {
        Repr::Late.into()
    }

    pub(super) fn corrupted(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Repr::Corrupted(cause.into()).into()
    }

    pub(crate) fn denied(error: DenyError) -> Self {
        Repr::Denied(error).into()
    }

    pub(super) fn expired(age: Duration) -> Self {
        Repr::Expired { age: Duration::from_secs(age.as_secs()) }.into()
    }

    pub(super) fn future(ahead: Duration) -> Self {
        Repr::Future { ahead: Duration::from_secs(ahead.as_secs()) }.into()
    }

    pub(super) fn jwk_set() -> Self {
        Repr::JwkSet.into()
    }

    pub(super) fn key_set(error: KeySetError) -> Self {
        Repr::KeySet(error).into()
    }

    pub(super) fn other_source(theirs: &str, ours: &str) -> Self {
        Repr::OtherSource { ours: escaped(ours), theirs: escaped(theirs) }.into()
    }

    pub(super) fn version(version: u64) -> Self {
        Repr::Version { version }.into()
    }
}

/// So that [`Issuer::hydrate`](crate::verify::Issuer::hydrate) accepts keys, and also the result of
/// reading them.
impl From<SavedKeys> for Result<SavedKeys, HydrateError> {
    fn from(saved: SavedKeys) -> Self {
        Ok(saved)
    }
}

impl Eq for HydrateError {}

/// Clones of one error are equal, others are not.
impl PartialEq for HydrateError {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Display for HydrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for HydrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return f.debug_tuple("HydrateError").field(&self.0).finish();
        }
        write!(f, "{}", Chain(self))
    }
}

/// The cause is in the text already; its own causes are not.
impl StdError for HydrateError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &*self.0 {
            Repr::Corrupted(cause) => cause.source(),
            Repr::Denied(cause) => cause.source(),
            Repr::KeySet(cause) => cause.source(),
            _ => None,
        }
    }
}

impl From<Repr> for HydrateError {
    fn from(repr: Repr) -> Self {
        Self(Arc::new(repr))
    }
}

#[derive(Debug, thiserror::Error)]
enum Repr {
    #[error("the saved keys are corrupted: {}", OneLine(.0))]
    Corrupted(Box<dyn StdError + Send + Sync>),
    #[error("the kids that the saved keys deny cannot be denied: {0}")]
    Denied(DenyError),
    #[error("the saved keys were confirmed {} ago and are no longer trusted: save them more often, or load newer ones", humantime::format_duration(*age))]
    Expired { age: Duration },
    #[error("the saved keys were confirmed {} in the future: compare the clocks of the two machines", humantime::format_duration(*ahead))]
    Future { ahead: Duration },
    #[error(
        "a plain JWK Set, not saved keys: read it with `SavedKeys::from_jwk_set`; saved keys are \
         what `KeyCache::export` gives, written as JSON"
    )]
    JwkSet,
    #[error("the policy does not allow the saved keys: {0}")]
    KeySet(KeySetError),
    #[error(
        "it is too late for saved keys, load them before the driver runs: the cache fetches, has held keys, \
         or they were withdrawn"
    )]
    Late,
    #[error("the saved keys come from `{theirs}`, not from `{ours}`, or the queries differ")]
    OtherSource { ours: Box<str>, theirs: Box<str> },
    #[error("the saved keys are of version {version}, not of version 1")]
    Version { version: u64 },
}

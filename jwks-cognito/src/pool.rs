//! A user pool: its settings, and what only code can give.

use std::fmt;
use std::sync::Arc;

use jwks_core::cache::{Event, HydrateError};
use jwks_core::verify::{CheckResult, Checked};

use crate::{CognitoSettings, SavedKeys};

/// A user pool for a [`CognitoVerifier`](crate::CognitoVerifier): its settings, and what only code
/// can give. Create it from [`CognitoSettings`].
#[must_use]
pub struct Pool {
    pub(crate) settings: CognitoSettings,
    pub(crate) checks: Vec<OwnCheck>,
    pub(crate) label: Option<Box<str>>,
    pub(crate) observer: Option<Observer>,
    pub(crate) optional: bool,
    pub(crate) saved: Option<Result<SavedKeys, HydrateError>>,
}

/// A check of the user's own.
pub(crate) type OwnCheck = Arc<dyn Fn(&Checked<'_>) -> CheckResult + Send + Sync>;

pub(crate) type Observer = Box<dyn Fn(&Event) + Send + Sync>;

impl Pool {
    /// Adds a check of your own, which runs after all others: for tenants, revocation lists. Any
    /// error refuses the token and becomes the source of the refusal, so it should not quote
    /// claims.
    pub fn check(
        mut self,
        check: impl Fn(&Checked<'_>) -> CheckResult + Send + Sync + 'static,
    ) -> Self {
        self.checks.push(Arc::new(check));
        self
    }

    /// Starts with these keys, bundled or saved by an earlier run: no fetch is needed before the
    /// first token. Keys that are refused never prevent a start: the pool starts without them, and
    /// its [`observer`](Self::observer) gets an event that says why. See
    /// [`Issuer::hydrate`](jwks_core::verify::Issuer::hydrate).
    pub fn hydrate(mut self, saved: impl Into<Result<SavedKeys, HydrateError>>) -> Self {
        self.saved = Some(saved.into());
        self
    }

    /// Sets the pool's name in events, status and health, and so in logs and metrics. Default: its
    /// issuer. See [`Issuer::label`](jwks_core::verify::Issuer::label).
    pub fn label(mut self, label: impl Into<Box<str>>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Makes this pool optional: the verifier is [ready](crate::CognitoVerifier::ready) without its
    /// keys, and it does not count for the verdict of [`health`](crate::CognitoVerifier::health).
    /// Default: the pool is required.
    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Calls this function with every event of the pool's key cache, on the driver's thread. It
    /// must be quick: see
    /// [`KeyCacheBuilder::observer`](jwks_core::cache::KeyCacheBuilder::observer).
    pub fn observer(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }
}

impl From<CognitoSettings> for Pool {
    fn from(settings: CognitoSettings) -> Self {
        let checks = Vec::new();
        Self { settings, checks, label: None, observer: None, optional: false, saved: None }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("settings", &self.settings).finish_non_exhaustive()
    }
}

//! From pools to a verifier.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use jwks_core::cache::Driver;
use jwks_core::refresh::settings::SettingsError;
use jwks_core::verify::{IssuerError, Verifier};

use super::CognitoVerifier;
use super::call::CognitoCall;
use super::shared::{PoolDemands, Shared};
use crate::Pool;

/// Builds a [`CognitoVerifier`]. Made by [`CognitoVerifier::builder`].
#[must_use]
pub struct CognitoBuilder {
    max_token_len: Option<usize>,
    pools: Vec<Pool>,
    wall_clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

/// A pool that cannot work as configured. The text names the setting and what is allowed; `Debug`
/// is the same text, so that a `main` that returns this error prints it.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[error(transparent)]
pub struct BuildError(#[from] Reason);

#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
enum Reason {
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    #[error("no pool is configured, must be at least one")]
    NoPool,
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

impl CognitoBuilder {
    pub(super) fn new(wall_clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { max_token_len: None, pools: Vec::new(), wall_clock: Arc::new(wall_clock) }
    }

    /// Accepts the tokens of this pool too: a [`Pool`], or [`CognitoSettings`] alone.
    ///
    /// [`CognitoSettings`]: crate::CognitoSettings
    pub fn pool(mut self, pool: impl Into<Pool>) -> Self {
        self.pools.push(pool.into());
        self
    }

    /// Longest token, in bytes. Default: 16 KiB.
    pub const fn max_token_len(mut self, bytes: usize) -> Self {
        self.max_token_len = Some(bytes);
        self
    }

    /// The verifier, and a driver for each pool, in the order of configuration. Hand the drivers
    /// to an adapter.
    ///
    /// # Errors
    ///
    /// There is no pool; or one that cannot work as configured, or is configured twice with one
    /// issuer.
    pub fn build(self) -> Result<(CognitoVerifier, Vec<Driver>), BuildError> {
        if self.pools.is_empty() {
            return Err(Reason::NoPool.into());
        }
        let wall_clock = self.wall_clock;
        let mut builder = Verifier::builder(move || wall_clock());
        if let Some(bytes) = self.max_token_len {
            builder = builder.max_token_len(bytes);
        }
        let mut pools = Vec::with_capacity(self.pools.len());
        for Pool { settings, checks, label, observer, optional, saved } in self.pools {
            let (iss, mut issuer, demands) = settings.resolve().map_err(Reason::from)?;
            if let Some(label) = label {
                issuer = issuer.label(label);
            }
            if optional {
                issuer = issuer.optional();
            }
            if let Some(observer) = observer {
                issuer = issuer.observer(observer);
            }
            if let Some(saved) = saved {
                issuer = issuer.hydrate(saved);
            }
            builder = builder.issuer(issuer);
            pools.push(PoolDemands { iss: iss.into(), demands, checks });
        }
        let (core, drivers) = builder.build().map_err(Reason::from)?;
        let plain = CognitoCall::plain(Arc::new(Shared { core, pools }));
        Ok((CognitoVerifier { plain }, drivers))
    }
}

impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for CognitoBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CognitoBuilder").field("pools", &self.pools).finish_non_exhaustive()
    }
}

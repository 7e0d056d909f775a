//! Builds a verifier from pools.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use jwks_core::adapter::{BuildError, Drivers, Env, Start};
use jwks_core::verify::Verifier;

use super::CognitoVerifier;
use super::call::CognitoCall;
use super::shared::{PoolDemands, Shared};
use crate::Pool;

/// Describes a [`CognitoVerifier`]. Create it with [`CognitoVerifier::builder`] and give it to an
/// adapter's `start`, which returns the verifier and keeps its keys fresh.
#[must_use = "give it to an adapter's `start`"]
pub struct CognitoBuilder {
    max_token_len: Option<usize>,
    pools: Vec<Pool>,
    wall_clock: Option<Arc<dyn Fn() -> SystemTime + Send + Sync>>,
}

/// The builder has no pool.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no pool is configured: give at least one to `CognitoBuilder::pool`")]
struct NoPool;

impl CognitoBuilder {
    pub(super) const fn new() -> Self {
        Self { max_token_len: None, pools: Vec::new(), wall_clock: None }
    }

    /// Adds a pool whose tokens are accepted: a [`Pool`], or [`CognitoSettings`] alone.
    ///
    /// [`CognitoSettings`]: crate::CognitoSettings
    pub fn pool(mut self, pool: impl Into<Pool>) -> Self {
        self.pools.push(pool.into());
        self
    }

    /// Sets the longest accepted token, in bytes. Default: 16 KiB.
    pub const fn max_token_len(mut self, bytes: usize) -> Self {
        self.max_token_len = Some(bytes);
        self
    }

    /// Sets the wall clock of this verifier, instead of the adapter's `SystemTime::now`. Use it in
    /// tests with a clock that you control. The clock decides when trust in the keys ends, and
    /// judges the times in tokens.
    pub fn wall_clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.wall_clock = Some(Arc::new(now));
        self
    }
}

/// Fails if there is no pool, if a pool cannot work as configured, or if two pools have the same
/// issuer. The error holds a [`SettingsError`](jwks_core::verify::SettingsError) or an
/// [`IssuerError`](jwks_core::verify::IssuerError).
impl Start for CognitoBuilder {
    type Handle = CognitoVerifier;

    fn build(self, env: Env) -> Result<(CognitoVerifier, Drivers), BuildError> {
        if self.pools.is_empty() {
            return Err(BuildError::new(NoPool));
        }
        let mut builder = Verifier::builder();
        if let Some(wall_clock) = self.wall_clock {
            builder = builder.wall_clock(move || wall_clock());
        }
        if let Some(bytes) = self.max_token_len {
            builder = builder.max_token_len(bytes);
        }
        let mut pools = Vec::with_capacity(self.pools.len());
        for Pool { settings, checks, label, observer, optional, saved } in self.pools {
            let (iss, mut issuer, demands) = settings.resolve().map_err(BuildError::new)?;
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
        let (core, drivers) = builder.build(env)?;
        let plain = CognitoCall::plain(Arc::new(Shared { core, pools }));
        Ok((CognitoVerifier { plain }, drivers))
    }
}

impl fmt::Debug for CognitoBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CognitoBuilder").field("pools", &self.pools).finish_non_exhaustive()
    }
}

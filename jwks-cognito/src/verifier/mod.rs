//! The verifier of one user pool or several.

use std::fmt;
use std::time::{Duration, SystemTime};

use jwks_core::cache::{KeyCache, Status};
use jwks_core::verify::{Error, Expectations, NotReady, Verified, VerifierHealth};

pub use self::builder::CognitoBuilder;
pub use self::call::CognitoCall;
use crate::CognitoClaims;

mod builder;
mod call;
mod route;
mod shared;

/// Validates the tokens of one user pool or several. Cheap to clone, shared by many threads and
/// tasks.
///
/// It is the core's [`Verifier`](jwks_core::verify::Verifier) with Cognito's checks, and has the
/// same methods: the token's `iss` chooses the pool, never its `kid`, and each pool has its own
/// keys and settings. Only RS256 passes, the one algorithm that Cognito signs with.
///
/// The claims type decides which tokens pass, by [`CognitoClaims::TOKEN_USE`]: a token for access
/// is never taken for one of identity, nor the other way round.
///
/// An error from which [`Refusal::of`](crate::Refusal::of) gets one is about what only Cognito's tokens have;
/// [`status_code`](Error::status_code) says what to answer for any error.
#[derive(Clone)]
pub struct CognitoVerifier {
    /// A call that departs from nothing.
    plain: CognitoCall,
}

impl CognitoVerifier {
    /// Starts without a pool. Give the builder to an adapter's `start`, which makes the verifier.
    pub const fn builder() -> CognitoBuilder {
        CognitoBuilder::new()
    }

    /// Validates a token, waiting for its key within the policy's `wait_budget`: only while no
    /// keys are held yet, or for a key that is not among them.
    ///
    /// # Errors
    ///
    /// Why the token was refused, or could not be judged.
    pub async fn verify<T: CognitoClaims>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.plain.verify(token).await
    }

    /// As [`verify`](Self::verify), waiting for at most `budget`.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub async fn verify_within<T: CognitoClaims>(
        &self,
        token: &str,
        budget: Duration,
    ) -> Result<Verified<T>, Error> {
        self.call().wait_at_most(budget).verify(token).await
    }

    /// Validates a token with the keys at hand, and never waits; what is missing is asked for.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify); a key that would have been worth waiting for is an error that
    /// [is retryable](Error::is_retryable).
    pub fn try_verify<T: CognitoClaims>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.plain.try_verify(token)
    }

    /// Validates a token with the keys at hand, and asks for nothing: `None` where
    /// [`verify`](Self::verify) would wait. See
    /// [`Verifier::verify_held`](jwks_core::verify::Verifier::verify_held).
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify), for a token that no other key could help.
    pub fn verify_held<T: CognitoClaims>(&self, token: &str) -> Result<Option<Verified<T>>, Error> {
        self.plain.verify_held(token)
    }

    /// As [`try_verify`](Self::try_verify), at a time of the caller's choice.
    ///
    /// # Errors
    ///
    /// As [`try_verify`](Self::try_verify).
    pub fn try_verify_at<T: CognitoClaims>(
        &self,
        token: &str,
        time: SystemTime,
    ) -> Result<Verified<T>, Error> {
        self.call().at(time).try_verify(token)
    }

    /// As [`verify`](Self::verify), blocking this thread while it waits: for threads of their own,
    /// not for those that run an async runtime.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_blocking<T: CognitoClaims>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.plain.verify_blocking(token)
    }

    /// A validation that demands more than is configured, for one route or call.
    pub fn call(&self) -> CognitoCall {
        self.plain.clone()
    }

    /// Waits until every pool has held keys once, for at most `budget`, but for those that are
    /// [optional](crate::Pool::optional): what a readiness probe should answer by. What to answer
    /// to probes, and why, stands at [`Verifier::ready`](jwks_core::verify::Verifier::ready).
    ///
    /// # Errors
    ///
    /// [`NotReady`] names the pools whose keys have not been held yet, and why.
    pub async fn ready(&self, budget: Duration) -> Result<(), NotReady> {
        self.plain.verifier().ready(budget).await
    }

    /// How each pool is doing, and one verdict over those that are not
    /// [optional](crate::Pool::optional): for dashboards and alerts, not for probes.
    #[must_use]
    pub fn health(&self) -> VerifierHealth {
        self.plain.verifier().health()
    }

    /// The state of each pool's key cache, in the order of configuration: for dashboards.
    #[must_use]
    pub fn status(&self) -> Vec<Status> {
        self.plain.verifier().status()
    }

    /// What is expected of each pool's tokens, in the order of configuration: issuer and leeway.
    pub fn expectations(&self) -> impl Iterator<Item = &Expectations> {
        self.plain.verifier().expectations()
    }

    /// The key caches, in the order of configuration: to refresh, invalidate or export them.
    pub fn caches(&self) -> impl Iterator<Item = &KeyCache> {
        self.plain.verifier().caches()
    }
}

impl fmt::Debug for CognitoVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CognitoVerifier").field(self.plain.verifier()).finish()
    }
}

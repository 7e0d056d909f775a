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
/// same methods. The token's `iss` chooses the pool, never its `kid`, and each pool has its own
/// keys and settings. Only RS256 passes, because Cognito signs with no other algorithm.
///
/// The claims type decides which tokens pass, by [`CognitoClaims::TOKEN_USE`]: an access token
/// never passes as an ID token, and an ID token never as an access token.
///
/// If [`Refusal::of`](crate::Refusal::of) returns something, the error is about Cognito's own
/// claims. [`status_code`](Error::status_code) says what to answer for any error.
#[derive(Clone)]
pub struct CognitoVerifier {
    /// A call without demands of its own.
    plain: CognitoCall,
}

impl CognitoVerifier {
    /// Creates a builder without a pool. Give the builder to an adapter's `start`, which returns
    /// the verifier.
    pub const fn builder() -> CognitoBuilder {
        CognitoBuilder::new()
    }

    /// Validates a token. If no keys are held yet, or its key is not among them, waits for it
    /// within the policy's `wait_budget`.
    ///
    /// # Errors
    ///
    /// Says why the token was refused, or could not be checked.
    pub async fn verify<T: CognitoClaims>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.plain.verify(token).await
    }

    /// Like [`verify`](Self::verify), but waits for at most `budget`.
    ///
    /// # Errors
    ///
    /// Like [`verify`](Self::verify).
    pub async fn verify_within<T: CognitoClaims>(
        &self,
        token: &str,
        budget: Duration,
    ) -> Result<Verified<T>, Error> {
        self.call().wait_at_most(budget).verify(token).await
    }

    /// Validates a token with the keys that are held, without waiting. If its key is missing,
    /// requests a fetch and returns an error.
    ///
    /// # Errors
    ///
    /// Like [`verify`](Self::verify). If a fetch may still bring the key, the error [is
    /// retryable](Error::is_retryable).
    pub fn try_verify<T: CognitoClaims>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.plain.try_verify(token)
    }

    /// Validates a token with the keys that are held, and requests nothing. Returns `None` where
    /// [`verify`](Self::verify) would wait. See
    /// [`Verifier::verify_held`](jwks_core::verify::Verifier::verify_held).
    ///
    /// # Errors
    ///
    /// Like [`verify`](Self::verify), for a token that would be refused with any other key too.
    pub fn verify_held<T: CognitoClaims>(&self, token: &str) -> Result<Option<Verified<T>>, Error> {
        self.plain.verify_held(token)
    }

    /// Like [`try_verify`](Self::try_verify), but checks the claims as of the given time.
    ///
    /// # Errors
    ///
    /// Like [`try_verify`](Self::try_verify).
    pub fn try_verify_at<T: CognitoClaims>(
        &self,
        token: &str,
        time: SystemTime,
    ) -> Result<Verified<T>, Error> {
        self.call().at(time).try_verify(token)
    }

    /// Like [`verify`](Self::verify), but blocks the current thread while it waits. Do not call it
    /// from async code: it blocks everything else that runs on that thread.
    ///
    /// # Errors
    ///
    /// Like [`verify`](Self::verify).
    pub fn verify_blocking<T: CognitoClaims>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.plain.verify_blocking(token)
    }

    /// Demands more than is configured, for one route or call.
    pub fn call(&self) -> CognitoCall {
        self.plain.clone()
    }

    /// Waits until every required pool has held keys once, for at most `budget`. Use it for a
    /// readiness probe. [Optional](crate::Pool::optional) pools do not count. See
    /// [`Verifier::ready`](jwks_core::verify::Verifier::ready) for what to answer to probes, and
    /// why.
    ///
    /// # Errors
    ///
    /// [`NotReady`] names the pools whose keys have never been held, and says why.
    pub async fn ready(&self, budget: Duration) -> Result<(), NotReady> {
        self.plain.verifier().ready(budget).await
    }

    /// The health of each pool, and one verdict over the required ones: for dashboards and alerts,
    /// not for probes.
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
    pub fn expectations(&self) -> impl Iterator<Item = Expectations> {
        self.plain.verifier().expectations()
    }

    /// The key caches, in the order of configuration. Use them to refresh, invalidate or export
    /// keys.
    pub fn caches(&self) -> impl Iterator<Item = KeyCache> {
        self.plain.verifier().caches()
    }
}

impl fmt::Debug for CognitoVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CognitoVerifier").field(self.plain.verifier()).finish()
    }
}

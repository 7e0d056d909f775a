//! What judges the tokens of a guard.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jwks_core::verify::{Call, Error, ErrorKind, Verified, Verifier};
use serde::de::DeserializeOwned;

use crate::Access;

/// Judges tokens for a guard: a [`Verifier`], a [`Call`] that departs from its configuration, or,
/// with the feature `cognito`, a `CognitoVerifier` or a `CognitoCall`.
///
/// Implement it to put something around one of these. A result of your own cannot be made: a
/// [`Verified`] comes from a verifier alone.
pub trait VerifyToken<T>: Send + Sync + 'static {
    /// Judges the token by the keys at hand, and asks for nothing: `None` if they do not decide.
    ///
    /// # Errors
    ///
    /// Why the token was refused.
    fn verify_held(&self, token: &str) -> Result<Option<Verified<Access<T>>>, Error>;

    /// Judges the token, and waits for its key, for at most `budget`; without one, as long as the
    /// policy says. Called only if [`verify_held`](Self::verify_held) has not decided.
    fn verify<'v>(&'v self, token: &'v str, budget: Option<Duration>) -> Verifying<'v, T>;
}

/// A token that is being judged.
pub type Verifying<'v, T> =
    Pin<Box<dyn Future<Output = Result<Verified<Access<T>>, Error>> + Send + 'v>>;

impl<T: DeserializeOwned + Send + Sync + 'static> VerifyToken<T> for Verifier {
    fn verify_held(&self, token: &str) -> Result<Option<Verified<Access<T>>>, Error> {
        self.verify_held(token)
    }

    fn verify<'v>(&'v self, token: &'v str, budget: Option<Duration>) -> Verifying<'v, T> {
        match budget {
            Some(budget) => Box::pin(self.verify_within(token, budget)),
            None => Box::pin(self.verify(token)),
        }
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> VerifyToken<T> for Call {
    fn verify_held(&self, token: &str) -> Result<Option<Verified<Access<T>>>, Error> {
        self.verify_held(token)
    }

    fn verify<'v>(&'v self, token: &'v str, budget: Option<Duration>) -> Verifying<'v, T> {
        match budget {
            Some(budget) => {
                let call = self.clone().wait_at_most(budget);
                Box::pin(async move { call.verify(token).await })
            }
            None => Box::pin(self.verify(token)),
        }
    }
}

/// Several verifiers behind one guard: the first that accepts the token.
pub(crate) struct FirstOf<T>(
    pub(crate) Arc<dyn VerifyToken<T>>,
    pub(crate) Arc<dyn VerifyToken<T>>,
);

impl<T: Send + Sync + 'static> VerifyToken<T> for FirstOf<T> {
    fn verify_held(&self, token: &str) -> Result<Option<Verified<Access<T>>>, Error> {
        let first = match self.0.verify_held(token) {
            Ok(Some(verified)) => return Ok(Some(verified)),
            other => other,
        };
        match (first, self.1.verify_held(token)) {
            (_, Ok(Some(verified))) => Ok(Some(verified)),
            (Err(first), Err(second)) => Err(nearer(first, second)),
            _ => Ok(None),
        }
    }

    /// A token of another issuer waits for nothing, so only the one whose it is may wait.
    fn verify<'v>(&'v self, token: &'v str, budget: Option<Duration>) -> Verifying<'v, T> {
        Box::pin(async move {
            let first = match self.0.verify(token, budget).await {
                Err(error) => error,
                verified => return verified,
            };
            self.1.verify(token, budget).await.map_err(|second| nearer(first, second))
        })
    }
}

/// The error that says more: the token is another issuer's to one of them.
fn nearer(first: Error, second: Error) -> Error {
    let foreign = |error: &Error| error.kind() == ErrorKind::WrongIssuer;
    if foreign(&first) && !foreign(&second) { second } else { first }
}

#[cfg(feature = "cognito")]
mod cognito {
    use jwks_cognito::{CognitoCall, CognitoClaims, CognitoVerifier, TokenUse};

    use super::{Access, Duration, Error, Verified, VerifyToken, Verifying};

    impl<T: CognitoClaims> CognitoClaims for Access<T> {
        const TOKEN_USE: TokenUse = T::TOKEN_USE;
    }

    impl<T: CognitoClaims + Send + Sync + 'static> VerifyToken<T> for CognitoVerifier {
        fn verify_held(&self, token: &str) -> Result<Option<Verified<Access<T>>>, Error> {
            self.verify_held(token)
        }

        fn verify<'v>(&'v self, token: &'v str, budget: Option<Duration>) -> Verifying<'v, T> {
            match budget {
                Some(budget) => Box::pin(self.verify_within(token, budget)),
                None => Box::pin(self.verify(token)),
            }
        }
    }

    impl<T: CognitoClaims + Send + Sync + 'static> VerifyToken<T> for CognitoCall {
        fn verify_held(&self, token: &str) -> Result<Option<Verified<Access<T>>>, Error> {
            self.verify_held(token)
        }

        fn verify<'v>(&'v self, token: &'v str, budget: Option<Duration>) -> Verifying<'v, T> {
            match budget {
                Some(budget) => {
                    let call = self.clone().wait_at_most(budget);
                    Box::pin(async move { call.verify(token).await })
                }
                None => Box::pin(self.verify(token)),
            }
        }
    }
}

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
    /// Judges the token by the keys at hand, without waiting.
    ///
    /// # Errors
    ///
    /// Why the token was refused, or could not be judged.
    fn try_verify(&self, token: &str) -> Result<Verified<Access<T>>, Error>;

    /// Judges the token, and waits for its key, for at most `budget`; without one, as long as the
    /// policy says. Called only for a token that [`try_verify`](Self::try_verify) has called
    /// retryable.
    fn verify<'v>(&'v self, token: &'v str, budget: Option<Duration>) -> Verifying<'v, T>;
}

/// A token that is being judged.
pub type Verifying<'v, T> =
    Pin<Box<dyn Future<Output = Result<Verified<Access<T>>, Error>> + Send + 'v>>;

impl<T: DeserializeOwned + Send + 'static> VerifyToken<T> for Verifier {
    fn try_verify(&self, token: &str) -> Result<Verified<Access<T>>, Error> {
        self.try_verify(token)
    }

    fn verify<'v>(&'v self, token: &'v str, budget: Option<Duration>) -> Verifying<'v, T> {
        match budget {
            Some(budget) => Box::pin(self.verify_within(token, budget)),
            None => Box::pin(self.verify(token)),
        }
    }
}

impl<T: DeserializeOwned + Send + 'static> VerifyToken<T> for Call {
    fn try_verify(&self, token: &str) -> Result<Verified<Access<T>>, Error> {
        self.try_verify(token)
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

impl<T: Send + 'static> VerifyToken<T> for FirstOf<T> {
    fn try_verify(&self, token: &str) -> Result<Verified<Access<T>>, Error> {
        let first = match self.0.try_verify(token) {
            Err(error) => error,
            verified => return verified,
        };
        self.1
            .try_verify(token)
            .map_err(|second| if second_is_nearer(&first, &second) { second } else { first })
    }

    /// Waits for the keys of the one whose token it is.
    fn verify<'v>(&'v self, token: &'v str, budget: Option<Duration>) -> Verifying<'v, T> {
        match self.0.try_verify(token) {
            Ok(verified) => Box::pin(std::future::ready(Ok(verified))),
            Err(first) => match self.1.try_verify(token) {
                Ok(verified) => Box::pin(std::future::ready(Ok(verified))),
                Err(second) if second_is_nearer(&first, &second) => self.1.verify(token, budget),
                Err(_) => self.0.verify(token, budget),
            },
        }
    }
}

/// Which error says more: the token is another issuer's to one of them.
fn second_is_nearer(first: &Error, second: &Error) -> bool {
    let foreign = |error: &Error| error.kind() == ErrorKind::WrongIssuer;
    match (foreign(first), foreign(second)) {
        (true, false) => true,
        (false, true) => false,
        _ => second.is_retryable() && !first.is_retryable(),
    }
}

#[cfg(feature = "cognito")]
mod cognito {
    use jwks_cognito::{CognitoCall, CognitoClaims, CognitoVerifier, TokenUse};

    use super::{Access, Duration, Error, Verified, VerifyToken, Verifying};

    impl<T: CognitoClaims> CognitoClaims for Access<T> {
        const TOKEN_USE: TokenUse = T::TOKEN_USE;
    }

    impl<T: CognitoClaims + Send + 'static> VerifyToken<T> for CognitoVerifier {
        fn try_verify(&self, token: &str) -> Result<Verified<Access<T>>, Error> {
            self.try_verify(token)
        }

        fn verify<'v>(&'v self, token: &'v str, budget: Option<Duration>) -> Verifying<'v, T> {
            match budget {
                Some(budget) => Box::pin(self.verify_within(token, budget)),
                None => Box::pin(self.verify(token)),
            }
        }
    }

    impl<T: CognitoClaims + Send + 'static> VerifyToken<T> for CognitoCall {
        fn try_verify(&self, token: &str) -> Result<Verified<Access<T>>, Error> {
            self.try_verify(token)
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

//! One validation that demands more than is configured: this route needs that scope.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jwks_core::verify::{Call, CheckResult, Checked, Error, Verified, Verifier};

use super::route::Route;
use super::shared::Shared;
use crate::{CognitoClaims, TokenUse};

/// A validation that demands more than the pool's settings. Made by
/// [`CognitoVerifier::call`](crate::CognitoVerifier::call); build it once per route and use it for
/// every request.
///
/// What it demands comes on top of the settings: nothing here can let a token pass that would not
/// pass without it.
///
/// ```no_run
/// # async fn example(verifier: jwks_cognito::CognitoVerifier, token: &str)
/// # -> Result<(), jwks_core::verify::Error> {
/// use jwks_cognito::AccessClaims;
///
/// let may_write = verifier.call().scope("orders/write").scope("orders/admin"); // either of them
/// let verified = may_write.verify::<AccessClaims>(token).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a call does nothing until it verifies a token"]
pub struct CognitoCall {
    shared: Arc<Shared>,
    route: Route,
    prepared: Prepared,
}

/// The core's calls, made when the route is: a validation makes none.
#[derive(Clone)]
struct Prepared {
    access: Call,
    either: Call,
    id: Call,
}

impl CognitoCall {
    /// Only tokens for this use, whatever the claims type.
    pub fn token_use(self, token_use: TokenUse) -> Self {
        self.with(|route| route.demands.token_use = token_use)
    }

    /// The token must have been issued to this app client, or to another one given here.
    pub fn client_id(self, id: impl Into<Box<str>>) -> Self {
        self.with(|route| route.demands.clients.add(id.into()))
    }

    /// The user must be in this group, or in another one given here.
    pub fn group(self, group: impl Into<Box<str>>) -> Self {
        self.with(|route| route.demands.groups.push(group.into()))
    }

    /// The token must have this scope, or another one given here.
    pub fn scope(self, scope: impl Into<Box<str>>) -> Self {
        self.with(|route| route.demands.scopes.push(scope.into()))
    }

    /// The ID token must have this `nonce`: see [`Call::nonce`](jwks_core::verify::Call::nonce).
    /// An access token, which has none, is refused.
    pub fn nonce(self, expected: impl Into<Box<str>>) -> Self {
        self.with(|route| route.nonce = Some(expected.into()))
    }

    /// A further check, after all others.
    pub fn check(
        self,
        check: impl Fn(&Checked<'_>) -> CheckResult + Send + Sync + 'static,
    ) -> Self {
        self.with(|route| route.checks.push(Arc::new(check)))
    }

    /// Waits for keys at most so long, instead of the policy's `wait_budget`; zero: never.
    pub fn wait_at_most(self, budget: Duration) -> Self {
        self.with(|route| route.budget = Some(budget))
    }

    /// Judges the claims as of this time, instead of the wall clock's.
    pub fn at(self, time: SystemTime) -> Self {
        self.with(|route| route.time = Some(time))
    }

    /// As [`CognitoVerifier::verify`](crate::CognitoVerifier::verify).
    ///
    /// # Errors
    ///
    /// Why the token was refused, or could not be judged.
    pub async fn verify<T: CognitoClaims>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.prepared.for_use(T::TOKEN_USE).verify(token).await
    }

    /// As [`CognitoVerifier::verify_blocking`](crate::CognitoVerifier::verify_blocking).
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_blocking<T: CognitoClaims>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.prepared.for_use(T::TOKEN_USE).verify_blocking(token)
    }

    /// As [`CognitoVerifier::verify_held`](crate::CognitoVerifier::verify_held).
    ///
    /// # Errors
    ///
    /// As [`CognitoVerifier::verify_held`](crate::CognitoVerifier::verify_held).
    pub fn verify_held<T: CognitoClaims>(&self, token: &str) -> Result<Option<Verified<T>>, Error> {
        self.prepared.for_use(T::TOKEN_USE).verify_held(token)
    }

    /// As [`CognitoVerifier::try_verify`](crate::CognitoVerifier::try_verify).
    ///
    /// # Errors
    ///
    /// As [`CognitoVerifier::try_verify`](crate::CognitoVerifier::try_verify).
    pub fn try_verify<T: CognitoClaims>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.prepared.for_use(T::TOKEN_USE).try_verify(token)
    }

    /// A call that demands nothing beyond the settings.
    pub(super) fn plain(shared: Arc<Shared>) -> Self {
        let route = Route::default();
        let prepared = Prepared::new(&shared, &route);
        Self { shared, route, prepared }
    }

    pub(super) fn verifier(&self) -> &Verifier {
        &self.shared.core
    }

    fn with(mut self, change: impl FnOnce(&mut Route)) -> Self {
        change(&mut self.route);
        self.prepared = Prepared::new(&self.shared, &self.route);
        self
    }
}

impl Prepared {
    fn new(shared: &Arc<Shared>, route: &Route) -> Self {
        let call = |wanted| {
            let mut call = shared.core.call();
            if let Some(budget) = route.budget {
                call = call.wait_at_most(budget);
            }
            if let Some(time) = route.time {
                call = call.at(time);
            }
            if let Some(nonce) = &route.nonce {
                call = call.nonce(nonce.clone());
            }
            let (shared, route) = (Arc::clone(shared), route.clone());
            call.check(move |token| shared.check(token, wanted, &route))
        };
        Self {
            access: call(TokenUse::Access),
            either: call(TokenUse::Either),
            id: call(TokenUse::Id),
        }
    }

    const fn for_use(&self, wanted: TokenUse) -> &Call {
        match wanted {
            TokenUse::Access => &self.access,
            TokenUse::Either => &self.either,
            TokenUse::Id => &self.id,
        }
    }
}

impl fmt::Debug for CognitoCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CognitoCall")
            .field("demands", &self.route.demands)
            .field("budget", &self.route.budget)
            .field("time", &self.route.time)
            .finish_non_exhaustive()
    }
}

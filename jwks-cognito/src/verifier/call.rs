//! One validation that demands more than is configured: a route that needs a scope, for example.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jwks_core::verify::{Call, CheckResult, Checked, Error, Verified, Verifier};

use super::route::Route;
use super::shared::Shared;
use crate::{CognitoClaims, TokenUse};

/// Demands more than the pool's settings, for one route or call. Create it with
/// [`CognitoVerifier::call`](crate::CognitoVerifier::call), once per route, and use it for every
/// request.
///
/// A call only adds demands: it never accepts a token that the settings refuse.
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

/// The core's calls, made when the route is built: a validation makes none.
#[derive(Clone)]
struct Prepared {
    access: Call,
    either: Call,
    id: Call,
}

impl CognitoCall {
    /// Accepts only tokens for this use, whatever the claims type.
    pub fn token_use(self, token_use: TokenUse) -> Self {
        self.with(|route| route.demands.token_use = token_use)
    }

    /// Requires a token that was issued to this app client. Call it again to accept several.
    pub fn client_id(self, id: impl Into<Box<str>>) -> Self {
        self.with(|route| route.demands.clients.add(id.into()))
    }

    /// Requires a user in this group. Call it again to accept several groups.
    pub fn group(self, group: impl Into<Box<str>>) -> Self {
        self.with(|route| route.demands.groups.push(group.into()))
    }

    /// Requires this scope. Call it again to accept any of several scopes.
    pub fn scope(self, scope: impl Into<Box<str>>) -> Self {
        self.with(|route| route.demands.scopes.push(scope.into()))
    }

    /// Requires this `nonce` in the ID token: see [`Call::nonce`](jwks_core::verify::Call::nonce).
    /// An access token has no nonce and is refused.
    pub fn nonce(self, expected: impl Into<Box<str>>) -> Self {
        self.with(|route| route.nonce = Some(expected.into()))
    }

    /// Adds a check, which runs after all others.
    pub fn check(
        self,
        check: impl Fn(&Checked<'_>) -> CheckResult + Send + Sync + 'static,
    ) -> Self {
        self.with(|route| route.checks.push(Arc::new(check)))
    }

    /// Waits for keys at most this long, instead of the policy's `wait_budget`. With zero, it never
    /// waits.
    pub fn wait_at_most(self, budget: Duration) -> Self {
        self.with(|route| route.budget = Some(budget))
    }

    /// Checks the claims as of this time, instead of now.
    pub fn at(self, time: SystemTime) -> Self {
        self.with(|route| route.time = Some(time))
    }

    /// Like [`CognitoVerifier::verify`](crate::CognitoVerifier::verify).
    ///
    /// # Errors
    ///
    /// Says why the token was refused, or could not be checked.
    pub async fn verify<T: CognitoClaims>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.prepared.for_use(T::TOKEN_USE).verify(token).await
    }

    /// Like [`CognitoVerifier::verify_blocking`](crate::CognitoVerifier::verify_blocking).
    ///
    /// # Errors
    ///
    /// Like [`verify`](Self::verify).
    pub fn verify_blocking<T: CognitoClaims>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.prepared.for_use(T::TOKEN_USE).verify_blocking(token)
    }

    /// Like [`CognitoVerifier::verify_held`](crate::CognitoVerifier::verify_held).
    ///
    /// # Errors
    ///
    /// Like [`CognitoVerifier::verify_held`](crate::CognitoVerifier::verify_held).
    pub fn verify_held<T: CognitoClaims>(&self, token: &str) -> Result<Option<Verified<T>>, Error> {
        self.prepared.for_use(T::TOKEN_USE).verify_held(token)
    }

    /// Like [`CognitoVerifier::try_verify`](crate::CognitoVerifier::try_verify).
    ///
    /// # Errors
    ///
    /// Like [`CognitoVerifier::try_verify`](crate::CognitoVerifier::try_verify).
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

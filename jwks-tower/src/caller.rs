//! Whose request it is.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use http::Extensions;
use jwks_core::verify::{Registered, Verified};

use crate::access::{Access, Read, Seen};
use crate::passed::{Fill, Held, Passed, Who};
use crate::protection::Protection;
use crate::{Need, Refusal, Refused, Scopes};

/// Who made the request: the claims of a token that a guard has let pass.
///
/// With axum it is an extractor, and `Option<Caller<T>>` is one too: `None` only if nothing was
/// presented, and the guard is [optional](crate::Guard::optional). Elsewhere take it from the
/// request's extensions by [`of`](Self::of). A clone copies no claims: they are shared.
///
/// Its debug form does not show the claims.
pub struct Caller<T = Registered> {
    protection: Arc<Protection>,
    read: Arc<Read<T>>,
    token: Verified<()>,
}

impl<T> Caller<T> {
    pub(crate) fn new(verified: Verified<Access<T>>, protection: &Arc<Protection>) -> Self {
        let (Access(read), token) = verified.into_parts();
        Self { protection: Arc::clone(protection), read, token }
    }

    /// The claims of the token.
    #[must_use]
    pub fn claims(&self) -> &T {
        &self.read.claims
    }

    /// The token's issuer (`iss`), which is one that was expected.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.token.issuer()
    }

    /// When the token expires (`exp`); `None` if the system's time cannot tell.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.token.expires_at()
    }

    /// The token's algorithm, `kid` and `typ`.
    #[must_use]
    pub fn verified(&self) -> &Verified<()> {
        &self.token
    }

    /// The token's scopes, as they are written in it.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.seen().scopes
    }

    /// Whether the token has this scope, or one that implies it by the guard's
    /// [configuration](crate::GuardBuilder::scope_implies).
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.protection.hierarchy.grants(self.scopes(), scope)
    }

    /// The authentication context of the login (`acr`).
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.seen().acr.iter().next()
    }

    /// Checks that the caller has what an operation needs, in a handler: where only the request's
    /// body tells which operation it is.
    ///
    /// # Errors
    ///
    /// The caller lacks something. Return the error: it is a response that says what is needed, and
    /// the guard's [observer](crate::GuardBuilder::on_refusal) has been told.
    pub fn require(&self, need: &Need) -> Result<(), Refused> {
        self.protection.check(need, self.seen()).map_err(|refusal| self.refuse(refusal))
    }

    /// A refusal of your own, told as the guard tells its own: `Refusal::forbidden()` for a document
    /// of somebody else.
    #[must_use]
    pub fn refuse(&self, refusal: Refusal) -> Refused {
        self.protection.refuse(refusal, None)
    }

    pub(crate) fn seen(&self) -> &Seen {
        &self.read.seen
    }
}

impl<T: Send + Sync + 'static> Caller<T> {
    /// The caller, from the extensions of a request that a guard has let pass.
    ///
    /// # Errors
    ///
    /// Nothing was presented, and the guard is optional (401); or no guard for these claims ran before
    /// (500).
    pub fn of(extensions: &Extensions) -> Result<Self, Refused> {
        Self::optional(extensions)?.ok_or_else(|| {
            let protection = extensions.get::<Passed>().map(|it| Arc::clone(it.protection()));
            let protection = protection.unwrap_or_else(|| Arc::new(Protection::none()));
            protection.refuse(Refusal::no_credential(), None)
        })
    }

    /// As [`of`](Self::of), `None` if nothing was presented and the guard is optional.
    ///
    /// # Errors
    ///
    /// No guard for these claims ran before (500).
    pub fn optional(extensions: &Extensions) -> Result<Option<Self>, Refused> {
        let Some(passed) = extensions.get::<Passed>() else {
            return Err(Refused::no_guard(
                "a handler asks for the caller, and no guard ran before it: add its layer",
                None,
            ));
        };
        let Who::Caller { read, token } = passed.who() else { return Ok(None) };
        let read: Arc<dyn Any + Send + Sync> = Arc::<dyn Held>::clone(read);
        match read.downcast::<Read<T>>() {
            Ok(read) => {
                let protection = Arc::clone(passed.protection());
                Ok(Some(Self { protection, read, token: token.clone() }))
            }
            Err(_) => Err(Refused::no_guard(
                "a handler asks for a caller with other claims than the guard reads",
                None,
            )),
        }
    }

    /// For the extensions of its request.
    pub(crate) fn pass(self, fill: Fill) -> Passed {
        let Self { protection, read, token } = self;
        Passed::new(Who::Caller { read, token }, protection, fill)
    }
}

impl<T: Send + Sync + 'static> Held for Read<T> {
    fn seen(&self) -> &Seen {
        &self.seen
    }
}

impl<T> Clone for Caller<T> {
    fn clone(&self) -> Self {
        Self {
            protection: Arc::clone(&self.protection),
            read: Arc::clone(&self.read),
            token: self.token.clone(),
        }
    }
}

impl<T> fmt::Debug for Caller<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").finish_non_exhaustive()
    }
}

//! The guard: which requests may come in.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use jwks_core::verify::Registered;
use tower_layer::Layer;

use crate::body::NoBody;
use crate::credential::Sources;
use crate::protection::Protection;
use crate::{Caller, Head, Need, Realm, Refusal, Thumbprint, VerifyToken};

mod admit;
mod builder;
mod future;
mod judge;
mod service;

pub use self::builder::GuardBuilder;
pub use self::future::ResponseFuture;
pub use self::service::Guarded;

/// Lets requests pass that have a good token, and answers all others as the standards say.
///
/// It is a [`Layer`] for services over [`http::Request`], of any body and on any runtime, HTTP and
/// gRPC alike. A request that passes has a [`Caller`] in its extensions, and its `Authorization`
/// marked sensitive, so that later layers do not log it.
///
/// A token whose key is held waits for nothing: the guard looks at the keys at hand first, and only
/// if they do not decide does it wait, within [`wait_at_most`](GuardBuilder::wait_at_most).
///
/// A CORS preflight passes unjudged, as a browser sends it without a token; any other OPTIONS is
/// judged. Cheap to clone.
///
/// ```
/// use jwks_tower::jwks_core::verify::{Registered, Verifier};
/// use jwks_tower::{Guard, GuardError, Need};
///
/// fn guards(verifier: Verifier) -> Result<(), GuardError> {
///     let guard = Guard::<Registered>::builder(verifier).realm("orders").build()?;
///     let public = guard.clone().optional();
///     let writers = guard.need(Need::all(["orders:write"]));
///     Ok(())
/// }
/// ```
pub struct Guard<T = Registered, B = NoBody> {
    shared: Arc<Shared<T>>,
    body: PhantomData<fn() -> B>,
}

type Certificate = Arc<dyn Fn(&Head<'_>) -> Option<Thumbprint> + Send + Sync>;
type Check<T> = Arc<dyn Fn(&Caller<T>) -> Result<(), Refusal> + Send + Sync>;
type CheckLater<T> = Arc<dyn Fn(Caller<T>) -> Checking + Send + Sync>;
type Checking = std::pin::Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send>>;

struct Shared<T> {
    protection: Arc<Protection>,
    settings: Settings<T>,
    verifier: Arc<dyn VerifyToken<T>>,
}

struct Settings<T> {
    budget: Option<Duration>,
    certificate: Option<Certificate>,
    checks: Vec<Check<T>>,
    checks_later: Vec<CheckLater<T>>,
    needs: Vec<Need>,
    only_bound: bool,
    optional: bool,
    sources: Sources,
}

impl<T> Guard<T> {
    /// Begins with what judges the tokens: a [`Verifier`](jwks_core::verify::Verifier), one of its
    /// calls, or Cognito's.
    pub fn builder(verifier: impl VerifyToken<T>) -> GuardBuilder<T> {
        GuardBuilder::new(verifier)
    }
}

impl<T, B> Guard<T, B> {
    /// The same guard, but requests that present nothing pass too, without a caller.
    ///
    /// What is presented must be good all the same. Responses say `Vary: Authorization`, so that no
    /// cache gives one caller's to another.
    #[must_use]
    pub fn optional(self) -> Self {
        self.with(|shared| shared.settings.optional = true)
    }

    /// The same guard, which needs this of the caller too; its challenges name the scopes.
    #[must_use]
    pub fn need(self, need: Need) -> Self {
        self.with(|shared| {
            shared.settings.needs.push(need);
            let scope = crate::need::scopes_of(&shared.settings.needs);
            let mut protection = Protection::clone(&shared.protection);
            protection.realm.set_scope(scope);
            shared.protection = Arc::new(protection);
        })
    }

    /// What its challenges say, to answer refusals elsewhere in the same way.
    pub fn realm(&self) -> &Realm {
        &self.shared.protection.realm
    }

    fn with(mut self, change: impl FnOnce(&mut Shared<T>)) -> Self {
        change(Arc::make_mut(&mut self.shared));
        self
    }
}

impl<S, T, B> Layer<S> for Guard<T, B> {
    type Service = Guarded<S, T, B>;

    fn layer(&self, inner: S) -> Guarded<S, T, B> {
        Guarded::new(inner, self.clone())
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self {
            protection: Arc::clone(&self.protection),
            settings: self.settings.clone(),
            verifier: Arc::clone(&self.verifier),
        }
    }
}

impl<T> Clone for Settings<T> {
    fn clone(&self) -> Self {
        Self {
            budget: self.budget,
            certificate: self.certificate.clone(),
            checks: self.checks.clone(),
            checks_later: self.checks_later.clone(),
            needs: self.needs.clone(),
            only_bound: self.only_bound,
            optional: self.optional,
            sources: self.sources.clone(),
        }
    }
}

impl<T, B> Clone for Guard<T, B> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), body: PhantomData }
    }
}

impl<T, B> fmt::Debug for Guard<T, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("realm", &self.shared.protection.realm)
            .field("optional", &self.shared.settings.optional)
            .field("needs", &self.shared.settings.needs)
            .finish_non_exhaustive()
    }
}

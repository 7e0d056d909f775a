//! From settings to a guard.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderValue;

use super::{Guard, Settings, Shared};
use crate::body::{NoBody, TextBody, Words};
use crate::credential::{Source, Sources};
use crate::hierarchy::Hierarchy;
use crate::need::scopes_of;
use crate::protection::Protection;
use crate::text::is_scope;
use crate::verify::FirstOf;
use crate::{
    Answer, Caller, GuardError, Head, Need, ProtectedResource, Realm, Refusal, Thumbprint,
    VerifyToken,
};

/// Builds a [`Guard`]. Made by [`Guard::builder`].
///
/// Nothing has to be said: without a realm and a resource, challenges say `realm="api"`.
#[must_use = "a builder does nothing until `build`"]
pub struct GuardBuilder<T, B = NoBody> {
    implied: Vec<(Box<str>, Box<str>)>,
    protection: Protection,
    realm: Option<Box<str>>,
    resource: Option<ProtectedResource>,
    settings: Settings<T>,
    undecided_is_unavailable: bool,
    verifier: Arc<dyn VerifyToken<T>>,
    wrong: Option<GuardError>,
    body: PhantomData<fn() -> B>,
}

impl<T> GuardBuilder<T> {
    pub(super) fn new(verifier: impl VerifyToken<T>) -> Self {
        let settings = Settings {
            budget: None,
            certificate: None,
            checks: Vec::new(),
            checks_later: Vec::new(),
            needs: Vec::new(),
            only_bound: false,
            optional: false,
            sources: Sources::default(),
        };
        Self {
            implied: Vec::new(),
            protection: Protection::none(),
            realm: None,
            resource: None,
            settings,
            undecided_is_unavailable: false,
            verifier: Arc::new(verifier),
            wrong: None,
            body: PhantomData,
        }
    }

    /// Refusals have a JSON body, in the form of RFC 6749, section 5.2:
    /// `{"error": "invalid_token", "error_description": "…"}`. Default: an empty body.
    ///
    /// The service's responses must then have a body that can be made of a `String`.
    pub fn json(self) -> GuardBuilder<T, TextBody> {
        self.words(Words::json())
    }

    /// Refusals have a body in the form of RFC 9457, `application/problem+json`. Otherwise as
    /// [`json`](Self::json).
    pub fn problem_json(self) -> GuardBuilder<T, TextBody> {
        self.words(Words::problem())
    }

    /// Refusals have this body. It sees what is answered, and can change neither status nor headers.
    /// Answers of gRPC have none.
    pub fn body(
        self,
        content_type: HeaderValue,
        write: impl Fn(&Answer) -> String + Send + Sync + 'static,
    ) -> GuardBuilder<T, TextBody> {
        self.words(Words::new(content_type, write))
    }

    fn words(mut self, words: Words) -> GuardBuilder<T, TextBody> {
        self.protection.words = Some(words);
        GuardBuilder {
            implied: self.implied,
            protection: self.protection,
            realm: self.realm,
            resource: self.resource,
            settings: self.settings,
            undecided_is_unavailable: self.undecided_is_unavailable,
            verifier: self.verifier,
            wrong: self.wrong,
            body: PhantomData,
        }
    }
}

impl<T, B> GuardBuilder<T, B> {
    /// Accepts the tokens of this verifier too. The first that accepts a token decides; one that
    /// takes it for another issuer's leaves it to the other.
    ///
    /// Several issuers of one kind need no second verifier: configure them in one.
    pub fn or(mut self, verifier: impl VerifyToken<T>) -> Self
    where
        T: Send + Sync + 'static,
    {
        self.verifier = Arc::new(FirstOf(self.verifier, Arc::new(verifier)));
        self
    }

    /// The name of the protection space, as challenges tell it. See [`Realm::new`].
    pub fn realm(mut self, name: impl Into<Box<str>>) -> Self {
        self.realm = Some(name.into());
        self
    }

    /// Challenges say where the metadata of this resource is (RFC 9728, section 5.1).
    pub fn resource(mut self, resource: &ProtectedResource) -> Self {
        self.resource = Some(resource.clone());
        self
    }

    /// Waits for keys at most so long; zero: never. Default: the policy's `wait_budget`. Nothing
    /// waits for a token whose key is held.
    pub const fn wait_at_most(mut self, budget: Duration) -> Self {
        self.settings.budget = Some(budget);
        self
    }

    /// Every request needs this.
    pub fn need(mut self, need: Need) -> Self {
        self.settings.needs.push(need);
        self
    }

    /// Who has the first scope has the second as well: `orders:write` implies `orders:read`. What
    /// follows from several of these counts, too.
    pub fn scope_implies(mut self, scope: impl Into<Box<str>>, also: impl Into<Box<str>>) -> Self {
        self.implied.push((scope.into(), also.into()));
        self
    }

    /// A check of your own, after all others.
    ///
    /// ```
    /// # use jwks_tower::jwks_core::verify::{Registered, Verifier};
    /// # fn guard(verifier: Verifier) -> Result<(), jwks_tower::GuardError> {
    /// use jwks_tower::{Guard, Refusal};
    ///
    /// let guard = Guard::<Registered>::builder(verifier)
    ///     .check(|caller| match caller.claims().sub.as_deref() {
    ///         Some(sub) if sub.starts_with("svc-") => Ok(()),
    ///         _ => Err(Refusal::forbidden()),
    ///     })
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn check(
        mut self,
        check: impl Fn(&Caller<T>) -> Result<(), Refusal> + Send + Sync + 'static,
    ) -> Self {
        self.settings.checks.push(Arc::new(check));
        self
    }

    /// A check of your own that waits for something: a list of revoked tokens, a session. It runs
    /// after all others, on the task of the request, and allocates; nothing limits its time.
    pub fn check_async<F>(mut self, check: impl Fn(Caller<T>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Refusal>> + Send + 'static,
    {
        self.settings.checks_later.push(Arc::new(move |caller| Box::pin(check(caller))));
        self
    }

    /// Requests that present nothing pass too: see [`Guard::optional`].
    pub const fn optional(mut self) -> Self {
        self.settings.optional = true;
        self
    }

    /// The token may also be in this cookie. Beside a token in the header it is an error.
    ///
    /// A browser sends cookies by itself: protect what changes something against cross-site request
    /// forgery, by `SameSite` at least.
    pub fn cookie(mut self, name: impl Into<Box<str>>) -> Self {
        let name = name.into();
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(token) {
            self.wrong.get_or_insert_with(|| GuardError::cookie(&name));
        }
        self.settings.sources.add(Source::Cookie(name));
        self
    }

    /// The token may also be where this function finds it. Beside a token elsewhere it is an error.
    ///
    /// Do not take it from the query: that ends in logs, and MCP forbids it.
    pub fn token_from(
        mut self,
        read: impl Fn(&Head<'_>) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.settings.sources.add(Source::Own(Arc::new(read)));
        self
    }

    /// Accepts tokens that are bound to a client certificate (`cnf` with `x5t#S256`, RFC 8705,
    /// section 3), if this function says that the client of the request has shown that certificate:
    /// from what the TLS server, or a layer of yours, has put into the extensions.
    ///
    /// Without it, a bound token is refused; with it, tokens that are not bound pass as before: see
    /// [`only_bound`](Self::only_bound). Never take the thumbprint from a header that a client could
    /// have sent.
    pub fn client_certificate(
        mut self,
        certificate: impl Fn(&Head<'_>) -> Option<Thumbprint> + Send + Sync + 'static,
    ) -> Self {
        self.settings.certificate = Some(Arc::new(certificate));
        self
    }

    /// Refuses tokens that are not bound to their sender. Only with
    /// [`client_certificate`](Self::client_certificate).
    pub const fn only_bound(mut self) -> Self {
        self.settings.only_bound = true;
        self
    }

    /// Answers a token whose key has not been asked for yet by 503 instead of 401: see
    /// [`Realm::undecided_is_unavailable`].
    pub const fn undecided_is_unavailable(mut self) -> Self {
        self.undecided_is_unavailable = true;
        self
    }

    /// Told of every refusal, by the guard, by layers of routes inside it, and by handlers. Count
    /// them by [`Refusal::reason`].
    pub fn on_refusal(mut self, observer: impl Fn(&Refusal) + Send + Sync + 'static) -> Self {
        self.protection.observer = Some(Arc::new(observer));
        self
    }

    /// Reads the wall clock, for `Retry-After` and [`Need::max_age`]. Default: `SystemTime::now`.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.protection.clock = Some(Arc::new(now));
        self
    }

    /// The guard.
    ///
    /// # Errors
    ///
    /// The realm, a scope or a cookie has a name that it cannot have; or only bound tokens are to
    /// pass, and nothing tells the client's certificate.
    pub fn build(self) -> Result<Guard<T, B>, GuardError> {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        let mut settings = self.settings;
        let mut protection = self.protection;
        let implied = self.implied.iter().flat_map(|(scope, also)| [scope, also]);
        let wrong = settings.needs.iter().find_map(Need::wrong_scope);
        if let Some(wrong) = wrong.or_else(|| implied.map(|it| &**it).find(|it| !is_scope(it))) {
            return Err(GuardError::scope(wrong));
        }
        if settings.only_bound && settings.certificate.is_none() {
            return Err(GuardError::plain(
                "only_bound: no token could pass, set `client_certificate` too",
            ));
        }
        let mut realm =
            self.realm.map_or_else(|| Ok(Realm::unnamed()), |name| Realm::new(&name))?;
        if let Some(resource) = &self.resource {
            realm = realm.resource(resource);
        }
        if self.undecided_is_unavailable {
            realm = realm.undecided_is_unavailable();
        }
        realm.set_scope(scopes_of(&settings.needs));
        protection.realm = realm;
        protection.hierarchy = Hierarchy::new(&self.implied);
        settings.needs.shrink_to_fit();
        let protection = Arc::new(protection);
        let shared = Shared { protection, settings, verifier: self.verifier };
        Ok(Guard { shared: Arc::new(shared), body: PhantomData })
    }
}

impl<T, B> fmt::Debug for GuardBuilder<T, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardBuilder")
            .field("realm", &self.realm)
            .field("needs", &self.settings.needs)
            .finish_non_exhaustive()
    }
}

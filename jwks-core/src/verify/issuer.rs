//! One issuer, as configured.

use std::time::Duration;

use super::check::{Check, CheckResult, Checked};
use super::expectations::{AudienceRule, ExpectationError, Expectations};
use crate::cache::{Builder, Event, HydrateError, SavedKeys, Source, SourceError};
use crate::keys::Algorithm;
use crate::refresh::Policy;

type EventObserver = Box<dyn Fn(&Event) + Send + Sync>;

/// An issuer whose tokens are accepted: where its keys are, and what its tokens must be like.
///
/// Where the keys are and for whom the tokens are meant has to be said; all else has defaults.
///
/// ```
/// use std::time::Duration;
/// use jwks_core::keys::Algorithm;
/// use jwks_core::verify::Issuer;
///
/// let issuer = Issuer::new("https://id.example.com")
///     .jwks_uri("https://id.example.com/keys")
///     .audience("my-api")
///     .algorithms([Algorithm::RS256, Algorithm::ES256])
///     .leeway(Duration::from_secs(30));
/// ```
#[must_use]
pub struct Issuer {
    issuer: String,
    source: Where,
    audience: Option<AudienceRule>,
    algorithms: Option<Vec<Algorithm>>,
    required: Vec<Box<str>>,
    types: Types,
    checks: Vec<Check>,
    leeway: Duration,
    allow_loopback_http: bool,
    spiffe: bool,
    policy: Policy,
    observer: Option<EventObserver>,
    saved: Option<SavedKeys>,
}

/// What an issuer comes to.
pub(super) struct Resolved {
    pub(super) cache: Builder,
    pub(super) expectations: Expectations,
    pub(super) checks: Vec<Check>,
    pub(super) saved: Option<SavedKeys>,
}

/// Which `typ` a token may have.
enum Types {
    Only(Vec<Box<str>>),
    Usual(Vec<Box<str>>),
}

enum Where {
    Discovery,
    JwksUri(String),
    Nowhere,
    Source(Source),
}

/// An issuer that cannot work as configured. The text names the issuer, its source the setting and
/// what is allowed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("issuer `{issuer}`")]
pub struct IssuerError {
    issuer: String,
    source: IssuerErrorKind,
}

#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum IssuerErrorKind {
    #[error("audience: not decided, must be given, or `any_audience()`")]
    Audience,
    #[error("the issuer is configured twice")]
    Duplicate,
    #[error(transparent)]
    Expectation(#[from] ExpectationError),
    #[error(transparent)]
    Hydrate(HydrateError),
    #[error("keys: no place given, must be a `jwks_uri`, a `source` or `discover`")]
    Nowhere,
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl Issuer {
    /// The issuer whose tokens have exactly this `iss` (RFC 7519, section 4.1.1).
    pub fn new(iss: impl Into<String>) -> Self {
        Self {
            issuer: iss.into(),
            source: Where::Nowhere,
            audience: None,
            algorithms: None,
            required: Vec::new(),
            types: Types::Usual(Vec::new()),
            checks: Vec::new(),
            leeway: Duration::ZERO,
            allow_loopback_http: false,
            spiffe: false,
            policy: Policy::default(),
            observer: None,
            saved: None,
        }
    }

    /// Its JWK Set is where the issuer says, asked at the `https` URL that its `iss` is (OpenID
    /// Connect Discovery 1.0): see [`SourceBuilder::discover`].
    ///
    /// [`SourceBuilder::discover`]: crate::cache::SourceBuilder::discover
    pub fn discover(mut self) -> Self {
        self.source = Where::Discovery;
        self
    }

    /// Its JWK Set is at this `https` URL.
    pub fn jwks_uri(mut self, uri: impl Into<String>) -> Self {
        self.source = Where::JwksUri(uri.into());
        self
    }

    /// Allows a [`jwks_uri`](Self::jwks_uri), or an issuer to [`discover`](Self::discover), of plain
    /// `http` on this very machine: for tests.
    pub const fn allow_loopback_http(mut self) -> Self {
        self.allow_loopback_http = true;
        self
    }

    /// Its keys come from here, in place of a [`jwks_uri`](Self::jwks_uri) or of
    /// [`discover`](Self::discover).
    pub fn source(mut self, source: Source) -> Self {
        self.source = Where::Source(source);
        self
    }

    /// Its key set is a SPIFFE bundle, for JWT-SVIDs: see
    /// [`SourceBuilder::spiffe`](crate::cache::SourceBuilder::spiffe). Default: no.
    pub const fn spiffe(mut self) -> Self {
        self.spiffe = true;
        self
    }

    /// Its tokens must be meant for this audience (`aud`), or another one given before.
    pub fn audience(mut self, audience: impl Into<Box<str>>) -> Self {
        match &mut self.audience {
            Some(AudienceRule::OneOf(audiences)) => audiences.push(audience.into()),
            _ => self.audience = Some(AudienceRule::OneOf(vec![audience.into()])),
        }
        self
    }

    /// `aud` is not looked at: tokens meant for others pass too.
    pub fn any_audience(mut self) -> Self {
        self.audience = Some(AudienceRule::Any);
        self
    }

    /// Only these signature algorithms. Default: every one that is supported; a key's own `alg`
    /// and kind limit it in any case.
    pub fn algorithms(mut self, allowed: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = Some(allowed.into_iter().collect());
        self
    }

    /// The claim must be there too, and not be `null`. `exp`, `iss` and, if one is expected,
    /// `aud` are required anyway.
    pub fn required_claim(mut self, name: impl Into<Box<str>>) -> Self {
        self.required.push(name.into());
        self
    }

    /// A `typ` that passes too, besides none, `JWT` and `at+jwt` (RFC 9068, section 2.1).
    pub fn also_type(mut self, typ: impl Into<Box<str>>) -> Self {
        match &mut self.types {
            Types::Only(types) | Types::Usual(types) => types.push(typ.into()),
        }
        self
    }

    /// The only `typ` that passes (RFC 8725, section 3.11), with those named by
    /// [`also_type`](Self::also_type) hereafter; a token without `typ` is refused.
    pub fn only_type(mut self, typ: impl Into<Box<str>>) -> Self {
        self.types = Types::Only(vec![typ.into()]);
        self
    }

    /// A check of one's own, after all others: tenants, scopes, revocation lists.
    pub fn check(
        mut self,
        check: impl Fn(&Checked<'_>) -> CheckResult + Send + Sync + 'static,
    ) -> Self {
        self.checks.push(Check::new(check));
        self
    }

    /// How far the issuer's clock may be off for `exp` and `nbf`: at most 10 minutes. Default: 0.
    pub const fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// When its keys are refreshed, and the limits. Default: [`Policy::default`].
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Told of every event of its key cache, on the driver's thread: it should be quick. A panic
    /// of the observer goes no further than the panic hook.
    pub fn observer(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Starts with these keys, saved by an earlier run or bundled. If they are refused, so is the
    /// issuer when the verifier is built ([`IssuerError::hydrate_error`]); to start without them
    /// then, call [`Driver::hydrate`](crate::cache::Driver::hydrate) instead.
    pub fn hydrate(mut self, saved: SavedKeys) -> Self {
        self.saved = Some(saved);
        self
    }

    /// The cache for its keys, what its tokens must be like, and all else to build it with.
    pub(super) fn resolve(
        self,
        cache: impl FnOnce(Source) -> Builder,
    ) -> Result<Resolved, IssuerError> {
        let named = |source| IssuerError { issuer: self.issuer.clone(), source };
        let audience = self.audience.ok_or_else(|| named(IssuerErrorKind::Audience))?;
        let mut expectations = Expectations::new(&self.issuer, audience)
            .and_then(|expectations| expectations.with_leeway(self.leeway))
            .map(|expectations| expectations.with_required(self.required.iter().map(AsRef::as_ref)))
            .and_then(|expectations| match &self.types {
                Types::Only(types) => expectations.with_only_types(types.iter().map(AsRef::as_ref)),
                Types::Usual(types) => Ok(expectations.with_types(types.iter().map(AsRef::as_ref))),
            })
            .map_err(|error| named(error.into()))?;
        if let Some(algorithms) = self.algorithms {
            expectations =
                expectations.with_algorithms(algorithms).map_err(|error| named(error.into()))?;
        }
        let mut source = Source::builder();
        if self.allow_loopback_http {
            source = source.allow_loopback_http();
        }
        let source = match self.source {
            Where::Discovery => source.discover(&self.issuer),
            Where::JwksUri(uri) => source.jwks_uri(uri),
            Where::Nowhere => return Err(named(IssuerErrorKind::Nowhere)),
            Where::Source(source) => Ok(source),
        }
        .map_err(|error| named(error.into()))?
        .serving(&self.issuer, self.spiffe);
        let mut cache = cache(source).policy(self.policy);
        if let Some(observer) = self.observer {
            cache = cache.observer(observer);
        }
        Ok(Resolved { cache, expectations, checks: self.checks, saved: self.saved })
    }
}

impl IssuerError {
    /// Why the keys to [start with](Issuer::hydrate) were refused, if that is what it is.
    #[must_use]
    pub const fn hydrate_error(&self) -> Option<&HydrateError> {
        match &self.source {
            IssuerErrorKind::Hydrate(error) => Some(error),
            _ => None,
        }
    }

    pub(super) fn hydrate(issuer: &str, error: HydrateError) -> Self {
        Self { issuer: issuer.to_owned(), source: IssuerErrorKind::Hydrate(error) }
    }

    pub(super) fn duplicate(issuer: &str) -> Self {
        Self { issuer: issuer.to_owned(), source: IssuerErrorKind::Duplicate }
    }
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

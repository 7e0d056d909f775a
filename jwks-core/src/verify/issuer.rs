//! One issuer, as configured.

mod check;
mod error;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use super::check::{Check, CheckResult, Checked};
use super::expectations::Expectations;
use crate::cache::{Event, HydrateError, KeyCacheBuilder, SavedKeys, Source};
use crate::keys::Algorithm;
use crate::refresh::Policy;

pub use self::error::IssuerError;
pub(super) use self::error::Problem;

type EventObserver = Arc<dyn Fn(&Event) + Send + Sync>;

/// An issuer whose tokens are accepted: where its keys are, and what its tokens must be like.
///
/// Where the keys are and for whom the tokens are meant has to be said; all else has defaults.
/// What contradicts itself, or has no effect, is refused when the verifier is built.
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
///
/// It is read with serde too, from a table of a file; see [`VerifierSettings`] for the names.
///
/// [`VerifierSettings`]: super::VerifierSettings
#[derive(Clone)]
#[must_use]
pub struct Issuer {
    issuer: String,
    /// One, or it cannot be built.
    places: Vec<Place>,
    audiences: Vec<Box<str>>,
    any_audience: bool,
    algorithms: Option<Vec<Algorithm>>,
    types: Option<Vec<Box<str>>>,
    also_types: Vec<Box<str>>,
    required: Vec<Box<str>>,
    azp: Vec<Box<str>>,
    checks: Vec<Check>,
    leeway: Duration,
    allow_loopback_http: bool,
    spiffe: bool,
    policy: Policy,
    observer: Option<EventObserver>,
    label: Option<Box<str>>,
    optional: bool,
    saved: Option<Result<SavedKeys, HydrateError>>,
    /// A list that was given twice.
    twice: Option<&'static str>,
}

/// What an issuer comes to.
pub(super) struct Resolved {
    pub(super) cache: KeyCacheBuilder,
    pub(super) expectations: Expectations,
    pub(super) checks: Vec<Check>,
    pub(super) required: bool,
}

/// Where the keys are.
#[derive(Clone, PartialEq)]
enum Place {
    Discovery,
    JwksUri(String),
    Source(Source),
}

impl Place {
    const fn setting(&self) -> &'static str {
        match self {
            Self::Discovery => "discover",
            Self::JwksUri(_) => "jwks_uri",
            Self::Source(_) => "source",
        }
    }
}

impl Issuer {
    /// The issuer whose tokens have exactly this `iss` (RFC 7519, section 4.1.1).
    pub fn new(iss: impl Into<String>) -> Self {
        Self {
            issuer: iss.into(),
            places: Vec::new(),
            audiences: Vec::new(),
            any_audience: false,
            algorithms: None,
            types: None,
            also_types: Vec::new(),
            required: Vec::new(),
            azp: Vec::new(),
            checks: Vec::new(),
            leeway: DEFAULT_LEEWAY,
            allow_loopback_http: false,
            spiffe: false,
            policy: Policy::default(),
            observer: None,
            label: None,
            optional: false,
            saved: None,
            twice: None,
        }
    }

    /// The `iss` of its tokens.
    #[must_use]
    pub fn iss(&self) -> &str {
        &self.issuer
    }

    /// Its JWK Set is where the issuer says, asked at the `https` URL that its `iss` is (OpenID
    /// Connect Discovery 1.0): see [`SourceBuilder::discover`]. Not beside
    /// [`jwks_uri`](Self::jwks_uri) or [`source`](Self::source).
    ///
    /// [`SourceBuilder::discover`]: crate::cache::SourceBuilder::discover
    pub fn discover(self) -> Self {
        self.at(Place::Discovery)
    }

    /// Its JWK Set is at this `https` URL. The last one counts; not beside
    /// [`discover`](Self::discover) or [`source`](Self::source).
    pub fn jwks_uri(self, uri: impl Into<String>) -> Self {
        self.at(Place::JwksUri(uri.into()))
    }

    /// Allows a [`jwks_uri`](Self::jwks_uri), or an issuer to [`discover`](Self::discover), of plain
    /// `http` on this very machine: for tests.
    pub const fn allow_loopback_http(mut self) -> Self {
        self.allow_loopback_http = true;
        self
    }

    /// Its keys come from here. The last one counts; not beside [`jwks_uri`](Self::jwks_uri) or
    /// [`discover`](Self::discover), and plain `http` is allowed where the source is made.
    pub fn source(self, source: Source) -> Self {
        self.at(Place::Source(source))
    }

    /// Its key set is a SPIFFE bundle, for JWT-SVIDs: see
    /// [`SourceBuilder::spiffe`](crate::cache::SourceBuilder::spiffe). Default: no.
    pub const fn spiffe(mut self) -> Self {
        self.spiffe = true;
        self
    }

    /// Its tokens must be meant for this audience (`aud`), or another one given before. Not beside
    /// [`any_audience`](Self::any_audience).
    pub fn audience(mut self, audience: impl Into<Box<str>>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// `aud` is not looked at: tokens meant for others pass too. Not beside
    /// [`audience`](Self::audience).
    pub const fn any_audience(mut self) -> Self {
        self.any_audience = true;
        self
    }

    /// Only these signature algorithms, in one list. Default: every one that is supported; a key's
    /// own `alg` and kind limit it in any case.
    pub fn algorithms(mut self, allowed: impl IntoIterator<Item = Algorithm>) -> Self {
        if self.algorithms.replace(allowed.into_iter().collect()).is_some() {
            self.twice = Some("algorithms");
        }
        self
    }

    /// The claim must be there too, and not be `null`. `exp`, `iss` and, if one is expected,
    /// `aud` are required anyway.
    pub fn required_claim(mut self, name: impl Into<Box<str>>) -> Self {
        self.required.push(name.into());
        self
    }

    /// A `typ` that passes too, besides none, `JWT` and `at+jwt` (RFC 9068, section 2.1). Not
    /// beside [`types`](Self::types).
    pub fn also_type(mut self, typ: impl Into<Box<str>>) -> Self {
        self.also_types.push(typ.into());
        self
    }

    /// The only `typ`s that pass (RFC 8725, section 3.11), in one list; a token without `typ` is
    /// refused. Default: none, `JWT` and `at+jwt`, and what [`also_type`](Self::also_type) adds.
    pub fn types<T: Into<Box<str>>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        if self.types.replace(types.into_iter().map(Into::into).collect()).is_some() {
            self.twice = Some("types");
        }
        self
    }

    /// Its ID tokens must have been issued to this client (`azp`, OpenID Connect Core 1.0, section
    /// 2), or to another one given before. A token without `azp` is refused.
    pub fn azp(mut self, client_id: impl Into<Box<str>>) -> Self {
        self.azp.push(client_id.into());
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

    /// How far the issuer's clock may be off for `exp` and `nbf`: at most 10 minutes. Default: 60 s.
    ///
    /// Without any, a token that was issued this second is refused by a clock that is one second
    /// behind. What the default costs: a token passes for up to 60 s after its `exp`.
    pub const fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// When its keys are refreshed, and the limits. Default: [`Policy::default`].
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Its name in events, status and health, and so in logs and metrics: at most 128 characters,
    /// others than printable ASCII escaped. Give each issuer another one. Default: its `iss`,
    /// without the query if it is a URL.
    pub fn label(mut self, label: impl Into<Box<str>>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The verifier is [ready](super::Verifier::ready) without its keys, and its
    /// [health](super::Verifier::health) does not count for the verdict: for an issuer without which
    /// the service is still of use. Default: it is required.
    ///
    /// Its tokens are treated as those of any other.
    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Told of every event of its key cache, on the driver's thread: it must be quick, as
    /// [`KeyCacheBuilder::observer`] says. A panic of the observer goes no further than the panic hook. If
    /// it needs the cache, give it a [weak handle](crate::cache::KeyCache::downgrade), and not the
    /// verifier, which would keep the driver running for ever.
    pub fn observer(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Starts with these keys, saved by an earlier run or bundled: [`SavedKeys`], or the result of
    /// reading them.
    ///
    /// They stop no start. If they cannot be read, are too old or are of another source, the cache
    /// starts without keys and loads them, and the [`observer`](Self::observer) is told why when
    /// the verifier is started ([`EventKind::HydrateRefused`]).
    ///
    /// [`EventKind::HydrateRefused`]: crate::cache::EventKind::HydrateRefused
    ///
    /// ```
    /// use jwks_core::cache::SavedKeys;
    /// use jwks_core::verify::Issuer;
    ///
    /// # let text = "broken";
    /// let mut issuer = Issuer::new("https://id.example.com").discover().audience("my-api");
    /// // The file of an earlier run, if there is one.
    /// issuer = issuer.hydrate(SavedKeys::from_json(text));
    /// ```
    pub fn hydrate(mut self, saved: impl Into<Result<SavedKeys, HydrateError>>) -> Self {
        self.saved = Some(saved.into());
        self
    }

    /// In place of one of the same kind, beside those of others.
    fn at(mut self, place: Place) -> Self {
        self.places.retain(|other| other.setting() != place.setting());
        self.places.push(place);
        self
    }
}

#[cfg(test)]
impl Issuer {
    /// All that can be read from a file, to be compared.
    pub(super) fn all(&self) -> String {
        let place = self.places.iter().map(|place| match place {
            Place::Discovery => "discover".to_owned(),
            Place::JwksUri(uri) => uri.clone(),
            Place::Source(source) => source.to_string(),
        });
        let place: Vec<_> = place.collect();
        let Self { algorithms, types, also_types, required, azp, allow_loopback_http, .. } = self;
        let rest = (place, algorithms, types, also_types, required, azp, allow_loopback_http);
        format!("{self:?} {rest:?} {:?}", (&self.label, self.optional))
    }
}

/// Without the URL of its keys, which may hold a secret.
impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer")
            .field("issuer", &self.issuer)
            .field("audiences", &self.audiences)
            .field("any_audience", &self.any_audience)
            .field("leeway", &self.leeway)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// As in jsonwebtoken and in Spring.
const DEFAULT_LEEWAY: Duration = Duration::from_secs(60);

//! One issuer, as configured.

mod check;
mod error;
mod lenient;
mod places;
mod svid;
mod tenants;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;

use super::check::{Check, CheckResult, Checked};
use super::expectations::Expectations;
use super::lenience::Lenience;
use crate::cache::{Event, HydrateError, KeyCacheBuilder, MakeHeaders, SavedKeys, Source};
use crate::keys::Algorithm;
use crate::refresh::Policy;

pub use self::error::IssuerError;
pub(super) use self::error::Problem;

type EventObserver = Arc<dyn Fn(&Event) + Send + Sync>;

/// An issuer whose tokens are accepted: where its keys are, and what its tokens must be like.
///
/// You must say where the keys are and which audience the tokens are meant for. Everything else has
/// a default. Settings that contradict each other, or have no effect, are refused when the verifier
/// is built.
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
/// You can also read it with serde, from a table of a file; see [`VerifierSettings`] for the names.
///
/// [`VerifierSettings`]: super::VerifierSettings
#[derive(Clone)]
#[must_use]
pub struct Issuer {
    issuer: String,
    also: Vec<Box<str>>,
    /// Building fails without one.
    places: Vec<Place>,
    audiences: Vec<Box<str>>,
    any_audience: bool,
    algorithms: Option<Vec<Algorithm>>,
    tenants: tenants::Tenants,
    types: Option<Vec<Box<str>>>,
    also_types: Vec<Box<str>>,
    required: Vec<Box<str>>,
    azp: Vec<Box<str>>,
    checks: Vec<Check>,
    leeway: Duration,
    lenience: Lenience,
    allow_loopback_http: bool,
    http_hosts: Vec<String>,
    jwks_uri_hosts: Vec<String>,
    public_only: bool,
    headers: Option<MakeHeaders>,
    headers_also_to: Vec<String>,
    policy: Policy,
    observer: Option<EventObserver>,
    label: Option<Box<str>>,
    optional: bool,
    recorder: Option<usize>,
    saved: Option<Result<SavedKeys, HydrateError>>,
    /// The name of a list that was given twice.
    twice: Option<&'static str>,
}

/// What the settings of an issuer resolve to.
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
    DiscoveryUrl(String),
    File(PathBuf),
    JwksUri(String),
    /// By `kid`, in PEM or DER.
    Key(Vec<(Box<str>, Arc<[u8]>)>),
    Keys(Arc<[u8]>),
    OAuth,
    Source(Box<Source>),
}

impl Place {
    const fn setting(&self) -> &'static str {
        match self {
            Self::Discovery => "discover",
            Self::DiscoveryUrl(_) => "discovery_url",
            Self::File(_) => "keys_file",
            Self::JwksUri(_) => "jwks_uri",
            Self::Key(_) => "key",
            Self::Keys(_) => "keys",
            Self::OAuth => "discover_oauth",
            Self::Source(_) => "source",
        }
    }
}

impl Issuer {
    /// Accepts tokens with exactly this `iss` (RFC 7519, section 4.1.1). With `{tenantid}` in it, it is
    /// a template, for an issuer that has many [`tenants`](Self::tenants).
    pub fn new(iss: impl Into<String>) -> Self {
        Self {
            issuer: iss.into(),
            also: Vec::new(),
            places: Vec::new(),
            audiences: Vec::new(),
            any_audience: false,
            algorithms: None,
            tenants: tenants::Tenants::default(),
            types: None,
            also_types: Vec::new(),
            required: Vec::new(),
            azp: Vec::new(),
            checks: Vec::new(),
            leeway: DEFAULT_LEEWAY,
            lenience: Lenience::default(),
            allow_loopback_http: false,
            http_hosts: Vec::new(),
            jwks_uri_hosts: Vec::new(),
            public_only: false,
            headers: None,
            headers_also_to: Vec::new(),
            policy: Policy::default(),
            observer: None,
            label: None,
            optional: false,
            recorder: None,
            saved: None,
            twice: None,
        }
    }

    /// Accepts tokens with exactly this `iss` too: for an issuer that has several, all with the same
    /// keys. Call it again for more. They are compared byte for byte, as the first one is.
    ///
    /// ```
    /// use jwks_core::verify::Issuer;
    ///
    /// let google = Issuer::new("https://accounts.google.com")
    ///     .also("accounts.google.com")
    ///     .discover()
    ///     .audience("my-client-id");
    /// ```
    ///
    /// The first one is the issuer's name: [`Verified::issuer`](super::Verified::issuer) says that
    /// one, whichever the token has, and discovery asks for it. A key that is bound to an issuer by
    /// its own [`issuer`](crate::keys::Key::issuer) is still for tokens of that one alone.
    pub fn also(mut self, iss: impl Into<Box<str>>) -> Self {
        self.also.push(iss.into());
        self
    }

    /// The `iss` of its tokens; the first one, if it has [several](Self::also).
    #[must_use]
    pub fn iss(&self) -> &str {
        &self.issuer
    }

    /// Finds the key set by OpenID Connect Discovery 1.0: the issuer is asked at its `iss`, which
    /// must be an `https` URL. See [`SourceBuilder::discover`]. Cannot be combined with
    /// [`jwks_uri`](Self::jwks_uri) or [`source`](Self::source).
    ///
    /// [`SourceBuilder::discover`]: crate::cache::SourceBuilder::discover
    pub fn discover(self) -> Self {
        self.at(Place::Discovery)
    }

    /// Finds the key set by the metadata of an OAuth 2.0 authorization server (RFC 8414), for issuers
    /// that have no OpenID Connect Discovery, or have it at another place: see
    /// [`SourceBuilder::discover_oauth`] for the URLs and their order. Cannot be combined with
    /// another place of the keys.
    ///
    /// [`SourceBuilder::discover_oauth`]: crate::cache::SourceBuilder::discover_oauth
    pub fn discover_oauth(self) -> Self {
        self.at(Place::OAuth)
    }

    /// Finds the key set by the issuer's discovery document at this `https` URL: for an issuer that
    /// cannot be reached by its `iss`, which may then be any text. The document must still name
    /// exactly this `iss`. If called again, the last URL counts. Cannot be combined with another
    /// place of the keys.
    pub fn discovery_url(self, url: impl Into<String>) -> Self {
        self.at(Place::DiscoveryUrl(url.into()))
    }

    /// Fetches the key set from this `https` URL. If called again, the last URL counts. Cannot be
    /// combined with [`discover`](Self::discover) or [`source`](Self::source).
    pub fn jwks_uri(self, uri: impl Into<String>) -> Self {
        self.at(Place::JwksUri(uri.into()))
    }

    /// Uses the keys in this JWK Set, and fetches nothing: see
    /// [`SourceBuilder::keys`](crate::cache::SourceBuilder::keys). They may also be public keys or
    /// certificates in [PEM or DER](crate::keys#forms-of-a-document). If called again, the last set
    /// counts. Cannot be combined with another place of the keys.
    ///
    /// ```
    /// use jwks_core::verify::Issuer;
    ///
    /// let keys = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"2026",
    ///     "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    /// let issuer = Issuer::new("https://partner.example.com").keys(keys).audience("my-api");
    /// ```
    pub fn keys(self, set: impl AsRef<[u8]>) -> Self {
        self.at(Place::Keys(set.as_ref().into()))
    }

    /// Uses this public key or X.509 certificate, in [PEM or DER](crate::keys#forms-of-a-document), for
    /// tokens with this `kid`. Call it again for more. Nothing is fetched: see
    /// [`SourceBuilder::keys`](crate::cache::SourceBuilder::keys). Cannot be combined with another
    /// place of the keys, such as [`keys`](Self::keys), with which a key is called by its thumbprint.
    pub fn key(mut self, kid: impl Into<Box<str>>, key: impl AsRef<[u8]>) -> Self {
        let key = (kid.into(), key.as_ref().into());
        let given = self.places.iter_mut().find_map(|place| match place {
            Place::Key(given) => Some(given),
            _ => None,
        });
        match given {
            Some(given) => given.push(key),
            None => self.places.push(Place::Key(vec![key])),
        }
        self
    }

    /// Reads the key set from the file with this absolute path, again and again, as it would be
    /// fetched: see [`SourceBuilder::keys_file`](crate::cache::SourceBuilder::keys_file). If called
    /// again, the last path counts. Cannot be combined with another place of the keys.
    pub fn keys_file(self, path: impl Into<PathBuf>) -> Self {
        self.at(Place::File(path.into()))
    }

    /// Allows plain `http` to this machine, for a [`jwks_uri`](Self::jwks_uri) or an issuer to
    /// [`discover`](Self::discover). Use it only in tests.
    pub const fn allow_loopback_http(mut self) -> Self {
        self.allow_loopback_http = true;
        self
    }

    /// Allows plain `http` to this host and port, written `keys.internal:8080`: see
    /// [`SourceBuilder::allow_http_host`](crate::cache::SourceBuilder::allow_http_host) for what
    /// that means. Call it again to allow several. Default: none.
    pub fn allow_http_host(mut self, host: impl Into<String>) -> Self {
        self.http_hosts.push(host.into());
        self
    }

    /// Adds the headers that this function makes to each request for the keys, such as a token from a
    /// file that is rotated: see
    /// [`SourceBuilder::headers_with`](crate::cache::SourceBuilder::headers_with) for when it is
    /// called, and who sees them. Default: none.
    pub fn headers_with<F, E>(mut self, make: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<HeaderMap, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.headers = Some(MakeHeaders::new(make));
        self
    }

    /// Sends these headers to this origin too, written `https://keys.example.com`: see
    /// [`SourceBuilder::headers_also_to`](crate::cache::SourceBuilder::headers_also_to). Call it
    /// again to name several. Default: none.
    pub fn headers_also_to(mut self, origin: impl Into<String>) -> Self {
        self.headers_also_to.push(origin.into());
        self
    }

    /// Fetches the keys from this source. If called again, the last source counts. Cannot be
    /// combined with [`jwks_uri`](Self::jwks_uri) or [`discover`](Self::discover). To allow plain
    /// `http`, use [`Source::builder`].
    pub fn source(self, source: Source) -> Self {
        self.at(Place::Source(Box::new(source)))
    }

    /// Accepts tokens for this audience (`aud`). Call it again to accept several audiences. Cannot
    /// be combined with [`any_audience`](Self::any_audience).
    pub fn audience(mut self, audience: impl Into<Box<str>>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Does not check `aud`: tokens that are meant for other services pass too. Cannot be combined
    /// with [`audience`](Self::audience).
    pub const fn any_audience(mut self) -> Self {
        self.any_audience = true;
        self
    }

    /// Accepts only these signature algorithms. Call it once, with all of them. Default: every
    /// supported algorithm. In any case, a key's own `alg` and type limit the algorithms that it is
    /// used for.
    pub fn algorithms(mut self, allowed: impl IntoIterator<Item = Algorithm>) -> Self {
        if self.algorithms.replace(allowed.into_iter().collect()).is_some() {
            self.twice = Some("algorithms");
        }
        self
    }

    /// Requires this claim: it must be present and not `null`. `exp`, `iss` and, if an audience is
    /// expected, `aud` are required in any case, unless [`max_age_without_exp`] or [`without_iss`]
    /// says otherwise.
    ///
    /// [`max_age_without_exp`]: Self::max_age_without_exp
    /// [`without_iss`]: Self::without_iss
    pub fn required_claim(mut self, name: impl Into<Box<str>>) -> Self {
        self.required.push(name.into());
        self
    }

    /// Accepts this `typ` too, besides no `typ`, `JWT` and `at+jwt` (RFC 9068, section 2.1). Cannot
    /// be combined with [`types`](Self::types).
    pub fn also_type(mut self, typ: impl Into<Box<str>>) -> Self {
        self.also_types.push(typ.into());
        self
    }

    /// Accepts only these `typ`s (RFC 8725, section 3.11). Call it once, with all of them. A token
    /// without `typ` is refused. Default: no `typ`, `JWT` and `at+jwt`, and what
    /// [`also_type`](Self::also_type) adds.
    pub fn types<T: Into<Box<str>>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        if self.types.replace(types.into_iter().map(Into::into).collect()).is_some() {
            self.twice = Some("types");
        }
        self
    }

    /// Accepts ID tokens only if they were issued to this client (`azp`, OpenID Connect Core 1.0,
    /// section 2). Call it again to accept several clients. A token without `azp` is refused.
    pub fn azp(mut self, client_id: impl Into<Box<str>>) -> Self {
        self.azp.push(client_id.into());
        self
    }

    /// Adds a check of your own, which runs after all others: for tenants, scopes, revocation
    /// lists.
    pub fn check(
        mut self,
        check: impl Fn(&Checked<'_>) -> CheckResult + Send + Sync + 'static,
    ) -> Self {
        self.checks.push(Check::new(check));
        self
    }

    /// Sets how far the issuer's clock may differ from yours when `exp` and `nbf` are checked: at
    /// most 10 minutes. Default: 60 s.
    ///
    /// With a leeway of zero, a clock that is one second behind refuses a token that was issued
    /// this second. The default has a cost: a token passes for up to 60 s after its `exp`.
    pub const fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Sets when the keys are refreshed, and the limits. Default: [`Policy::default`].
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets the issuer's name in events, status and health, and so in logs and metrics. It has at
    /// most 128 characters; all but printable ASCII is escaped. Give each issuer a different name.
    /// Default: its `iss`, without the query if it is a URL.
    pub fn label(mut self, label: impl Into<Box<str>>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Makes this issuer optional: the verifier is [ready](super::Verifier::ready) without its
    /// keys, and it does not count for the verdict of [`health`](super::Verifier::health). Use it
    /// for an issuer that the service can do without. Default: the issuer is required.
    ///
    /// Its tokens are treated as those of any other.
    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Calls this function with every event of the issuer's key cache, on the driver's thread. It
    /// must be quick: see [`KeyCacheBuilder::observer`]. A panic in it is caught. If it needs the
    /// cache, give it a [weak handle](crate::cache::KeyCache::downgrade). Do not give it the
    /// verifier, which would keep the driver running for ever.
    pub fn observer(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Sets the size in bytes of what is recorded of its key cache: see [`KeyCacheBuilder::recorder`].
    pub const fn recorder(mut self, size: usize) -> Self {
        self.recorder = Some(size);
        self
    }

    /// Starts with these keys, saved by an earlier run or bundled. Give [`SavedKeys`], or the
    /// result of reading them.
    ///
    /// They never prevent a start. If they cannot be read, are too old or come from another source,
    /// the cache starts without keys and fetches them. When the verifier is started, the
    /// [`observer`](Self::observer) gets [`EventKind::HydrateRefused`], which says why.
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

    /// Replaces a place of the same kind, and keeps those of other kinds.
    fn at(mut self, place: Place) -> Self {
        self.places.retain(|other| other.setting() != place.setting());
        self.places.push(place);
        self
    }
}

#[cfg(test)]
impl Issuer {
    /// Everything that can be read from a file, as text for comparison.
    pub(super) fn all(&self) -> String {
        let place = self.places.iter().map(|place| match place {
            Place::Discovery | Place::OAuth => place.setting().to_owned(),
            Place::DiscoveryUrl(url) | Place::JwksUri(url) => url.clone(),
            Place::File(path) => format!("{path:?}"),
            Place::Key(keys) => format!("{keys:?}"),
            Place::Keys(keys) => format!("{keys:?}"),
            Place::Source(source) => source.to_string(),
        });
        let place: Vec<_> = place.collect();
        let Self { also, algorithms, types, also_types, required, azp, tenants, .. } = self;
        let http =
            (self.allow_loopback_http, &self.http_hosts, self.public_only, &self.jwks_uri_hosts);
        let tenants = (&tenants.ids, tenants.any, self.lenience);
        let rest = (also, place, algorithms, types, also_types, required, azp, http, tenants);
        format!("{self:?} {rest:?} {:?}", (&self.label, self.optional))
    }
}

/// Does not show the URL of the keys, which may hold a secret.
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

fn names(names: &[Box<str>]) -> impl Iterator<Item = &str> {
    names.iter().map(AsRef::as_ref)
}

/// The same as in jsonwebtoken and in Spring.
const DEFAULT_LEEWAY: Duration = Duration::from_secs(60);

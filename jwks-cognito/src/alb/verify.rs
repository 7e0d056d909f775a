//! From a signed header to a user.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use jwks_core::cache::{self, KeyCache, Source, SourceError, Status};
use jwks_core::keys::Key;
use jwks_core::refresh::Policy;
use jwks_core::verify::{Issuer, Verifier};
use serde::de::DeserializeOwned;

use super::Service;
use super::builder::{AlbBuilder, AlbSettingError};
use super::error::{AlbError, AlbErrorKind};
use super::kid::Kid;
use super::shelf::{Shelf, Word};
use super::token::{Known, Token, is_over, is_to_come};

/// Verifies what a load balancer, or Verified Access, says of a user. Cheap to clone. See [the
/// module](super).
#[derive(Clone)]
pub struct Alb(Arc<Inner>);

pub(super) struct Inner {
    pub(super) settings: AlbBuilder,
    pub(super) template: String,
    pub(super) policy: Policy,
    pub(super) clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    pub(super) shelf: Mutex<Shelf>,
    /// Each key is an issuer of its own there: fetched, refreshed and held as any key set is.
    pub(super) keys: Verifier,
}

/// A user whom AWS has signed in. Its debug form does not show the claims.
#[derive(Clone)]
pub struct AlbVerified<T> {
    claims: T,
    client: Option<Box<str>>,
    expires_at: Option<SystemTime>,
    issuer: Option<Box<str>>,
    signer: Box<str>,
}

impl<T> AlbVerified<T> {
    /// The claims.
    #[must_use]
    pub const fn claims(&self) -> &T {
        &self.claims
    }

    /// The claims alone.
    #[must_use]
    pub fn into_claims(self) -> T {
        self.claims
    }

    /// The client id of the rule that has signed the user in. Verified Access names none.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }

    /// When it expires, without the leeway.
    #[must_use]
    pub const fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// The `iss` of the identity provider. It is what AWS was told: escape it before you show it.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The ARN of who has signed: one of those configured.
    #[must_use]
    pub fn signer(&self) -> &str {
        &self.signer
    }
}

impl Alb {
    /// Application load balancers of this region, which send `x-amzn-oidc-data`.
    ///
    /// # Errors
    ///
    /// Fails if that is no name of a region.
    pub fn region(region: &str) -> Result<AlbBuilder, AlbSettingError> {
        AlbBuilder::new(region, Service::LoadBalancer)
    }

    /// Instances of Verified Access of this region, which send `x-amzn-ava-user-context`.
    ///
    /// # Errors
    ///
    /// Fails if that is no name of a region.
    pub fn verified_access(region: &str) -> Result<AlbBuilder, AlbSettingError> {
        AlbBuilder::new(region, Service::VerifiedAccess)
    }

    /// Verifies the value of the header. If its key is not held, waits for it within the policy's
    /// `wait_budget`.
    ///
    /// Signer, client, issuer, times and the form of the `kid` are judged before anything is fetched.
    ///
    /// # Errors
    ///
    /// Says why it was refused, or could not be checked: see [`AlbErrorKind`].
    pub async fn verify<T: DeserializeOwned>(
        &self,
        value: &str,
    ) -> Result<AlbVerified<T>, AlbError> {
        let token = Token::read(value)?;
        let kid = self.0.judge(&token)?;
        let key = self.key(kid)?;
        let algorithm = self.0.settings.service.algorithm();
        let (signed, signature) = (token.signed.as_bytes(), &token.signature);
        let good = |mut keys: &mut dyn Iterator<Item = &Key>| {
            Iterator::any(&mut keys, |key| key.verifies(algorithm, signed, signature)).then_some(())
        };
        match key.with_all_keys(self.0.policy.wait_budget(), good).await {
            Ok(Some(())) => self.0.shelf().used(kid),
            Ok(None) => {
                let text = "the signature is not valid";
                return Err(AlbError::new(AlbErrorKind::InvalidSignature, text));
            }
            Err(error) => return Err(self.failed(kid, error)),
        }
        self.0.claims(token)
    }

    /// The state of each key that is held, or being fetched.
    #[must_use]
    pub fn status(&self) -> Vec<Status> {
        self.0.keys.status()
    }

    pub(super) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Whether the template makes a URL.
    pub(super) fn try_url(&self) -> Result<(), SourceError> {
        let url = self.0.url("00000000-0000-0000-0000-000000000000");
        let source = Source::builder();
        let loopback = self.0.settings.allow_loopback_http;
        let source = if loopback { source.allow_loopback_http() } else { source };
        source.jwks_uri(url).map(drop)
    }

    /// The cache of this key, which is made if it may be.
    fn key(&self, kid: Kid) -> Result<KeyCache, AlbError> {
        let inner = &*self.0;
        let unknown = |text, until| AlbError::new(AlbErrorKind::UnknownKey, text).until(until);
        let now = (inner.clock)();
        let url = inner.url(kid.as_str());
        // Whatever wakes somebody, and the clock, is foreign code: not under the shelf's lock.
        let word = inner.shelf().ask(now, kid);
        let place = match word {
            Word::Missing { until } => {
                return Err(unknown("the key was not there a short time ago", until));
            }
            Word::Spent { until } => {
                let text = "the key is not known, and too many others were asked for";
                return Err(unknown(text, until));
            }
            Word::Held(place) => place,
            Word::Fetch { place, instead_of } => {
                if let Some(other) = instead_of {
                    inner.keys.issuers().remove(&inner.url(other.as_str()));
                }
                place
            }
        };
        if let Some(cache) = inner.keys.cache(&url) {
            return Ok(cache);
        }
        // Of several who come here at the same time one adds it, and all find the same.
        let _added = inner.keys.issuers().add(inner.issuer(&url, place));
        let made = inner.keys.cache(&url);
        if inner.shelf().holds(kid) {
            if let Some(cache) = made {
                return Ok(cache);
            }
            inner.shelf().failed(now, kid, PAUSE);
            return Err(unknown("the key cannot be asked for", now + PAUSE));
        }
        // It had to go meanwhile, and who has seen to that may not have found it.
        inner.keys.issuers().remove(&url);
        Err(unknown("the key is gone", now))
    }

    /// The key could not be had: it is not asked for again for a while.
    fn failed(&self, kid: Kid, error: cache::Error) -> AlbError {
        let inner = &*self.0;
        let status = error.last_failure().and_then(cache::FetchError::status);
        // A store of files that may not be listed answers 403 for one that is not there.
        let is_gone = matches!(status, Some(403 | 404 | 410));
        let pause = if is_gone { PAUSE_GONE } else { PAUSE };
        let now = (inner.clock)();
        // The fetch may still run: then only this caller has waited in vain.
        if error.last_failure().is_some() {
            let first = inner.shelf().failed(now, kid, pause);
            if first {
                inner.keys.issuers().remove(&inner.url(kid.as_str()));
            }
        }
        if is_gone {
            let text = "AWS has no such key";
            return AlbError::new(AlbErrorKind::UnknownKey, text).by(error, now + pause);
        }
        let text = "the key could not be fetched";
        AlbError::new(AlbErrorKind::Unavailable, text).by(error, now + pause)
    }
}

impl Inner {
    /// All that can be said without a key.
    fn judge(&self, token: &Token<'_>) -> Result<Kid, AlbError> {
        let (header, ours) = (&token.header, &self.settings);
        let refused = |kind, text| Err(AlbError::new(kind, text));
        let among = |list: &[Box<str>], it: &str| list.iter().any(|ours| **ours == *it);
        if header.alg != ours.service.algorithm().name() {
            let text = "the algorithm is not the one that is used there";
            return refused(AlbErrorKind::AlgorithmNotAllowed, text);
        }
        let Some(kid) = Kid::parse(&header.kid) else {
            return Err(AlbError::malformed("the `kid` is not a UUID"));
        };
        if !among(&ours.signers, &header.signer) {
            let text = "it was signed by another than those configured as signer";
            return refused(AlbErrorKind::WrongSigner, text);
        }
        let client = header.client.as_deref();
        if !ours.clients.is_empty() && !client.is_some_and(|it| among(&ours.clients, it)) {
            let text = "it is for another client than those configured";
            return refused(AlbErrorKind::WrongClient, text);
        }
        let iss = header.iss.as_deref();
        if !ours.issuers.is_empty() && !iss.is_some_and(|it| among(&ours.issuers, it)) {
            let text = "it is from another issuer than those configured";
            return refused(AlbErrorKind::WrongIssuer, text);
        }
        if is_over(header.exp, (self.clock)(), ours.leeway) {
            return refused(AlbErrorKind::Expired, "it has expired");
        }
        Ok(kid)
    }

    /// Of a token whose signature is good.
    fn claims<T: DeserializeOwned>(&self, token: Token<'_>) -> Result<AlbVerified<T>, AlbError> {
        let Token { header, payload, .. } = token;
        let known: Known = serde_json::from_slice(&payload)
            .map_err(|_| AlbError::malformed("the claims are not like those of AWS"))?;
        let (now, leeway) = ((self.clock)(), self.settings.leeway);
        // Time has passed while the key was fetched.
        let ends = [Some(header.exp), known.exp];
        if ends.into_iter().flatten().any(|end| is_over(end, now, leeway)) {
            return Err(AlbError::new(AlbErrorKind::Expired, "it has expired"));
        }
        if known.nbf.is_some_and(|begin| is_to_come(begin, now, leeway)) {
            return Err(AlbError::new(AlbErrorKind::NotYetValid, "it is not valid yet"));
        }
        let claims = serde_json::from_slice(&payload).map_err(|_| {
            AlbError::new(AlbErrorKind::ClaimsShape, "the claims do not fit the type")
        })?;
        let after = Duration::try_from_secs_f64(header.exp).ok();
        Ok(AlbVerified {
            claims,
            client: header.client.map(Into::into),
            expires_at: after.and_then(|after| SystemTime::UNIX_EPOCH.checked_add(after)),
            issuer: header.iss.map(Into::into),
            signer: header.signer.into(),
        })
    }

    fn url(&self, kid: &str) -> String {
        self.template.replace("{kid}", kid)
    }

    fn issuer(&self, url: &str, place: usize) -> Issuer {
        let service = self.settings.service;
        let issuer = Issuer::new(url)
            .jwks_uri(url)
            .any_audience()
            .algorithms([service.algorithm()])
            .policy(self.policy.clone())
            // By its place, so that no stranger makes names for logs and metrics.
            .label(format!("{service} key {place}"))
            .optional();
        if self.settings.allow_loopback_http { issuer.allow_loopback_http() } else { issuer }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Alb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Alb").field(&self.0.settings).finish()
    }
}

impl<T> fmt::Debug for AlbVerified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlbVerified").field("signer", &self.signer).finish_non_exhaustive()
    }
}

/// Before a key is asked for again that AWS does not have.
const PAUSE_GONE: Duration = Duration::from_secs(300);

/// The same, if nobody has answered.
const PAUSE: Duration = Duration::from_secs(10);

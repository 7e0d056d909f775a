//! The verifier: tokens in, verified claims out, with the keys of the cache.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::buffer::TokenBuffer;
use super::call::{Call, Overrides};
use super::check::Check;
use super::expectations::Expectations;
use super::issuer::{Issuer, IssuerError, Resolved};
use super::known::Headers;
use super::memo::{self, Memo};
use super::select::WithoutKid;
#[cfg(feature = "metrics")]
use super::tally::Tally;
use super::token::DEFAULT_MAX_LEN;
use super::{Error, Verified};
use crate::cache::{BuildError, DriverSource, Drivers, Env, KeyCache, Start, Status, WallClock};
use crate::refresh::Kidless;

/// Validates tokens of the configured issuers. Cheap to clone, shared by many threads and tasks.
///
/// A token is checked in this order: its length and its three parts; its header; whether its
/// algorithm and type are allowed; its signature; and only then its claims (`iss`, `exp`, `nbf`,
/// `aud`). If several issuers are configured, the token's `iss` chooses one of them.
///
/// [`verify`](Self::verify) waits only when no keys are held, when none of them fits the token, or,
/// without background refresh, when their lifetime is over. [`try_verify`](Self::try_verify) never
/// waits. A token that is expired, not yet valid, or from another issuer is refused without
/// waiting.
#[derive(Clone, Debug)]
pub struct Verifier(pub(super) Arc<Inner>);

/// Describes a [`Verifier`]. Create it with [`Verifier::builder`] and give it to an adapter's
/// `start`, which returns the verifier and keeps its keys fresh.
#[derive(Clone)]
#[must_use = "give it to an adapter's `start`"]
pub struct VerifierBuilder {
    issuers: Vec<Issuer>,
    wall_clock: Option<WallClock>,
    max_token: usize,
    pub(super) remembered: usize,
    #[cfg(feature = "metrics")]
    pub(super) timed: bool,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) issuers: Vec<Configured>,
    /// Where each `iss` is in `issuers`. Hashed with a random key, because the `iss` of a
    /// token is untrusted input.
    pub(super) places: HashMap<Box<str>, usize>,
    pub(super) max_token: usize,
    #[cfg(feature = "metrics")]
    pub(super) tally: Tally,
    /// Ends with the last clone, and then the adapter's tasks end too.
    _drivers: DriverSource,
}

/// One configured issuer.
#[derive(Debug)]
pub(super) struct Configured {
    pub(super) cache: KeyCache,
    pub(super) checks: Vec<Check>,
    pub(super) expectations: Expectations,
    pub(super) headers: Headers,
    /// Shared by all issuers of the verifier.
    pub(super) memo: Option<Arc<Memo>>,
    pub(super) without_kid: WithoutKid,
    /// Whether the verifier needs the keys of this issuer to be ready.
    pub(super) required: bool,
}

impl Verifier {
    /// Creates a builder without an issuer. Give the builder to an adapter's `start`, which returns
    /// the verifier:
    ///
    /// ```ignore
    /// let verifier = jwks_tokio::start(Verifier::builder().issuer(issuer))?;
    /// ```
    pub const fn builder() -> VerifierBuilder {
        VerifierBuilder {
            issuers: Vec::new(),
            wall_clock: None,
            max_token: DEFAULT_MAX_LEN,
            remembered: 0,
            #[cfg(feature = "metrics")]
            timed: false,
        }
    }

    /// Validates a token. If its key is not held, waits for it within the policy's `wait_budget`.
    ///
    /// The verifier must have been started by an adapter, because the adapter keeps the time. If
    /// you drive the verifier yourself (`serve`), a call that waits makes no progress until you
    /// drive it.
    ///
    /// You can drop the future at any time. A fetch that other callers wait for goes on.
    ///
    /// # Errors
    ///
    /// Says why the token was refused, or could not be checked: see
    /// [`ErrorKind`](super::ErrorKind).
    pub async fn verify<T: DeserializeOwned>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.verify_with(token, &Overrides::default()).await
    }

    /// Like [`verify`](Self::verify), but waits for at most `budget`.
    ///
    /// # Errors
    ///
    /// Like [`verify`](Self::verify).
    pub async fn verify_within<T: DeserializeOwned>(
        &self,
        token: &str,
        budget: Duration,
    ) -> Result<Verified<T>, Error> {
        self.verify_with(token, &Overrides::budget(budget)).await
    }

    /// Validates a token with the keys that are held, without waiting. If its key is missing,
    /// requests a fetch and returns an error.
    ///
    /// # Errors
    ///
    /// Like [`verify`](Self::verify). If a fetch may still bring the key, the error [is
    /// retryable](Error::is_retryable).
    pub fn try_verify<T: DeserializeOwned>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.try_verify_with(token, &Overrides::default())
    }

    /// Like [`try_verify`](Self::try_verify), but checks the claims as of the given time. Whether
    /// the keys are trusted is still decided by the wall clock.
    ///
    /// # Errors
    ///
    /// Like [`try_verify`](Self::try_verify).
    pub fn try_verify_at<T: DeserializeOwned>(
        &self,
        token: &str,
        time: SystemTime,
    ) -> Result<Verified<T>, Error> {
        self.try_verify_with(token, &Overrides::time(time))
    }

    /// Validates a token with the keys that are held, and requests nothing. Returns `None` where
    /// [`verify`](Self::verify) would wait or request a fetch: call `verify` next. The two together
    /// count as one call. Use this in layers that allocate only if they have to wait.
    ///
    /// # Errors
    ///
    /// Like [`verify`](Self::verify), for a token that would be refused with any other key too.
    pub fn verify_held<T: DeserializeOwned>(
        &self,
        token: &str,
    ) -> Result<Option<Verified<T>>, Error> {
        self.verify_held_with(token, &Overrides::default())
    }

    /// Like [`verify`](Self::verify), but blocks the current thread while it waits. Do not call it
    /// from async code: it blocks everything else that runs on that thread.
    ///
    /// # Errors
    ///
    /// Like [`verify`](Self::verify).
    pub fn verify_blocking<T: DeserializeOwned>(&self, token: &str) -> Result<Verified<T>, Error> {
        pollster::block_on(self.verify(token))
    }

    /// Like [`verify`](Self::verify), with claims that borrow from the buffer instead of copying:
    /// no string is allocated. Reuse the buffer for the next token.
    ///
    /// The claims cannot borrow from the token itself, because a token holds them in base64. Use a
    /// `Cow<'_, str>` with `#[serde(borrow)]` for each field in which an issuer may write escapes:
    /// serde cannot read such a string as a `&str`, and the token is refused as
    /// [`ErrorKind::ClaimsShape`].
    ///
    /// ```no_run
    /// # async fn example(verifier: jwks_core::verify::Verifier, token: &str)
    /// # -> Result<(), jwks_core::verify::Error> {
    /// use std::borrow::Cow;
    ///
    /// use jwks_core::verify::TokenBuffer;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Claims<'a> {
    ///     sub: &'a str,
    ///     #[serde(borrow)]
    ///     name: Cow<'a, str>,
    /// }
    ///
    /// let mut buffer = TokenBuffer::new();
    /// let verified = verifier.verify_in::<Claims<'_>>(token, &mut buffer).await?;
    /// println!("hello {}", verified.claims().name);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Like [`verify`](Self::verify).
    ///
    /// [`ErrorKind::ClaimsShape`]: super::ErrorKind::ClaimsShape
    pub async fn verify_in<'b, T: Deserialize<'b>>(
        &self,
        token: &str,
        buffer: &'b mut TokenBuffer,
    ) -> Result<Verified<T>, Error> {
        self.verify_in_with(token, buffer, &Overrides::default()).await
    }

    /// Like [`try_verify`](Self::try_verify), with claims that borrow from the buffer: see
    /// [`verify_in`](Self::verify_in).
    ///
    /// # Errors
    ///
    /// Like [`verify`](Self::verify).
    pub fn try_verify_in<'b, T: Deserialize<'b>>(
        &self,
        token: &str,
        buffer: &'b mut TokenBuffer,
    ) -> Result<Verified<T>, Error> {
        self.try_verify_in_with(token, buffer, &Overrides::default())
    }

    /// Overrides the configured expectations for one route or call.
    pub fn call(&self) -> Call {
        Call::new(self.clone(), Overrides::default())
    }

    /// The state of each issuer's key cache, in the order of configuration.
    #[must_use]
    pub fn status(&self) -> Vec<Status> {
        self.caches().map(KeyCache::status).collect()
    }

    /// The key caches, in the order of configuration. Use them to refresh or invalidate keys by
    /// hand.
    pub fn caches(&self) -> impl Iterator<Item = &KeyCache> {
        self.0.issuers.iter().map(|configured| &configured.cache)
    }

    /// What is expected of each issuer's tokens, in the order of configuration.
    pub fn expectations(&self) -> impl Iterator<Item = &Expectations> {
        self.0.issuers.iter().map(|configured| &configured.expectations)
    }

    pub(super) fn issuers(&self) -> &[Configured] {
        &self.0.issuers
    }
}

impl VerifierBuilder {
    /// Adds an issuer whose tokens are accepted.
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuers.push(issuer);
        self
    }

    /// Sets the longest accepted token, in bytes. Default: 16 KiB.
    pub const fn max_token_len(mut self, bytes: usize) -> Self {
        self.max_token = bytes;
        self
    }

    /// Sets the wall clock of this verifier, instead of the adapter's `SystemTime::now`. Use it in
    /// tests with a clock that you control. The clock decides when trust in the keys ends, and
    /// judges the times in tokens.
    pub fn wall_clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.wall_clock = Some(Arc::new(now));
        self
    }

    /// Like [`build`](Start::build), with the error's own type.
    pub(super) fn assemble(self, env: Env) -> Result<(Verifier, Drivers), IssuerError> {
        if self.issuers.is_empty() {
            return Err(IssuerError::none());
        }
        if self.max_token == 0 {
            return Err(IssuerError::max_token_len());
        }
        if self.remembered > memo::MOST {
            return Err(IssuerError::remember_signatures(self.remembered));
        }
        let mut resolved: Vec<Resolved> = Vec::with_capacity(self.issuers.len());
        let mut places = HashMap::with_capacity(self.issuers.len());
        for issuer in self.issuers {
            let issuer = issuer.resolve()?;
            let iss = issuer.expectations.issuer();
            if places.insert(iss.into(), resolved.len()).is_some() {
                return Err(IssuerError::duplicate(iss));
            }
            resolved.push(issuer);
        }
        // Nothing fails from here on, so no observer receives events of a verifier that does not
        // exist.
        let mut env = env.with_clock(self.wall_clock);
        #[cfg(feature = "metrics")]
        env.report_results(super::ErrorKind::RESULTS, self.timed);
        let (source, drivers) = Drivers::new();
        let memo = (self.remembered > 0).then(|| Arc::new(Memo::new(self.remembered)));
        let configure = |Resolved { cache, expectations, checks, required }| {
            let (cache, driver) = cache.assemble(&mut env);
            source.add(driver);
            let without_kid = match cache.policy().kidless() {
                Kidless::OnlyIfUnique => WithoutKid::OnlyIfUnique,
                Kidless::Reject => WithoutKid::Reject,
                Kidless::TryAll(most) => WithoutKid::TryAll(most),
            };
            let (headers, memo) = (Headers::default(), memo.clone());
            Configured { cache, checks, expectations, headers, memo, without_kid, required }
        };
        let issuers = resolved.into_iter().map(configure).collect();
        let inner = Inner {
            issuers,
            places,
            max_token: self.max_token,
            #[cfg(feature = "metrics")]
            tally: Tally::new(self.timed),
            _drivers: source,
        };
        Ok((Verifier(Arc::new(inner)), drivers))
    }
}

/// Fails if there is no issuer, if an issuer cannot work as configured or is configured twice, if
/// [`max_token_len`](VerifierBuilder::max_token_len) is 0, or if
/// [`remember_signatures`](VerifierBuilder::remember_signatures) is above its limit. The error holds
/// an [`IssuerError`].
impl Start for VerifierBuilder {
    type Handle = Verifier;

    fn build(self, env: Env) -> Result<(Verifier, Drivers), BuildError> {
        self.assemble(env).map_err(BuildError::new)
    }
}

impl std::fmt::Debug for VerifierBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifierBuilder")
            .field("issuers", &self.issuers)
            .field("max_token", &self.max_token)
            .field("remembered", &self.remembered)
            .finish_non_exhaustive()
    }
}

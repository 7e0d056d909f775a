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
use super::select::WithoutKid;
use super::token::DEFAULT_MAX_LEN;
use super::{Error, Verified};
use crate::cache::{BuildError, DriverSource, Drivers, Env, KeyCache, Start, Status, WallClock};
use crate::refresh::Kidless;

/// Validates tokens of the configured issuers. Cheap to clone, shared by many threads and tasks.
///
/// A token is judged in this order: its length and its three parts; its header; whether its
/// algorithm and type are among those configured; its signature; and only then its claims (`iss`,
/// `exp`, `nbf`, `aud`). Of several issuers the token's `iss` chooses, among those configured.
///
/// [`verify`](Self::verify) waits only when no keys are held, when none of them is the token's, or,
/// without background refresh, when their lifetime is over. [`try_verify`](Self::try_verify) never
/// waits. A token that is expired, not yet valid, or another issuer's waits for nothing.
#[derive(Clone, Debug)]
pub struct Verifier(pub(super) Arc<Inner>);

/// Describes a [`Verifier`]. Made by [`Verifier::builder`]; an adapter's `start` makes the verifier
/// of it, and keeps its keys fresh.
#[derive(Clone)]
#[must_use = "give it to an adapter's `start`"]
pub struct VerifierBuilder {
    issuers: Vec<Issuer>,
    wall_clock: Option<WallClock>,
    max_token: usize,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) issuers: Vec<Configured>,
    /// Where each `iss` is in `issuers`. Keyed by a secret of the process: the `iss` of a token is a
    /// stranger's.
    pub(super) places: HashMap<Box<str>, usize>,
    pub(super) max_token: usize,
    /// Ends with the last clone, and with it what the adapter runs.
    _drivers: DriverSource,
}

/// One issuer, as it is used.
#[derive(Debug)]
pub(super) struct Configured {
    pub(super) cache: KeyCache,
    pub(super) checks: Vec<Check>,
    pub(super) expectations: Expectations,
    pub(super) headers: Headers,
    pub(super) without_kid: WithoutKid,
    /// Whether the verifier is ready only with its keys.
    pub(super) required: bool,
}

impl Verifier {
    /// Starts without an issuer. Give the builder to an adapter's `start`, which makes the
    /// verifier:
    ///
    /// ```ignore
    /// let verifier = jwks_tokio::start(Verifier::builder().issuer(issuer))?;
    /// ```
    pub const fn builder() -> VerifierBuilder {
        VerifierBuilder { issuers: Vec::new(), wall_clock: None, max_token: DEFAULT_MAX_LEN }
    }

    /// Validates a token, waiting for its key within the policy's `wait_budget`.
    ///
    /// The adapter keeps the time, so the verifier must have been started by one. Where an adapter
    /// has been given the verifier to drive it itself (`serve`), a call waits until it is driven.
    ///
    /// Cancelling is safe: dropping the future leaves no fetch behind that others wait for.
    ///
    /// # Errors
    ///
    /// Why the token was refused, or could not be judged: see [`ErrorKind`](super::ErrorKind).
    pub async fn verify<T: DeserializeOwned>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.verify_with(token, &Overrides::default()).await
    }

    /// As [`verify`](Self::verify), waiting for at most `budget`.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub async fn verify_within<T: DeserializeOwned>(
        &self,
        token: &str,
        budget: Duration,
    ) -> Result<Verified<T>, Error> {
        self.verify_with(token, &Overrides::budget(budget)).await
    }

    /// Validates a token with the keys at hand; what is missing is asked for.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify); a key that would have been worth waiting for is an error that
    /// [is retryable](Error::is_retryable).
    pub fn try_verify<T: DeserializeOwned>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.try_verify_with(token, &Overrides::default())
    }

    /// As [`try_verify`](Self::try_verify), with the claims judged at a time of the caller's choice.
    /// Whether the keys are trusted is judged by the wall clock, whatever that time is.
    ///
    /// # Errors
    ///
    /// As [`try_verify`](Self::try_verify).
    pub fn try_verify_at<T: DeserializeOwned>(
        &self,
        token: &str,
        time: SystemTime,
    ) -> Result<Verified<T>, Error> {
        self.try_verify_with(token, &Overrides::time(time))
    }

    /// Validates a token with the keys at hand, and asks for nothing: `None` where
    /// [`verify`](Self::verify) would wait, or would at least ask whether the token is worth it. Call
    /// that next; together they count as one call. For layers that allocate only if they must wait.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify), for a token that no other key could help.
    pub fn verify_held<T: DeserializeOwned>(
        &self,
        token: &str,
    ) -> Result<Option<Verified<T>>, Error> {
        self.verify_held_with(token, &Overrides::default())
    }

    /// As [`verify`](Self::verify), but blocks the current thread while it waits. Do not call it from
    /// async code: it holds up everything else that runs on that thread.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_blocking<T: DeserializeOwned>(&self, token: &str) -> Result<Verified<T>, Error> {
        pollster::block_on(self.verify(token))
    }

    /// As [`verify`](Self::verify), with claims that borrow from the buffer instead of copying: no
    /// string is allocated. Use the buffer again for the next token.
    ///
    /// A token holds its claims in base64, so they cannot borrow from the token itself. Let a field be
    /// a `Cow<'_, str>` with `#[serde(borrow)]` wherever an issuer may write escapes: serde cannot
    /// make a `&str` of such a string, and refuses it as [`ErrorKind::ClaimsShape`].
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
    /// As [`verify`](Self::verify).
    ///
    /// [`ErrorKind::ClaimsShape`]: super::ErrorKind::ClaimsShape
    pub async fn verify_in<'b, T: Deserialize<'b>>(
        &self,
        token: &str,
        buffer: &'b mut TokenBuffer,
    ) -> Result<Verified<T>, Error> {
        self.verify_in_with(token, buffer, &Overrides::default()).await
    }

    /// As [`try_verify`](Self::try_verify), with claims that borrow from the buffer: see
    /// [`verify_in`](Self::verify_in).
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
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

    /// The key caches, in the order of configuration: to refresh or invalidate them by hand.
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
    /// Accepts the tokens of this issuer too.
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuers.push(issuer);
        self
    }

    /// Longest token, in bytes. Default: 16 KiB.
    pub const fn max_token_len(mut self, bytes: usize) -> Self {
        self.max_token = bytes;
        self
    }

    /// Reads the wall clock for this verifier, in place of the adapter's `SystemTime::now`: a clock
    /// that is moved by hand, in a test. It judges the end of trust and the times in tokens.
    pub fn wall_clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.wall_clock = Some(Arc::new(now));
        self
    }

    /// [`build`](Start::build), with the error as it is.
    pub(super) fn assemble(self, env: Env) -> Result<(Verifier, Drivers), IssuerError> {
        if self.issuers.is_empty() {
            return Err(IssuerError::none());
        }
        if self.max_token == 0 {
            return Err(IssuerError::max_token_len());
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
        // From here on nothing fails, so that no observer is told of a verifier that never is.
        let mut env = env.with_clock(self.wall_clock);
        let (source, drivers) = Drivers::new();
        let configure = |Resolved { cache, expectations, checks, required }| {
            let (cache, driver) = cache.assemble(&mut env);
            source.add(driver);
            let without_kid = match cache.policy().kidless() {
                Kidless::OnlyIfUnique => WithoutKid::OnlyIfUnique,
                Kidless::Reject => WithoutKid::Reject,
                Kidless::TryAll(most) => WithoutKid::TryAll(most),
            };
            let headers = Headers::default();
            Configured { cache, checks, expectations, headers, without_kid, required }
        };
        let issuers = resolved.into_iter().map(configure).collect();
        let inner = Inner { issuers, places, max_token: self.max_token, _drivers: source };
        Ok((Verifier(Arc::new(inner)), drivers))
    }
}

/// Fails if there is no issuer, if one cannot work as configured or is configured twice, or if
/// [`max_token_len`](VerifierBuilder::max_token_len) is 0: the error holds an [`IssuerError`].
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
            .finish_non_exhaustive()
    }
}

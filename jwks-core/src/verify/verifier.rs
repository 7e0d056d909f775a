//! The verifier: tokens in, verified claims out, with the keys of the cache.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::asked::Asked;
use super::buffer::TokenBuffer;
use super::call::{Call, Overrides};
use super::check::Check;
use super::expectations::Expectations;
use super::issuer::{Issuer, IssuerError, Resolved};
use super::known::{Headers, find};
use super::select::WithoutKid;
use super::token::{DEFAULT_MAX_LEN, Token};
use super::{Error, Verified};
use crate::cache::{self, Driver, KeyCache, Lacking, Look, Status};
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
pub struct Verifier(Arc<Inner>);

/// Builds a [`Verifier`]. Made by [`Verifier::builder`].
#[must_use]
pub struct VerifierBuilder {
    issuers: Vec<Issuer>,
    wall_clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    max_token: usize,
}

#[derive(Debug)]
struct Inner {
    issuers: Vec<Configured>,
    max_token: usize,
}

/// One issuer, as it is used.
#[derive(Debug)]
pub(super) struct Configured {
    pub(super) cache: KeyCache,
    pub(super) checks: Vec<Check>,
    pub(super) expectations: Expectations,
    pub(super) headers: Headers,
    pub(super) without_kid: WithoutKid,
}

impl Verifier {
    /// Starts without an issuer. `wall_clock` reads the wall clock: `SystemTime::now`.
    pub fn builder(wall_clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> VerifierBuilder {
        VerifierBuilder {
            issuers: Vec::new(),
            wall_clock: Arc::new(wall_clock),
            max_token: DEFAULT_MAX_LEN,
        }
    }

    /// Validates a token, waiting for its key within the policy's `wait_budget`.
    ///
    /// It is the driver that keeps the time. A driver that is dropped ends the wait; one that is
    /// held, but not polled, does not: a call made before the drivers run waits until they do. If
    /// they have never run when the `wait_budget` has passed since the verifier was built, later calls
    /// are told so at once.
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

    pub(super) async fn verify_with<T: DeserializeOwned>(
        &self,
        token: &str,
        overrides: &Overrides,
    ) -> Result<Verified<T>, Error> {
        let first = self.0.in_passing(token, |inner, room| {
            inner.look(token, room, overrides, |issuer, asked| {
                let look = issuer.cache.ask_first(issuer.budget(overrides), asked)?;
                Ok(First::of(look, asked))
            })
        });
        let lacking = match first? {
            First::Answered(answer) => return answer,
            First::Lacks(lacking, misfit) => (lacking, misfit),
        };
        // Only who waits needs room that lasts.
        let mut room = vec![0; Token::room_for(token, self.0.max_token)?];
        self.0.ask(token, &mut room, overrides, Some(lacking)).await
    }

    pub(super) fn try_verify_with<T: DeserializeOwned>(
        &self,
        token: &str,
        overrides: &Overrides,
    ) -> Result<Verified<T>, Error> {
        self.0.in_passing(token, |inner, room| inner.try_look(token, room, overrides))
    }

    pub(super) async fn verify_in_with<'b, T: Deserialize<'b>>(
        &self,
        token: &str,
        buffer: &'b mut TokenBuffer,
        overrides: &Overrides,
    ) -> Result<Verified<T>, Error> {
        let room = buffer.room(Token::room_for(token, self.0.max_token)?);
        self.0.ask(token, room, overrides, None).await
    }

    pub(super) fn try_verify_in_with<'b, T: Deserialize<'b>>(
        &self,
        token: &str,
        buffer: &'b mut TokenBuffer,
        overrides: &Overrides,
    ) -> Result<Verified<T>, Error> {
        let room = buffer.room(Token::room_for(token, self.0.max_token)?);
        self.0.try_look(token, room, overrides)
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

    /// The verifier, and a driver for each issuer, in the order of configuration. Hand the
    /// drivers to an adapter.
    ///
    /// # Errors
    ///
    /// There is no issuer; or one that cannot work as configured, or is configured twice; or
    /// [`max_token_len`](Self::max_token_len) is 0.
    pub fn build(self) -> Result<(Verifier, Vec<Driver>), IssuerError> {
        if self.issuers.is_empty() {
            return Err(IssuerError::none());
        }
        if self.max_token == 0 {
            return Err(IssuerError::max_token_len());
        }
        let mut issuers: Vec<Configured> = Vec::with_capacity(self.issuers.len());
        let mut drivers = Vec::with_capacity(self.issuers.len());
        for issuer in self.issuers {
            let wall_clock = Arc::clone(&self.wall_clock);
            let Resolved { cache, expectations, checks, saved } =
                issuer.resolve(|source| KeyCache::builder(source, move || wall_clock()))?;
            let iss = expectations.issuer();
            if issuers.iter().any(|other| other.expectations.issuer() == iss) {
                return Err(IssuerError::duplicate(iss));
            }
            let (cache, mut driver) = cache.build();
            if let Some(saved) = saved {
                driver.start_with(saved);
            }
            let without_kid = match cache.policy().kidless() {
                Kidless::OnlyIfUnique => WithoutKid::OnlyIfUnique,
                Kidless::Reject => WithoutKid::Reject,
                Kidless::TryAll(most) => WithoutKid::TryAll(most),
            };
            issuers.push(Configured {
                cache,
                checks,
                expectations,
                headers: Headers::default(),
                without_kid,
            });
            drivers.push(driver);
        }
        Ok((Verifier(Arc::new(Inner { issuers, max_token: self.max_token })), drivers))
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

impl Configured {
    fn budget(&self, overrides: &Overrides) -> Duration {
        overrides.budget.unwrap_or_else(|| self.cache.policy().wait_budget())
    }
}

/// What the first look at the keys came to.
enum First<T> {
    Answered(Result<Verified<T>, Error>),
    /// Something that may be waited for, and what the token is told if it does not come.
    Lacks(Lacking, Option<Error>),
}

impl<T> First<T> {
    fn of(look: Look<Result<Verified<T>, Error>>, asked: &mut Asked<'_, '_, T>) -> Self {
        match look {
            Look::Done(answer) => Self::Answered(answer),
            Look::Lacks(lacking) => Self::Lacks(lacking, asked.take_misfit()),
        }
    }
}

impl Inner {
    /// Room for a token that is looked at here and now: on the stack, but for a large one.
    fn in_passing<R>(
        &self,
        token: &str,
        then: impl FnOnce(&Self, &mut [u8]) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let (mut small, mut usual, mut large);
        let room = match Token::room_for(token, self.max_token)? {
            bytes @ ..=SMALL => {
                small = [0; SMALL];
                small.get_mut(..bytes)
            }
            bytes @ ..=USUAL => {
                usual = [0; USUAL];
                usual.get_mut(..bytes)
            }
            bytes => {
                large = vec![0; bytes];
                Some(large.as_mut_slice())
            }
        };
        then(self, room.unwrap_or_default())
    }

    /// Whose token it is and what its header says; and then a look at the keys. Refused is what no
    /// key could mend.
    fn look<'b, T, R>(
        &self,
        text: &str,
        room: &'b mut [u8],
        overrides: &Overrides,
        look: impl FnOnce(&Configured, &mut Asked<'_, 'b, T>) -> Result<R, cache::Error>,
    ) -> Result<R, Error> {
        let (token, room) = Token::parse(text, room)?;
        let issuer = self.choose(&token);
        let headers = issuer.as_ref().ok().map(|issuer| issuer.headers.load());
        let known = headers.as_deref().and_then(|headers| find(headers, token.header_text()));
        let header = match known {
            Some(known) => known.header(),
            None => token.header(room)?,
        };
        let issuer = issuer?;
        let mut asked = Asked::new(issuer, token, &header, known, overrides)?;
        look(issuer, &mut asked).map_err(|error| asked.refusal(&error))
    }

    /// As [`look`](Self::look), and asks for what is lacking.
    fn try_look<'b, T: Deserialize<'b>>(
        &self,
        text: &str,
        room: &'b mut [u8],
        overrides: &Overrides,
    ) -> Result<Verified<T>, Error> {
        self.look(text, room, overrides, |issuer, asked| issuer.cache.ask_now(asked))?
    }

    /// Looks, or goes on after a look that found something lacking.
    async fn ask<'b, T: Deserialize<'b>>(
        &self,
        text: &str,
        room: &'b mut [u8],
        overrides: &Overrides,
        looked: Option<(Lacking, Option<Error>)>,
    ) -> Result<Verified<T>, Error> {
        let (token, room) = Token::parse(text, room)?;
        let issuer = self.choose(&token);
        let known =
            |issuer: &&Configured| find(&issuer.headers.load(), token.header_text()).cloned();
        let known = issuer.as_ref().ok().and_then(known);
        let header = match &known {
            Some(known) => known.header(),
            None => token.header(room)?,
        };
        let issuer = issuer?;
        let budget = issuer.budget(overrides);
        let mut asked = Asked::new(issuer, token, &header, known.as_ref(), overrides)?;
        let answer = match looked {
            None => issuer.cache.ask(budget, &mut asked).await,
            Some((lacking, misfit)) => {
                asked = asked.after(misfit);
                issuer.cache.ask_on(budget, &mut asked, lacking).await
            }
        };
        answer.unwrap_or_else(|error| Err(asked.refusal(&error)))
    }

    /// The only issuer, or that of the token's `iss`, which is not verified yet: it chooses among
    /// those configured, and the signature must then be by that issuer's key.
    fn choose(&self, token: &Token<'_, '_>) -> Result<&Configured, Error> {
        if let [only] = self.issuers.as_slice() {
            return Ok(only);
        }
        let called = |iss: &str| {
            let configured = self.issuers.iter().find(|issuer| issuer.expectations.issuer() == iss);
            configured.ok_or_else(Error::wrong_issuer)
        };
        if let Some(iss) = token.first_issuer()? {
            return called(iss);
        }
        called(&token.claims()?.issuer.ok_or_else(|| Error::missing_claim("iss"))?)
    }
}

/// Decoded, a token of this size has some 400 bytes of claims and a signature by RSA.
const SMALL: usize = 768;

/// Larger ones, with more than 3 KiB of claims, are decoded on the heap.
const USUAL: usize = 4096;

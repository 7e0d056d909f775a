//! The verifier: tokens in, verified claims out, with the keys of the cache.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use arc_swap::{ArcSwap, Guard};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::buffer::TokenBuffer;
use super::call::{Call, Overrides};
use super::check::Check;
use super::expectations::Expectations;
use super::issuer::Resolved;
use super::issuers::Writer;
use super::known::Headers;
use super::memo::Memo;
use super::select::WithoutKid;
use super::table::Table;
#[cfg(feature = "metrics")]
use super::tally::Tally;
use super::tenants::{Door, Tenancy};
use super::{Error, Verified};
use crate::cache::{Basis, DriverSource, KeyCache, KeyCacheBuilder, Status, WallClock};
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

pub(super) struct Inner {
    /// The issuers that there are now. Ordering: the swap's own; a reader sees the table of one
    /// moment, and who has seen a change return sees it.
    pub(super) table: ArcSwap<Table>,
    /// Held by who changes the table.
    pub(super) writer: Mutex<Writer>,
    pub(super) clock: WallClock,
    pub(super) max_token: usize,
    /// Whether the last issuer may go too.
    pub(super) may_be_empty: bool,
    /// Shared by all issuers, and how many signatures it remembers.
    pub(super) memo: (Option<Arc<Memo>>, usize),
    #[cfg(feature = "metrics")]
    pub(super) tally: Tally,
    /// Where tokens go whose issuer is not in the table, if it may be known.
    pub(super) door: Option<Door>,
    /// Ends with the last clone, and then the adapter's tasks end too.
    pub(super) drivers: DriverSource,
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
    /// Whether the health of this issuer counts for the verifier's.
    pub(super) required: bool,
    /// Whether the verifier is not ready before this issuer has held keys: only those of the start.
    pub(super) awaited: bool,
    /// What the cache was made from.
    pub(super) basis: Basis,
    /// Counted by their coming.
    pub(super) number: u64,
    /// If the resolver knows it.
    pub(super) tenancy: Option<Tenancy>,
}

impl Verifier {
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

    /// The state of each issuer's key cache, in the order in which the issuers came. With many
    /// issuers, use [`status_of`](Self::status_of) or [`status_where`](Self::status_where).
    #[must_use]
    pub fn status(&self) -> Vec<Status> {
        self.caches().map(|cache| cache.status()).collect()
    }

    /// The state of the key cache of the issuer with this `iss`. `None` if there is no such issuer.
    #[must_use]
    pub fn status_of(&self, iss: &str) -> Option<Status> {
        self.cache(iss).map(|cache| cache.status())
    }

    /// The state of those key caches that `wanted` chooses: by their label, or by their health.
    ///
    /// ```
    /// # fn example(verifier: jwks_core::verify::Verifier) {
    /// use jwks_core::cache::HealthKind;
    ///
    /// let down = verifier.status_where(|cache| cache.health().kind() == HealthKind::Down);
    /// let partners = verifier.status_where(|cache| cache.label().starts_with("partner-"));
    /// # }
    /// ```
    #[must_use]
    pub fn status_where(&self, mut wanted: impl FnMut(&KeyCache) -> bool) -> Vec<Status> {
        self.caches().filter(|cache| wanted(cache)).map(|cache| cache.status()).collect()
    }

    /// The key caches, in the order in which the issuers came. Use them to refresh or invalidate
    /// keys by hand.
    ///
    /// They are those of this moment. A cache that you keep does not serve any more once its issuer
    /// was [withdrawn](super::Issuers).
    pub fn caches(&self) -> impl Iterator<Item = KeyCache> {
        self.all().into_iter().map(|issuer| issuer.cache.clone())
    }

    /// The key cache of the issuer with this `iss`. `None` if there is no such issuer.
    #[must_use]
    pub fn cache(&self, iss: &str) -> Option<KeyCache> {
        let table = self.0.table();
        table.named(iss).or_else(|| table.find(iss)).map(|issuer| issuer.cache.clone())
    }

    /// What is expected of each issuer's tokens, in the order in which the issuers came.
    pub fn expectations(&self) -> impl Iterator<Item = Expectations> {
        self.all().into_iter().map(|issuer| issuer.expectations.clone())
    }

    pub(super) fn all(&self) -> Vec<Arc<Configured>> {
        self.0.table().all()
    }
}

impl Configured {
    /// Every `iss` of its tokens.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.expectations.issuers()
    }
}

impl Inner {
    /// The issuers of this moment.
    pub(super) fn table(&self) -> Guard<Arc<Table>> {
        self.table.load()
    }

    /// An issuer as it was found in good order, with this cache.
    pub(super) fn configure(
        &self,
        resolved: ResolvedRest,
        cache: KeyCache,
        number: u64,
        awaited: bool,
    ) -> Configured {
        let ResolvedRest { basis, expectations, checks, required } = resolved;
        let without_kid = match cache.policy().kidless() {
            Kidless::OnlyIfUnique => WithoutKid::OnlyIfUnique,
            Kidless::Reject => WithoutKid::Reject,
            Kidless::TryAll(most) => WithoutKid::TryAll(most),
        };
        let (headers, memo) = (Headers::default(), self.memo.0.clone());
        Configured {
            cache,
            checks,
            expectations,
            headers,
            memo,
            without_kid,
            required,
            awaited,
            basis,
            number,
            tenancy: None,
        }
    }
}

/// An issuer in good order, without its cache.
pub(super) struct ResolvedRest {
    pub(super) basis: Basis,
    pub(super) expectations: Expectations,
    pub(super) checks: Vec<Check>,
    pub(super) required: bool,
}

impl Resolved {
    /// The cache, and the rest.
    pub(super) fn split(self) -> (KeyCacheBuilder, ResolvedRest) {
        let Self { cache, expectations, checks, required } = self;
        let basis = cache.basis();
        (cache, ResolvedRest { basis, expectations, checks, required })
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("issuers", &self.table().all()).finish_non_exhaustive()
    }
}

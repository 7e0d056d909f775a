//! What a service gives: a function that knows its tenants, and the bounds of what it may cost.

use std::error::Error as StdError;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::limits::Limits;
use crate::cache::{Hosts, Source, SourceError};
use crate::verify::Issuer;

/// Finds issuers that are not configured when the verifier starts: a function of your service, from
/// the `iss` of a token to the settings of that issuer.
///
/// Use it if issuers come and go with your customers. Give it to
/// [`VerifierBuilder::resolver`](crate::verify::VerifierBuilder::resolver).
///
/// ```
/// use jwks_core::verify::{Issuer, Resolver, Tenant, Verifier};
/// # #[derive(Clone)]
/// # struct Database;
/// # struct Row { id: String, issuer: String }
/// # impl Database {
/// #     async fn tenant_of(&self, _: &str) -> std::io::Result<Option<Row>> { Ok(None) }
/// # }
///
/// fn tenants(database: Database) -> Resolver {
///     Resolver::new(move |iss| {
///         let database = database.clone();
///         async move {
///             let row = database.tenant_of(&iss).await?; // an error: ask again later
///             Ok(row.map(|row| {
///                 let issuer = Issuer::new(row.issuer).discover().audience("my-api");
///                 Tenant::new(row.id, issuer)
///             })) // `None`: refused
///         }
///     })
///     .prefilter(|iss| iss.starts_with("https://") && iss.ends_with(".id.example.com"))
/// }
///
/// # fn example(database: Database) {
/// let verifier = Verifier::builder().resolver(tenants(database)); // for an adapter's `start`
/// # }
/// ```
///
/// # What the function is told, and what counts
///
/// The `iss` comes from a token whose signature is **not verified**: anybody can send any text.
/// Look it up by equality. Never build a URL, a file name or a query from it.
///
/// Its answer is one of three:
///
/// - `Ok(Some(tenant))`: tokens of this `iss` are accepted as the [`Issuer`] says, whose `iss` must
///   be this one, byte for byte. URLs, audience and algorithms come from there alone. It is
///   remembered: see [`ask_again_after`](Self::ask_again_after).
/// - `Ok(None)`: refused. Its tokens are [`ErrorKind::WrongIssuer`], and the function is not asked
///   about this `iss` again for [30 seconds](Self::remember_refusals).
/// - `Err`: it cannot say now. Callers get [`ErrorKind::Unavailable`], which is retryable, unless an
///   earlier yes [still counts](Self::serve_on_error). So does a panic, an answer that takes longer
///   than [`call_timeout`](Self::call_timeout), and an issuer that cannot work as configured.
///
/// The function is called by the adapter's task, beside the callers, once for all who wait for the
/// same `iss`. Before it has said yes there is no fetch, and nothing of the token is kept but a
/// keyed hash of its `iss`.
///
/// # Bounds
///
/// | setting | default | what |
/// |---|---|---|
/// | [`max_issuers`](Self::max_issuers) | 100 | issuers that are kept at once |
/// | [`max_remembered`](Self::max_remembered) | 1024 | refusals that are remembered, and yeses |
/// | [`max_calls`](Self::max_calls) | 16 | calls of the function at once |
/// | [`call_timeout`](Self::call_timeout) | 250 ms | for one call |
/// | [`max_waiting`](Self::max_waiting) | 64, 512 | callers who wait: for one `iss`, for all |
/// | [`max_fetches`](Self::max_fetches) | 10, 2 | fetches a second, and at once to one host |
/// | [`max_first_loads`](Self::max_first_loads) | 10, 16 | first loads a second, and at once |
/// | [`remember_refusals`](Self::remember_refusals) | 30 s | no call for a refused `iss` |
/// | [`ask_again_after`](Self::ask_again_after) | 5 min | how long a yes counts |
/// | [`serve_on_error`](Self::serve_on_error) | 1 h | the same while the function fails |
/// | [`pause_unused`](Self::pause_unused) | 15 min | without a token: refreshed no more |
/// | [`evict_unused`](Self::evict_unused) | 10 min, 1 h | without a token: gives way, or goes |
///
/// [`ErrorKind::Unavailable`]: crate::verify::ErrorKind::Unavailable
/// [`ErrorKind::WrongIssuer`]: crate::verify::ErrorKind::WrongIssuer
#[derive(Clone)]
#[must_use]
pub struct Resolver {
    ask: Arc<Ask>,
    prefilter: Option<Arc<Prefilter>>,
    /// Private addresses are allowed too.
    private: bool,
    hosts: Vec<String>,
    pub(super) limits: Limits,
}

/// An issuer that your service knows, and its name for it.
#[derive(Clone, Debug)]
#[must_use]
pub struct Tenant {
    pub(super) id: Arc<str>,
    pub(super) issuer: Issuer,
}

/// What the function answers.
pub(super) type Answered = Result<Option<Tenant>, BoxError>;

type Ask = dyn Fn(String) -> Asking + Send + Sync;
pub(super) type Asking = Pin<Box<dyn Future<Output = Answered> + Send>>;
type BoxError = Box<dyn StdError + Send + Sync>;
type Prefilter = dyn Fn(&str) -> bool + Send + Sync;

impl Tenant {
    /// `id` is your name for where the tokens come from, such as a row's key. Issuers with one `id`
    /// share one key cache and count as one: use that for several `iss` whose keys are the same.
    pub fn new(id: impl Into<Arc<str>>, issuer: Issuer) -> Self {
        Self { id: id.into(), issuer }
    }
}

impl Resolver {
    /// Asks this function. Its future runs in the adapter's task, so it may use what the adapter's
    /// runtime offers (a database pool of tokio, for example). It must not block.
    pub fn new<F, R>(ask: F) -> Self
    where
        F: Fn(String) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Option<Tenant>, Box<dyn StdError + Send + Sync>>>
            + Send
            + 'static,
    {
        let ask = move |iss| -> Asking { Box::pin(ask(iss)) };
        Self {
            ask: Arc::new(ask),
            prefilter: None,
            private: false,
            hosts: Vec::new(),
            limits: Limits::DEFAULT,
        }
    }

    /// Refuses an `iss` for which this is false, without asking. It is called for each token of an
    /// issuer that is not known, by the caller, so it must be quick: a prefix and a suffix, or a
    /// pattern. Default: none.
    pub fn prefilter(mut self, may_be: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.prefilter = Some(Arc::new(may_be));
        self
    }

    /// Allows the keys of these issuers to be fetched from private addresses too, and from any other.
    /// Default: only from [public addresses](crate::verify::Issuer::public_addresses_only), because
    /// who enters a tenant's URL into your database may not be who may reach your own network. An
    /// issuer with [`allow_http_host`](crate::verify::Issuer::allow_http_host) or
    /// [`allow_loopback_http`](crate::verify::Issuer::allow_loopback_http) keeps that permission.
    pub const fn allow_private_addresses(mut self) -> Self {
        self.private = true;
        self
    }

    /// Allows the keys of these issuers, and the documents that say where they are, to be at this
    /// host, written `keys.example.com`, or `*.example.com` for every host under that. Call it again
    /// to allow several. The URLs that the function returns must be at such a host, and the `jwks_uri`
    /// in a document. An issuer that is elsewhere cannot work, and its tokens are
    /// [`ErrorKind::Unavailable`](crate::verify::ErrorKind). Default: any host.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// What is fetched for one of its issuers, within these bounds.
    pub(super) fn bounded(&self, source: Source) -> Result<Source, SourceError> {
        let source = match self.hosts.as_slice() {
            [] => source,
            hosts => source.at_hosts(&Hosts::new(hosts.iter().map(String::as_str))?)?,
        };
        Ok(if self.private { source } else { source.public_only() })
    }

    /// Keeps at most so many issuers, by their ids. Those whose keys are loading, or cannot be
    /// loaded, count. When it is full, an issuer without an accepted token for [some
    /// time](Self::evict_unused) gives way, those whose keys cannot be loaded first. If there is
    /// none, tokens of the newcomer are [`ErrorKind::Unavailable`](crate::verify::ErrorKind), which
    /// is retryable: no issuer that is in use ever goes for a stranger. Default: 100.
    pub const fn max_issuers(mut self, issuers: usize) -> Self {
        self.limits.issuers = issuers;
        self
    }

    /// Remembers at most so many refusals, and as many yeses. Each costs some 100 bytes. Default:
    /// 1024.
    pub const fn max_remembered(mut self, answers: usize) -> Self {
        self.limits.remembered = answers;
        self
    }

    /// Runs at most so many calls of the function at once. Callers beyond that get an error that is
    /// retryable. Default: 16.
    pub const fn max_calls(mut self, calls: usize) -> Self {
        self.limits.calls = calls;
        self
    }

    /// Drops a call that takes longer. Default: 250 ms.
    pub const fn call_timeout(mut self, timeout: Duration) -> Self {
        self.limits.call_timeout = timeout;
        self
    }

    /// Lets at most so many callers wait for one `iss`, and for all of them together: for the
    /// function's answer, and then for the keys. Others get an error that is retryable. Default: 64
    /// and 512.
    pub const fn max_waiting(mut self, for_one: usize, for_all: usize) -> Self {
        self.limits.waiting_for_one = for_one;
        self.limits.waiting = for_all;
        self
    }

    /// Lets at most so many fetches of these issuers begin within a second, and run at once to one
    /// host. Planned refreshes go first, fetches for unknown kids last. Default: 10 and 2.
    pub const fn max_fetches(mut self, per_second: usize, at_once_per_host: usize) -> Self {
        self.limits.fetches_per_second = per_second;
        self.limits.fetches_per_host = at_once_per_host;
        self
    }

    /// Lets at most so many first loads begin within a second, and run at once. Default: 10 and 16.
    pub const fn max_first_loads(mut self, per_second: usize, at_once: usize) -> Self {
        self.limits.loads_per_second = per_second;
        self.limits.loads = at_once;
        self
    }

    /// How long a refusal counts. A new tenant waits for so long, if somebody has sent its tokens
    /// before it was known. Default: 30 s.
    pub const fn remember_refusals(mut self, time: Duration) -> Self {
        self.limits.refusal = time;
        self
    }

    /// How long a yes counts. After that, the function is asked again: beside the callers, if a
    /// token was accepted meanwhile, and otherwise when the next token comes. So this is how long a
    /// tenant may be served whom you have given up. To give one up at once, use
    /// [`Issuers::remove`](crate::verify::Issuers::remove) too. Default: 5 min.
    pub const fn ask_again_after(mut self, time: Duration) -> Self {
        self.limits.consent = time;
        self
    }

    /// How long a yes counts at most while the function fails. Default: 1 h.
    pub const fn serve_on_error(mut self, time: Duration) -> Self {
        self.limits.consent_if_error = time;
        self
    }

    /// After so long without a validation, an issuer's keys are not refreshed ahead any more. The
    /// next token starts that again. An issuer whose policy has an
    /// [`idle_after`](crate::refresh::PolicyBuilder::idle_after) keeps it. Default: 15 min.
    pub const fn pause_unused(mut self, time: Duration) -> Self {
        self.limits.pause_unused = time;
        self
    }

    /// After so long without an accepted token, an issuer gives way to a newcomer, and goes anyway.
    /// Default: 10 min and 1 h.
    pub const fn evict_unused(mut self, if_full: Duration, anyway: Duration) -> Self {
        self.limits.evict_unused = if_full;
        self.limits.forget_unused = anyway;
        self
    }

    /// Whether the function may be asked about it. A pre-filter that panics says no.
    pub(super) fn may_ask(&self, iss: &str) -> bool {
        iss.len() <= LONGEST
            && self.prefilter.as_ref().is_none_or(|may_be| {
                catch_unwind(AssertUnwindSafe(|| may_be(iss))).unwrap_or(false)
            })
    }

    /// The call. None: it has panicked.
    pub(super) fn ask(&self, iss: String) -> Option<Asking> {
        catch_unwind(AssertUnwindSafe(|| (self.ask)(iss))).ok()
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// No issuer has a longer `iss`, in bytes: it is a URL, or a name.
const LONGEST: usize = 2048;

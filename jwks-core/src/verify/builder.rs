//! From what is configured to a verifier and its drivers.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use arc_swap::ArcSwap;

use super::Verifier;
use super::issuer::{Issuer, IssuerError, Resolved};
use super::issuers::Writer;
use super::memo::{self, Memo};
use super::table::Table;
#[cfg(feature = "metrics")]
use super::tally::Tally;
use super::tenants::{Calls, Door, Reception, Resolver};
use super::token::DEFAULT_MAX_LEN;
use super::verifier::Inner;
use crate::cache::{BuildError, Driver, Drivers, Env, Start, WallClock};

/// Describes a [`Verifier`]. Create it with [`Verifier::builder`] and give it to an adapter's
/// `start`, which returns the verifier and keeps its keys fresh.
#[derive(Clone)]
#[must_use = "give it to an adapter's `start`"]
pub struct VerifierBuilder {
    issuers: Vec<Issuer>,
    wall_clock: Option<WallClock>,
    max_token: usize,
    pub(super) remembered: usize,
    may_be_empty: bool,
    resolver: Option<Resolver>,
    #[cfg(feature = "metrics")]
    pub(super) timed: bool,
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
            may_be_empty: false,
            resolver: None,
            #[cfg(feature = "metrics")]
            timed: false,
        }
    }
}

impl VerifierBuilder {
    /// Adds an issuer whose tokens are accepted.
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuers.push(issuer);
        self
    }

    /// Allows a verifier without issuers, which refuses every token: for a service whose issuers come
    /// [while it runs](super::Issuers), and may all go again. Default: at least one issuer is needed,
    /// at the start and whenever a whole list [is applied](super::Issuers::apply).
    pub const fn may_be_empty(mut self) -> Self {
        self.may_be_empty = true;
        self
    }

    /// Asks this function about issuers that are not configured: for a service whose issuers come
    /// and go with its customers. See [`Resolver`]. The verifier may be without any other issuer.
    pub fn resolver(mut self, resolver: Resolver) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// Sets the longest accepted token, in bytes. Default: 16 KiB.
    pub const fn max_token_len(mut self, bytes: usize) -> Self {
        self.max_token = bytes;
        self
    }

    /// Sets the wall clock of this verifier, instead of the adapter's `SystemTime::now`. Use it in
    /// tests with a clock that you control. The clock decides when trust in the keys ends, and
    /// judges the times in tokens. It must not change the issuers: it is read while they change.
    pub fn wall_clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.wall_clock = Some(Arc::new(now));
        self
    }

    /// Like [`build`](Start::build), with the error's own type.
    pub(super) fn assemble(self, env: Env) -> Result<(Verifier, Drivers), IssuerError> {
        let has_resolver = self.resolver.is_some();
        if self.issuers.is_empty() && !self.may_be_empty && !has_resolver {
            return Err(IssuerError::none());
        }
        if self.max_token == 0 {
            return Err(IssuerError::max_token_len());
        }
        if self.remembered > memo::MOST {
            return Err(IssuerError::remember_signatures(self.remembered));
        }
        let resolved: Result<Vec<_>, _> = self.issuers.into_iter().map(Issuer::resolve).collect();
        let resolved = resolved?;
        check_names(&resolved)?;
        // Nothing fails from here on, so no observer receives events of a verifier that does not
        // exist.
        let env = env.with_clock(self.wall_clock);
        #[cfg(feature = "metrics")]
        let env = {
            let mut env = env;
            env.report_results(super::ErrorKind::RESULTS, self.timed);
            env
        };
        let (source, drivers) = Drivers::new();
        let memo = (self.remembered > 0).then(|| Arc::new(Memo::new(self.remembered)));
        let clock = env.wall_clock();
        let reception = self.resolver.map(|it| Arc::new(Reception::new(it, clock())));
        let inner = Inner {
            table: ArcSwap::from_pointee(Table::new(has_resolver)),
            clock: env.wall_clock(),
            writer: Mutex::new(Writer::new(env)),
            max_token: self.max_token,
            may_be_empty: self.may_be_empty || has_resolver,
            door: reception.clone().map(Door::new),
            memo: (memo, self.remembered),
            #[cfg(feature = "metrics")]
            tally: Tally::new(self.timed),
            drivers: source,
        };
        inner.start(resolved);
        let inner = Arc::new(inner);
        if let Some(reception) = reception {
            let calls = Calls::new(&reception, Arc::downgrade(&inner));
            inner.drivers.add(Driver::aside(calls));
        }
        Ok((Verifier(inner), drivers))
    }
}

/// Whether no two of these have an `iss` in common.
pub(super) fn check_names(resolved: &[Resolved]) -> Result<(), IssuerError> {
    let mut names = HashSet::with_capacity(resolved.len());
    let all = resolved.iter().flat_map(|issuer| issuer.expectations.issuers());
    match all.into_iter().find(|name| !names.insert(*name)) {
        Some(twice) => Err(IssuerError::duplicate(twice)),
        None => Ok(()),
    }
}

/// Fails if there is no issuer and there [has to be one](VerifierBuilder::may_be_empty), if an issuer
/// cannot work as configured or is configured twice, if
/// [`max_token_len`](VerifierBuilder::max_token_len) is 0, or if
/// [`remember_signatures`](VerifierBuilder::remember_signatures) is above its limit. The error holds
/// an [`IssuerError`].
impl Start for VerifierBuilder {
    type Handle = Verifier;

    fn build(self, env: Env) -> Result<(Verifier, Drivers), BuildError> {
        self.assemble(env).map_err(BuildError::new)
    }
}

impl fmt::Debug for VerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierBuilder")
            .field("issuers", &self.issuers)
            .field("max_token", &self.max_token)
            .field("remembered", &self.remembered)
            .finish_non_exhaustive()
    }
}

//! What scenarios are made of: an issuer, a verifier of its tokens, and what happens to it.

mod calls;
mod log;
mod service;

use std::{
    process::Command,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use jwks_core::{
    adapter::{Drivers, Env, Start},
    refresh::{Policy, PolicyBuilder, Strategy},
    verify::{Issuer, Registered, Verified, Verifier, VerifierBuilder},
};
use serde_json::Value;

pub use self::{
    calls::{at_once, finished, sleep_until, waiting},
    log::{Log, completed, failed, loaded, stopped, withdrawn},
    service::{Runner, Service, assert_stopped},
};
use crate::{Adapter, Roots, network::Hosts};
use jwks_testkit::{IssuerServer, Reply, Signer, TestIssuer, claims};

/// Whom the tokens are meant for.
pub const AUDIENCE: &str = "my-api";

/// Patience for what has to happen: only a test that fails waits so long.
pub const LONG: Duration = Duration::from_secs(10);

/// Says to a process that it was started by a scenario.
const CHILD: &str = "JWKS_CONFORMANCE_CHILD";

/// A budget, or a timeout, that nobody lives to see the end of: who waits it out was forgotten.
pub const FOREVER: Duration = Duration::from_secs(120);

/// What a validation comes to.
pub type Outcome = Result<Verified<Registered>, jwks_core::verify::Error>;

/// One scenario on one adapter: makes its worlds, and counts the requests to all their issuers.
#[derive(Clone)]
pub struct Stage<'a> {
    adapter: &'a dyn Adapter,
    issuers: Arc<Mutex<Vec<TestIssuer>>>,
    scenario: Option<&'static str>,
}

impl<'a> Stage<'a> {
    /// A stage without a world.
    pub fn new(adapter: &'a dyn Adapter) -> Self {
        Self { adapter, issuers: Arc::default(), scenario: None }
    }

    /// A scenario of the suite's own.
    pub(crate) const fn playing(mut self, scenario: &'static str) -> Self {
        self.scenario = Some(scenario);
        self
    }

    /// Plays this scenario once more, in a process of its own with these variables set, or unset.
    /// A process that was started so does nothing here.
    ///
    /// # Panics
    ///
    /// When it fails there.
    pub(crate) fn play_under(&self, environment: &[(&str, Option<&str>)]) {
        if std::env::var_os(CHILD).is_some() {
            return;
        }
        let scenario = self.scenario.expect("a scenario of the suite");
        let name = format!("{}::{scenario}", self.adapter.name());
        let mut child = Command::new(std::env::current_exe().expect("this very program"));
        child.args(["--exact", &name]).env(CHILD, "1");
        for (variable, value) in environment {
            match value {
                Some(value) => child.env(variable, value),
                None => child.env_remove(variable),
            };
        }
        let output = child.output().expect("a process");
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && told.contains("1 passed"), "{told}");
    }

    /// A new world.
    pub fn world(&self) -> World<'a> {
        let issuer = IssuerServer::start();
        self.issuers.lock().unwrap_or_else(PoisonError::into_inner).push(issuer.issuer());
        let key = Signer::es256("k1");
        issuer.publish(&[&key]);
        World {
            adapter: self.adapter,
            hosts: Hosts::default(),
            issuer,
            key,
            log: Log::default(),
            roots: Roots::default(),
        }
    }

    /// [`Adapter::ends_fetches`].
    pub fn ends_fetches(&self) -> bool {
        self.adapter.ends_fetches()
    }

    /// [`Adapter::tells_phases`].
    pub fn tells_phases(&self) -> bool {
        self.adapter.tells_phases()
    }

    /// How many requests its issuers have read so far, of all paths.
    pub fn requests(&self) -> usize {
        let issuers = self.issuers.lock().unwrap_or_else(PoisonError::into_inner);
        issuers.iter().map(|issuer| issuer.requests().len()).sum()
    }
}

impl std::fmt::Debug for Stage<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").field("adapter", &self.adapter.name()).finish_non_exhaustive()
    }
}

/// An issuer with one key, `k1`, that publishes it without caching headers.
#[non_exhaustive]
pub struct World<'a> {
    adapter: &'a dyn Adapter,
    /// Names that the adapter's client knows; for adapters with [`Adapter::takes_hosts`].
    pub hosts: Hosts,
    /// The issuer.
    pub issuer: IssuerServer,
    /// Its key.
    pub key: Signer,
    /// What its key cache tells.
    pub log: Log,
    /// Whom the adapter's client trusts besides.
    pub roots: Roots,
}

impl World<'_> {
    /// The claims of a token that is valid for an hour.
    pub fn claims(&self) -> Value {
        claims(self.issuer.base(), AUDIENCE, Duration::from_secs(3600))
    }

    /// A token that is valid for an hour.
    pub fn token(&self) -> String {
        self.key.sign(&self.claims())
    }

    /// The issuer as a service would configure it.
    ///
    /// # Panics
    ///
    /// When the settings cannot work.
    pub fn configured(&self, policy: PolicyBuilder) -> Issuer {
        Issuer::new(self.issuer.base())
            .jwks_uri(self.issuer.url())
            .allow_loopback_http()
            .audience(AUDIENCE)
            .policy(policy.build().expect("settings that work"))
            .observer(self.log.observer())
    }

    /// A verifier whose drivers nobody runs yet.
    ///
    /// # Panics
    ///
    /// When the settings cannot work.
    pub fn prepare(&self, policy: PolicyBuilder) -> (Verifier, Drivers) {
        prepare([self.configured(policy)])
    }

    /// A verifier whose driver the adapter runs.
    ///
    /// # Panics
    ///
    /// When the settings cannot work.
    pub fn start(&self, policy: PolicyBuilder) -> Service {
        self.start_with([self.configured(policy)])
    }

    /// A verifier of these issuers, whose drivers the adapter runs.
    ///
    /// # Panics
    ///
    /// When the settings cannot work.
    pub fn start_with(&self, issuers: impl IntoIterator<Item = Issuer>) -> Service {
        let (verifier, drivers) = prepare(issuers);
        self.run(verifier, drivers)
    }

    /// Has the adapter run what was prepared.
    ///
    /// # Panics
    ///
    /// When there are [`hosts`](Self::hosts), and the adapter's client does not take them.
    pub fn run(&self, verifier: Verifier, drivers: Drivers) -> Service {
        let running = if self.hosts.is_empty() {
            self.adapter.start(drivers, &self.roots)
        } else {
            let running = self.adapter.start_with_hosts(drivers, &self.roots, &self.hosts);
            running.expect("`takes_hosts`, and then it takes none")
        };
        Service { verifier, runner: Runner::new(running) }
    }

    /// [`World::start`], with the keys held already; no use was made of them.
    ///
    /// # Panics
    ///
    /// When the keys do not come.
    pub fn loaded(&self, policy: PolicyBuilder) -> Service {
        let service = self.start(policy);
        pollster::block_on(service.cache().ready(LONG)).expect("the issuer is up");
        service
    }

    /// No two fetches were under way at once, as far as the adapter can end one that is given up.
    ///
    /// # Panics
    ///
    /// When there were.
    pub fn never_two_at_once(&self) {
        if self.adapter.ends_fetches() {
            assert!(self.issuer.max_open() <= 1, "{} at once", self.issuer.max_open());
        }
    }
}

impl std::fmt::Debug for World<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("adapter", &self.adapter.name())
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

/// A lifetime by time, refreshed ahead at 0.8 of it, and an hour of grace.
pub const fn lifetime(interval: Duration) -> PolicyBuilder {
    Policy::builder().strategy(Strategy::Time).interval(interval)
}

/// [`lifetime`], until a reply is a [`last`] one: then an hour. So the number of fetches depends on
/// the script alone, however slow the machine is.
pub const fn scripted(interval: Duration) -> PolicyBuilder {
    lifetime(interval).http_freshness(true).http_freshness_clamp(ms(50), Duration::from_secs(7200))
}

/// The reply, with keys that are fresh for an hour.
#[must_use]
pub fn last(reply: Reply) -> Reply {
    reply.cache_control("max-age=3600")
}

/// Milliseconds.
pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn prepare(issuers: impl IntoIterator<Item = Issuer>) -> (Verifier, Drivers) {
    let builder = issuers.into_iter().fold(Verifier::builder(), VerifierBuilder::issuer);
    builder.build(Env::new(SystemTime::now)).expect("issuers that work")
}

//! One strategy, measured.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use jwks_core::verify::{Error, Issuer, Registered, Verifier};
use jwks_testkit::{IssuerServer, Reply};
use jwks_tokio::{Client, Starter};
use tokio::task::JoinSet;
use tokio::time::interval;

use super::plan::{Plan, Strategy};
use crate::words::chain;

/// What became of all requests of one strategy.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) strategy: Strategy,
    /// The first of all, which is in no other number.
    pub(super) first: Sample,
    /// The others, in the order of their beginnings.
    pub(super) samples: Vec<Sample>,
    /// How often the issuer was asked for keys, the first time included.
    pub(super) fetches: usize,
}

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// When it began, since the start.
    pub(super) at: Duration,
    pub(super) latency: Duration,
    pub(super) waited: bool,
    pub(super) error: Option<String>,
}

/// Makes the requests of one strategy, each at its time, whether or not those before it are done.
pub(super) async fn measure(
    plan: &Plan,
    strategy: Strategy,
    client: &Client,
    bar: &ProgressBar,
) -> Result<Measured> {
    let issuer = IssuerServer::start();
    // Without a cache each request is a fetch; with one there are fewer.
    for n in 0..plan.requests {
        issuer.next(Reply::published().delay(plan.latency.of(n)));
    }
    issuer.delay(plan.latency.of(plan.requests));
    let token: Arc<str> = issuer.token().sign().into();
    let service = Service::new(&strategy, issuer.configured(), client)?;
    let start = Instant::now();
    let first = service.clone().request(Arc::clone(&token), start).await?;
    bar.inc(1);

    let mut ticks = interval(plan.pause());
    let mut requests = JoinSet::new();
    for _ in 1..plan.requests {
        ticks.tick().await;
        requests.spawn(service.clone().request(Arc::clone(&token), start));
        bar.inc(1);
    }
    let mut samples = Vec::with_capacity(plan.requests as usize);
    while let Some(sample) = requests.join_next().await {
        samples.push(sample.context("a request broke off")??);
    }
    samples.sort_by_key(|sample| sample.at);
    Ok(Measured { strategy, first, samples, fetches: issuer.fetches() })
}

/// The service whose requests are measured.
#[derive(Clone, Debug)]
enum Service {
    Cached(Verifier),
    /// A verifier for each token: nothing is kept.
    Uncached(Starter, Box<Issuer>),
}

impl Service {
    fn new(strategy: &Strategy, issuer: Issuer, client: &Client) -> Result<Self> {
        let starter = Starter::new().client(client.clone());
        Ok(match &strategy.policy {
            None => Self::Uncached(starter, Box::new(issuer)),
            Some(policy) => {
                let issuer = issuer.policy(policy.clone());
                Self::Cached(starter.start(Verifier::builder().issuer(issuer))?)
            }
        })
    }

    async fn request(self, token: Arc<str>, start: Instant) -> Result<Sample> {
        let begin = Instant::now();
        let verifier = match self {
            Self::Cached(verifier) => verifier,
            Self::Uncached(starter, issuer) => {
                starter.start(Verifier::builder().issuer(*issuer))?
            }
        };
        let (outcome, waited) = verify(&verifier, &token).await;
        let latency = begin.elapsed();
        let at = begin.duration_since(start);
        Ok(Sample { at, latency, waited, error: outcome.err().map(|error| chain(&error)) })
    }
}

/// Validates, and tells whether that had to wait.
async fn verify(verifier: &Verifier, token: &str) -> (Result<(), Error>, bool) {
    let mut waited = false;
    let mut verifying = pin!(verifier.verify::<Registered>(token));
    let outcome = poll_fn(|context| {
        let poll = verifying.as_mut().poll(context);
        waited |= poll.is_pending();
        poll
    });
    (outcome.await.map(drop), waited)
}

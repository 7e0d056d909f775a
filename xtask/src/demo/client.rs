//! A client of the embedded demo: it holds a token, and presents it again and again.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jwks_core::keys::Algorithm;
use jwks_core::verify::{Registered, Verifier};
use tokio::time::{MissedTickBehavior, interval_at};

use super::log::Line;
use super::provider::{Provider, Token};
use super::schedule::{CLIENT_INTERVAL, TOKEN_KEPT};
use super::tally::{Circumstances, Tally, Validation};

/// What all who take part share.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) line: Line,
    pub(super) provider: Arc<Provider>,
    pub(super) verifier: Verifier,
    /// The cache has completed a refresh since the emergency.
    pub(super) recovered: AtomicBool,
    /// Validations so far, for the progress.
    pub(super) validations: AtomicU64,
    /// Of them, those that went wrong.
    pub(super) troubles: AtomicU64,
}

impl Stage {
    /// Presents a token to the service, and counts what became of it.
    pub(super) async fn present(&self, token: &Token, tally: &mut Tally) {
        // Acquire: what is seen as recovered is in the set that is read next.
        let emergency = token.epoch > 0 && !self.recovered.load(Ordering::Acquire);
        let validation = self.validate(&token.text).await;
        let withdrawn = token.epoch < self.provider.epoch();
        let fine = tally.count(&validation, Circumstances { withdrawn, emergency });
        // Relaxed: numbers to look at.
        self.validations.fetch_add(1, Ordering::Relaxed);
        if !fine && self.troubles.fetch_add(1, Ordering::Relaxed) < TROUBLES_SHOWN {
            self.line.write("client", Trouble(&validation));
        }
    }

    /// The service's part.
    async fn validate(&self, token: &str) -> Validation {
        let begin = Instant::now();
        let mut waited = false;
        let mut verifying = pin!(self.verifier.verify::<Registered>(token));
        let outcome = poll_fn(|context| {
            let poll = verifying.as_mut().poll(context);
            waited |= poll.is_pending();
            poll
        });
        let error = outcome.await.err();
        Validation { error, latency: begin.elapsed(), waited }
    }
}

/// Presents a token every [`CLIENT_INTERVAL`] until `end`. `phase`, from 0 to 1, spreads the
/// clients over that time, and their requests for new tokens over [`TOKEN_KEPT`].
pub(super) async fn run(
    stage: Arc<Stage>,
    algorithm: Algorithm,
    phase: f64,
    end: Instant,
) -> Tally {
    let begin = Instant::now() + CLIENT_INTERVAL.mul_f64(phase);
    let mut ticks = interval_at(begin.into(), CLIENT_INTERVAL);
    // A client that was held up does not make up for it.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut tally = Tally::default();
    let mut token = stage.provider.issue(algorithm);
    let mut keep = TOKEN_KEPT.mul_f64(phase);
    loop {
        ticks.tick().await;
        if Instant::now() >= end {
            return tally;
        }
        if token.issued.elapsed() >= keep || token.epoch < stage.provider.epoch() {
            token = stage.provider.issue(algorithm);
            keep = TOKEN_KEPT;
        }
        stage.present(&token, &mut tally).await;
    }
}

/// A validation that went wrong, for the log.
struct Trouble<'a>(&'a Validation);

impl std::fmt::Display for Trouble<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Validation { error, latency, waited } = self.0;
        let what = if *waited { "waited" } else { "did not wait" };
        write!(f, "a validation {what}, took {}", super::log::millis(*latency))?;
        match error {
            Some(error) => write!(f, ", and failed: {error}"),
            None => Ok(()),
        }
    }
}

/// The first ones say enough.
const TROUBLES_SHOWN: u64 = 20;

/// How often the progress is drawn.
pub(super) const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

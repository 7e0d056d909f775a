//! Tokens that come at fixed times.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use jwks_tokio::{Registered, Verifier};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) every: Duration,
    pub(crate) number: usize,
}

/// What one run of a scene came to.
pub(crate) struct Run {
    /// Sorted.
    latencies: Vec<Duration>,
    /// Validations of good tokens that were not answered at once.
    pub(crate) waits: u64,
    /// Good tokens that were refused.
    pub(crate) failures: u64,
    pub(crate) fetches: u64,
    pub(crate) failed_fetches: u64,
}

impl Run {
    pub(crate) fn quantile(&self, part: f64) -> Duration {
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
        let at = (self.latencies.len() as f64 * part) as usize;
        self.latencies[at.min(self.latencies.len() - 1)]
    }
}

impl Load {
    /// A task of the runtime for each token. With each good one comes one of `strangers`, if there
    /// are any; what becomes of those is not measured.
    pub(crate) fn run(
        self,
        runtime: &Runtime,
        verifier: &Verifier,
        token: &Arc<str>,
        strangers: &[Arc<str>],
    ) -> Run {
        let counts = Arc::new(Counts::default());
        let mut tasks: Vec<JoinHandle<Duration>> = Vec::with_capacity(self.number);
        let before = verifier.status().remove(0);
        let begin = Instant::now();
        for n in 0..self.number {
            let due = begin + self.every * u32::try_from(n).unwrap();
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let (its, counts, token) = (verifier.clone(), Arc::clone(&counts), Arc::clone(token));
            tasks.push(runtime.spawn(async move {
                one(&its, &token, &counts).await;
                due.elapsed()
            }));
            if let Some(stranger) = strangers.get(n % strangers.len().max(1)) {
                let (its, stranger) = (verifier.clone(), Arc::clone(stranger));
                runtime.spawn(async move { drop(its.verify::<Registered>(&stranger).await) });
            }
        }
        let ends = tasks.into_iter().map(|task| runtime.block_on(task).unwrap());
        let mut latencies: Vec<_> = ends.collect();
        latencies.sort_unstable();
        let after = verifier.status().remove(0);
        Run {
            latencies,
            waits: counts.waits.load(Ordering::Relaxed),
            failures: counts.failures.load(Ordering::Relaxed),
            fetches: after.fetches - before.fetches,
            failed_fetches: after.failures - before.failures,
        }
    }
}

#[derive(Default)]
struct Counts {
    failures: AtomicU64,
    waits: AtomicU64,
}

async fn one(verifier: &Verifier, token: &str, counts: &Counts) {
    let mut verified = pin!(verifier.verify::<Registered>(token));
    let mut polled = 0;
    let outcome = poll_fn(|cx| {
        let poll = verified.as_mut().poll(cx);
        polled += 1;
        if poll.is_pending() && polled == 1 {
            counts.waits.fetch_add(1, Ordering::Relaxed);
        }
        poll
    });
    if outcome.await.is_err() {
        counts.failures.fetch_add(1, Ordering::Relaxed);
    }
}

//! Whether a verifier has the keys to begin with.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::Verifier;
use crate::cache;

/// Issuers whose keys have not been held yet. Cheap to clone.
///
/// Its `Display` is one line that names each of them, and why.
#[derive(Clone)]
pub struct NotReady(Arc<[(Arc<str>, cache::Error)]>);

impl NotReady {
    /// The [label](super::Issuer::label) of each issuer that is not ready, and why, in the order of
    /// configuration. There is at least one.
    pub fn issuers(&self) -> impl ExactSizeIterator<Item = (&str, &cache::Error)> {
        self.0.iter().map(|(label, error)| (&**label, error))
    }
}

impl Verifier {
    /// Waits until every issuer has held keys once, for at most `budget`, but for those that are
    /// [optional](super::Issuer::optional). It waits for all of them at the same time.
    ///
    /// This is what a **readiness** probe should answer by: 200 if it is `Ok`, else 503. Once it has
    /// succeeded it succeeds at once, whatever becomes of the keys. An outage of the issuer meets
    /// every process that depends on it: if all of them said that they were not ready, the load
    /// balancer would be left without any, and requests that need no token would fail too. Alert on
    /// [`health`](Self::health) instead. [Saved keys](super::Issuer::hydrate) count as held.
    ///
    /// A **liveness** probe should not depend on keys at all: answer 200 whenever the process
    /// answers. It restarts the process when it fails, and a restart brings no issuer back; it loses
    /// the keys that still serve.
    ///
    /// A probe cannot lock a service out: each call asks for the keys that it misses, so a service
    /// that fetches on demand gets them although nobody sends it tokens before it is ready. It
    /// counts neither as a use nor as a miss. With a budget of zero it never waits, and asks all
    /// the same: right for a probe that is repeated every few seconds. A budget of some seconds is
    /// right before a server begins to listen. Give a probe less than its own time limit.
    ///
    /// ```
    /// use std::time::Duration;
    /// use jwks_core::verify::Verifier;
    ///
    /// async fn readiness(verifier: &Verifier) -> (u16, String) {
    ///     match verifier.ready(Duration::ZERO).await {
    ///         Ok(()) => (200, "ready".to_owned()),
    ///         // Inside only: it names the issuers.
    ///         Err(error) => (503, error.to_string()),
    ///     }
    /// }
    /// ```
    ///
    /// The adapter keeps the time, so the verifier must have been started by one. Where an adapter
    /// has been given the verifier to drive it itself (`serve`), a call waits until it is driven,
    /// unless its budget is zero.
    ///
    /// # Errors
    ///
    /// [`NotReady`] names the issuers whose keys have not been held yet, and why.
    pub async fn ready(&self, budget: Duration) -> Result<(), NotReady> {
        let asks = self.issuers().iter().filter(|issuer| issuer.required).map(|issuer| {
            let cache = &issuer.cache;
            async move {
                let error = cache.ready(budget).await.err()?;
                Some((cache.shared_label(), error))
            }
        });
        let errors: Arc<[_]> = all(asks).await.into_iter().flatten().collect();
        if errors.is_empty() { Ok(()) } else { Err(NotReady(errors)) }
    }
}

/// Awaits all of them at the same time.
async fn all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    let mut all = pin!(poll_fn(|cx| {
        let mut pending = false;
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none() {
                match future.as_mut().poll(cx) {
                    Poll::Ready(value) => *output = Some(value),
                    Poll::Pending => pending = true,
                }
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    }));
    all.as_mut().await;
    outputs.into_iter().flatten().collect()
}

impl fmt::Debug for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not ready: ")?;
        for (n, (label, error)) in self.issuers().take(MOST_SHOWN).enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            write!(f, "{separator}{label}: {error}")?;
        }
        match self.0.len().saturating_sub(MOST_SHOWN) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for NotReady {}

/// Issuers in one line.
const MOST_SHOWN: usize = 8;

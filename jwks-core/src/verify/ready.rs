//! Whether a verifier has received its first keys.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::Verifier;
use crate::cache;
use crate::keys::text::Chain;

/// The issuers whose keys have never been held. Cheap to clone.
///
/// Its `Display` is one line that names each issuer and says why its keys are missing, down to the
/// cause that the operating system gave.
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
    /// Waits until every required issuer has held keys once, for at most `budget`. It waits for all
    /// issuers at the same time. [Optional](super::Issuer::optional) issuers do not count, nor do
    /// those that were [added](super::Issuers) while the verifier runs.
    ///
    /// Use this for a **readiness** probe: answer 200 if it returns `Ok`, else 503. Once it has
    /// succeeded, it always succeeds at once, even if the keys are lost later. An outage of the
    /// issuer affects every process that depends on it: if all of them became unready, the load
    /// balancer would have no process left, and requests that need no token would fail too. Alert
    /// on [`health`](Self::health) instead. [Saved keys](super::Issuer::hydrate) count as held.
    ///
    /// A **liveness** probe should not depend on keys at all: answer 200 whenever the process can
    /// answer. A failed liveness probe restarts the process. A restart does not bring the issuer
    /// back, and it loses keys that may still be valid.
    ///
    /// A probe cannot block a service for ever: each call requests the missing keys. So a service
    /// that fetches on demand gets its keys although it receives no tokens before it is ready. The
    /// call counts neither as a use nor as a miss. With a budget of zero it never waits, but still
    /// requests keys: use that for a probe that is repeated every few seconds. Use a budget of some
    /// seconds before a server begins to listen. The budget should be shorter than the probe's own
    /// time limit.
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
    /// The verifier must have been started by an adapter, because the adapter keeps the time. If
    /// you drive the verifier yourself (`serve`), a call with a budget above zero makes no progress
    /// until you drive it.
    ///
    /// # Errors
    ///
    /// [`NotReady`] names the issuers whose keys have never been held, and says why.
    pub async fn ready(&self, budget: Duration) -> Result<(), NotReady> {
        let asks =
            self.all().into_iter().filter(|issuer| issuer.awaited).map(|issuer| async move {
                let error = issuer.cache.ready(budget).await.err()?;
                // It has gone meanwhile, so nobody waits for it.
                let withdrawn = error.kind() == cache::ErrorKind::Withdrawn;
                (!withdrawn).then(|| (issuer.cache.shared_label(), error))
            });
        let errors: Arc<[_]> = all(asks).await.into_iter().flatten().collect();
        if errors.is_empty() { Ok(()) } else { Err(NotReady(errors)) }
    }
}

/// Polls all of them at the same time.
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
            write!(f, "{separator}{label}: {}", Chain(error))?;
        }
        match self.0.len().saturating_sub(MOST_SHOWN) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for NotReady {}

/// The most issuers that are named in one line.
const MOST_SHOWN: usize = 8;

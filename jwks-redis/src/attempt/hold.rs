//! A fetch under the lock: the others wait for it.

use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::IF_NONE_MATCH;
use jwks_core::adapter::{Exchange, FetchError};
use tokio::time::{sleep, timeout};

use super::choose::{FINDS, remembered};
use super::failure::shared;
use super::{Answer, Attempt};
use crate::mac::digest;
use crate::record::{Record, What};
use crate::shared::Inner;
use crate::store::{Raw, Store};
use crate::trouble::Trouble;

/// The lock, and the number that was taken under it.
pub(super) struct Lease {
    pub(super) store: Store,
    pub(super) number: u64,
    pub(super) which: usize,
}

impl Attempt {
    /// Fetches, tells the others meanwhile that we are alive, and then what has come.
    pub(super) async fn hold<F>(
        self,
        mut lease: Lease,
        mut asked: Exchange,
        network: impl FnOnce(Exchange) -> F,
    ) -> Answer
    where
        F: Future<Output = Answer>,
    {
        // The others have no use for a 304.
        asked.request.headers_mut().remove(IF_NONE_MATCH);
        let left = self.time_left();
        // So that there is time to say that it has failed: at the end this is dropped.
        asked.left = left.saturating_sub((left / 10).min(self.inner.time_limit));
        let sent = SystemTime::now();
        let outcome = {
            let exchange = pin!(timeout(asked.left, network(asked)));
            tokio::select! {
                biased;
                outcome = exchange => outcome.unwrap_or_else(|_| Err(FetchError::timeout())),
                never = self.keep_alive(&mut lease) => match never {},
            }
        };
        let share = self.share(lease.number, sent, &outcome);
        // Beside the answer, which does not wait for Redis.
        drop(tokio::spawn(async move {
            let limit = self.inner.time_limit;
            let told = timeout(limit, self.publish(&mut lease, share)).await;
            match told.unwrap_or(Err(Trouble::Timeout)) {
                Ok(()) => self.inner.worked(true),
                Err(trouble) => self.inner.failed(trouble, true),
            }
        }));
        outcome
    }

    /// What the others are told, and for how long.
    fn share(&self, number: u64, sent: SystemTime, outcome: &Answer) -> (Record, Duration) {
        let past_caches = self.past_caches;
        if let Ok(response) = outcome
            && self.is_shareable(response)
        {
            let (serves, body) = (self.serves_for(response), response.body().clone());
            let span = remembered(serves);
            self.inner.seen.numbered(&self.place.url, number, span, Some(digest(&body)));
            let what = What::Answer { headers: response.headers().clone(), body };
            return (Record { number, time: sent, past_caches, what }, FINDS * serves);
        }
        let now = SystemTime::now();
        let failure = shared(outcome, self.streak, now);
        // It is kept longer than it holds: the next to fail counts on.
        let lasts = 2 * failure.holds + super::failure::LONGEST;
        (Record { number, time: now, past_caches, what: What::Failure(failure) }, lasts)
    }

    /// Tells the others again and again that we are alive, until Redis fails.
    async fn keep_alive(&self, lease: &mut Lease) -> Infallible {
        let limit = self.inner.time_limit;
        let trouble = loop {
            sleep(limit / 5).await;
            let beat = self.beat();
            let beating = lease.store.beat(lease.which, &beat, limit * 3 / 5);
            match timeout(limit, beating).await {
                Ok(Ok(())) => {}
                Ok(Err(trouble)) => break trouble,
                Err(_) => break Trouble::Timeout,
            }
        };
        self.inner.failed(trouble, true);
        pending().await
    }

    async fn publish(
        &self,
        lease: &mut Lease,
        (record, lasts): (Record, Duration),
    ) -> Result<(), Trouble> {
        let Inner { mac_keys, .. } = &*self.inner;
        // The lock may have been lost, and another have been faster.
        if let Raw::Bytes(bytes) = lease.store.read().await?.answer
            && let Ok(other) = Record::decode(&bytes, &self.place, mac_keys)
            && other.number > record.number
        {
            return lease.store.unlock(lease.which).await;
        }
        let bytes = record.encode(&self.place, mac_keys.first());
        match record.what {
            What::Answer { .. } => lease.store.answer(lease.which, &bytes, lasts).await,
            What::Beat | What::Failure(_) => lease.store.failure(lease.which, &bytes, lasts).await,
        }
    }
}

impl Lease {
    /// Gives the lock back, without having fetched.
    pub(super) fn give_back(mut self, inner: &Arc<Inner>) {
        let limit = inner.time_limit;
        // If it fails, the lock ends by itself.
        drop(tokio::spawn(async move { timeout(limit, self.store.unlock(self.which)).await }));
    }
}

//! One exchange: what another instance has fetched, or a fetch of one's own under the lock, or, when
//! Redis does not help, a fetch as if there were none.

mod choose;
mod failure;
mod hold;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::{CACHE_CONTROL, HeaderValue};
use http::{Method, Response};
use jwks_core::adapter::{Exchange, FetchError, Guards, Worth};
use tokio::time::{Instant, sleep, timeout_at};

use crate::event::Ignored;
use crate::mac::{Place, digest};
use crate::record::{OVERHEAD, Record, What};
use crate::seen::Seen;
use crate::shared::Inner;
use crate::store::{Found, Names, Store};
use crate::trouble::Trouble;
use hold::Lease;

pub(crate) type Answer = Result<Response<Vec<u8>>, FetchError>;

pub(crate) struct Attempt {
    inner: Arc<Inner>,
    place: Place,
    guards: Guards,
    /// Whether the request passes caches by.
    past_caches: bool,
    /// Only a GET is shared, and one with credentials only if that was said.
    is_shared: bool,
    begun: Instant,
    left: Duration,
    /// The most bytes of a value.
    longest: usize,
    /// What was known of this URL when this began.
    seen: Seen,
    /// The last number when this began: a larger one was taken later, by a fetch that was sent
    /// later.
    counted: Option<u64>,
    /// So many attempts of the fleet have failed in a row.
    streak: u8,
    /// An answer that does not do. It is not looked at again.
    passed_over: Option<(u64, SystemTime)>,
    /// When the holder of the lock has last said that it is alive, by its clock.
    last_beat: SystemTime,
    /// What was told already.
    told: Vec<Ignored>,
}

/// What is to be done.
enum Look {
    /// As if there were no Redis.
    Alone,
    /// The others wait for us.
    Hold(Lease),
    Take(Answer),
}

impl Attempt {
    pub(crate) fn new(inner: &Arc<Inner>, asked: &Exchange) -> Self {
        let Exchange { request, left, max_body, guards, .. } = asked;
        let url = request.uri().to_string();
        // The core marks those of the settings so, and no others.
        let has_own_headers = request.headers().values().any(HeaderValue::is_sensitive);
        let headers = request.headers().get_all(CACHE_CONTROL);
        let place = Place { namespace: inner.namespace.clone(), url };
        Self {
            seen: inner.seen.of(&place.url),
            inner: Arc::clone(inner),
            place,
            guards: guards.clone(),
            past_caches: headers.iter().any(|value| value == "no-cache"),
            is_shared: request.method() == Method::GET
                && (inner.share_with_headers || !has_own_headers),
            begun: Instant::now(),
            left: *left,
            longest: max_body.saturating_add(OVERHEAD),
            counted: None,
            streak: 0,
            passed_over: None,
            last_beat: SystemTime::UNIX_EPOCH,
            told: Vec::new(),
        }
    }

    pub(crate) async fn run<F>(
        mut self,
        mut asked: Exchange,
        network: impl FnOnce(Exchange) -> F,
    ) -> Answer
    where
        F: Future<Output = Answer>,
    {
        match self.look().await {
            Look::Take(answer) => answer,
            Look::Hold(lease) => self.hold(lease, asked, network).await,
            Look::Alone => {
                asked.left = self.time_left();
                let sent = SystemTime::now();
                let answer = network(asked).await;
                if let Ok(response) = &answer
                    && self.is_shareable(response)
                {
                    self.inner.seen.direct(&self.place.url, sent, digest(response.body()));
                }
                answer
            }
        }
    }

    /// Looks for the answer of another instance, and waits for it while that instance is alive.
    async fn look(&mut self) -> Look {
        if !self.is_shared {
            return Look::Alone;
        }
        let limit = self.inner.time_limit;
        // Redis, and a silent holder, have so long in all; each sign of life begins that anew.
        let mut alive = self.begun;
        let mut store = match timeout_at(alive + limit, self.open()).await {
            Ok(Ok((store, found))) => {
                self.inner.worked(false);
                if let Some(answer) = self.choose(found) {
                    return Look::Take(answer);
                }
                store
            }
            Ok(Err(trouble)) => return self.alone(trouble, false),
            Err(_) => return self.alone(Trouble::Timeout, false),
        };
        let (mut which, mut pause) = (0, limit / 10);
        loop {
            // A holder who is alive may still be one who cannot reach the issuer.
            if alive.elapsed() >= limit * 4 / 5 || self.begun.elapsed() >= self.left / 2 {
                which = 1;
            }
            let beat = self.beat();
            let locking = store.lock(which, &beat, limit * 3 / 5);
            let (locked, mut found) = match timeout_at(alive + limit, locking).await {
                Ok(Ok(told)) => told,
                Ok(Err(trouble)) => return self.alone(trouble, true),
                Err(_) => return self.alone(Trouble::Timeout, true),
            };
            let holder = std::mem::take(&mut found.beat);
            // It may have come since the last look.
            let chosen = self.choose(found);
            if locked || chosen.is_some() {
                self.inner.worked(true);
                return self.decide(store, which, locked.then_some(alive + limit), chosen).await;
            }
            if self.is_alive(holder) {
                alive = Instant::now();
            } else if alive.elapsed() >= limit {
                self.ignored(Ignored::Lock);
                return Look::Alone;
            }
            sleep(pause).await;
            pause = (pause * 3 / 2).min(limit * 2 / 5);
        }
    }

    /// With the lock, if there is an end of the time for the next step, or with an answer.
    async fn decide(
        &self,
        mut store: Store,
        which: usize,
        locked: Option<Instant>,
        chosen: Option<Answer>,
    ) -> Look {
        match (chosen, locked) {
            (Some(answer), None) => Look::Take(answer),
            (Some(answer), Some(_)) => {
                Lease { store, number: 0, which }.give_back(&self.inner);
                Look::Take(answer)
            }
            (None, None) => Look::Alone,
            (None, Some(until)) => match timeout_at(until, store.next(self.seen.floor())).await {
                Ok(Ok(number)) => Look::Hold(Lease { store, number, which }),
                Ok(Err(trouble)) => self.alone(trouble, true),
                Err(_) => self.alone(Trouble::Timeout, true),
            },
        }
    }

    /// What the holder of a lock says.
    fn beat(&self) -> Vec<u8> {
        let time = SystemTime::now();
        let record = Record { number: 0, time, past_caches: self.past_caches, what: What::Beat };
        record.encode(&self.place, self.inner.mac_keys.first())
    }

    async fn open(&self) -> Result<(Store, Found), Trouble> {
        let names = Names::of(&self.place);
        let mut store = Store::open(&self.inner.target, names, self.longest).await?;
        let found = store.read().await?;
        Ok((store, found))
    }

    fn alone(&self, trouble: Trouble, writing: bool) -> Look {
        self.inner.failed(trouble, writing);
        Look::Alone
    }

    /// What is left of the attempt's time.
    fn time_left(&self) -> Duration {
        self.left.saturating_sub(self.begun.elapsed())
    }

    /// Whether others can use it too.
    fn is_shareable(&self, response: &Response<Vec<u8>>) -> bool {
        response.status() == http::StatusCode::OK && self.guards.weigh(response) != Worth::Refused
    }

    /// For how long an answer may serve others.
    fn serves_for(&self, response: &Response<Vec<u8>>) -> Duration {
        let span = self.inner.serve_for;
        span.unwrap_or_else(|| self.guards.lifetime(response) / 10).max(Duration::from_millis(1))
    }
}

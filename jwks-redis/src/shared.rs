//! The handle that users hold, and what all its attempts share.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Response;
use jwks_core::adapter::{Exchange, FetchError};
use jwks_tokio::{Client, Starter};

use crate::attempt::Attempt;
use crate::builder::Observer;
use crate::seen::AllSeen;
use crate::store::Target;
use crate::{Builder, Event, MacKey, Trouble};

/// Shares the answers of issuers with all instances that use the same Redis and the same namespace.
/// Cheap to clone.
///
/// ```no_run
/// use jwks_redis::{MacKey, Shared};
/// use jwks_tokio::{Issuer, Verifier};
///
/// # async fn example(secret: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
/// let shared = Shared::builder("rediss://orders:password@redis.example.com:6379")
///     .namespace("orders")
///     .mac_keys([MacKey::new(secret)?])
///     .observer(|event| println!("{event}"))
///     .build()?;
/// let client = jwks_tokio::client_builder().build()?;
/// let issuer = Issuer::new("https://id.example.com").discover().audience("orders");
/// let verifier = shared.starter(client).start(Verifier::builder().issuer(issuer))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Shared(pub(crate) Arc<Inner>);

impl Shared {
    /// The settings, beginning with where Redis is: `redis://user:password@host:6379/0`, `rediss` for
    /// TLS, `unix:///path` for a socket; `valkey` and `valkeys` are the same. One server, or its
    /// replicas' primary: not a cluster's nodes.
    pub fn builder(url: impl Into<String>) -> Builder {
        Builder::new(url.into())
    }

    /// Starts verifiers and key caches that share their fetches: a [`Starter`] whose client makes
    /// those that no other instance has made.
    pub fn starter(&self, client: impl Into<Client>) -> Starter {
        let (shared, client) = (self.clone(), client.into());
        Starter::new().exchange(move |asked| {
            let (shared, client) = (shared.clone(), client.clone());
            async move { shared.exchange(asked, |asked| client.exchange(asked)).await }
        })
    }

    /// Makes one exchange: takes the answer of another instance, or asks `network` and shares what
    /// comes. For adapters and clients of your own; otherwise use [`starter`](Self::starter).
    ///
    /// It must run within a tokio runtime with timers and I/O.
    ///
    /// # Errors
    ///
    /// As those of `network`, or what it was for another instance at most 10 seconds ago.
    pub async fn exchange<F>(
        &self,
        asked: Exchange,
        network: impl FnOnce(Exchange) -> F,
    ) -> Result<Response<Vec<u8>>, FetchError>
    where
        F: Future<Output = Result<Response<Vec<u8>>, FetchError>>,
    {
        Attempt::new(&self.0, &asked).run(asked, network).await
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("namespace", &self.0.namespace)
            .field("mac_keys", &self.0.mac_keys.len())
            .finish_non_exhaustive()
    }
}

pub(crate) struct Inner {
    pub(crate) target: Target,
    pub(crate) namespace: String,
    pub(crate) serve_for: Option<Duration>,
    pub(crate) time_limit: Duration,
    pub(crate) mac_keys: Vec<MacKey>,
    pub(crate) share_with_headers: bool,
    pub(crate) seen: AllSeen,
    observer: Option<Observer>,
    health: Mutex<Health>,
}

/// What Redis does for us. A replica may be read, and take nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Health {
    Works,
    WritesNothing,
    Away,
}

impl Inner {
    pub(crate) fn new(
        target: Target,
        namespace: String,
        serve_for: Option<Duration>,
        time_limit: Duration,
        mac_keys: Vec<MacKey>,
        observer: Option<Observer>,
    ) -> Self {
        let (seen, health) = (AllSeen::default(), Mutex::new(Health::Works));
        let share_with_headers = false;
        Self {
            target,
            namespace,
            serve_for,
            time_limit,
            mac_keys,
            share_with_headers,
            seen,
            observer,
            health,
        }
    }

    pub(crate) fn sharing_with_headers(self, share_with_headers: bool) -> Self {
        Self { share_with_headers, ..self }
    }

    pub(crate) fn tell(&self, event: &Event) {
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }

    /// Redis could not be read, or written.
    pub(crate) fn failed(&self, trouble: Trouble, writing: bool) {
        let now = if writing { Health::WritesNothing } else { Health::Away };
        if self.turn(now) == Health::Works {
            self.tell(&Event::Away { trouble });
        }
    }

    /// Redis was read, or written.
    pub(crate) fn worked(&self, writing: bool) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        if *health == Health::Works || (*health == Health::WritesNothing && !writing) {
            return;
        }
        *health = Health::Works;
        drop(health);
        self.tell(&Event::Back);
    }

    fn turn(&self, now: Health) -> Health {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *health, now)
    }
}

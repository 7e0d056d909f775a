//! An issuer, a Redis, and instances of a service.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jwks_redis::{Builder, Event, MacKey, Shared};
use jwks_testkit::{IssuerServer, Signer, claims};
use jwks_tokio::{
    Error, Issuer, KeyCache, Policy, PolicyBuilder, Registered, Strategy, Verified, Verifier,
};

pub(crate) struct World {
    pub(crate) issuer: IssuerServer,
    pub(crate) key: Signer,
    pub(crate) redis: String,
    /// Long: a busy machine makes a slow Redis, and counts must not depend on it.
    pub(crate) time_limit: Duration,
    events: Arc<Mutex<Vec<Event>>>,
}

pub(crate) type Outcome = Result<Verified<Registered>, Error>;

pub(crate) const LONG: Duration = Duration::from_secs(20);

impl World {
    pub(crate) fn new(redis: impl Into<String>) -> Self {
        let (issuer, key) = (IssuerServer::start(), Signer::es256("k1"));
        issuer.publish(&[&key]);
        let (redis, events) = (redis.into(), Arc::default());
        Self { issuer, key, redis, time_limit: Duration::from_secs(2), events }
    }

    /// The sharing of one instance.
    pub(crate) fn sharing(&self) -> Builder {
        let events = Arc::clone(&self.events);
        Shared::builder(&self.redis)
            .namespace("orders")
            .mac_keys([mac_key(1)])
            .time_limit(self.time_limit)
            .observer(move |event| events.lock().unwrap().push(event.clone()))
    }

    /// One instance, with keys that last an hour.
    pub(crate) fn start(&self) -> Verifier {
        self.start_with(self.sharing(), policy())
    }

    pub(crate) fn start_with(&self, sharing: Builder, policy: PolicyBuilder) -> Verifier {
        self.start_like(sharing, policy, |issuer| issuer)
    }

    /// With more of the issuer's settings.
    pub(crate) fn start_like(
        &self,
        sharing: Builder,
        policy: PolicyBuilder,
        like: impl FnOnce(Issuer) -> Issuer,
    ) -> Verifier {
        let issuer = Issuer::new(self.issuer.base())
            .jwks_uri(self.issuer.url())
            .allow_loopback_http()
            .audience("orders")
            .policy(policy.build().unwrap());
        let client = jwks_tokio::client_builder().no_proxy().build().unwrap();
        let starter = sharing.build().unwrap().starter(client);
        starter.start(Verifier::builder().issuer(like(issuer))).unwrap()
    }

    /// One instance that holds keys.
    pub(crate) async fn loaded(&self) -> Verifier {
        let verifier = self.start();
        cache(&verifier).ready(LONG).await.unwrap();
        verifier
    }

    pub(crate) async fn loaded_with(&self, sharing: Builder) -> Verifier {
        let verifier = self.start_with(sharing, policy());
        cache(&verifier).ready(LONG).await.unwrap();
        verifier
    }

    pub(crate) fn token(&self, key: &Signer) -> String {
        key.sign(&claims(self.issuer.base(), "orders", Duration::from_secs(3600)))
    }

    pub(crate) async fn verify(&self, verifier: &Verifier, key: &Signer) -> Outcome {
        verifier.verify::<Registered>(&self.token(key)).await
    }

    /// What has happened since the last call.
    pub(crate) fn events(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock().unwrap())
    }

    /// What another instance does after its answer was given has been done.
    pub(crate) async fn until(&self, done: impl Fn() -> bool) {
        let end = tokio::time::Instant::now() + LONG;
        while !done() {
            assert!(tokio::time::Instant::now() < end, "it never happened");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

pub(crate) fn cache(verifier: &Verifier) -> KeyCache {
    verifier.caches().next().expect("one issuer")
}

pub(crate) fn mac_key(n: u8) -> MacKey {
    MacKey::new([n; 32]).unwrap()
}

/// Nothing is fetched again by time.
pub(crate) fn policy() -> PolicyBuilder {
    Policy::builder().strategy(Strategy::Time).interval(Duration::from_secs(3600))
}

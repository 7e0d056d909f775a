//! A verifier of one issuer, its driver polled by hand, with all that it tells.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, UNIX_EPOCH};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Response;
use jwks_core::adapter::{Action, Driver, Fetch};
use jwks_core::cache::Policy;
use jwks_core::refresh::{PolicyBuilder, Strategy, Time};
use jwks_core::verify::{Issuer, Registered, Verifier};

use crate::built::built;
use crate::listen::{Log, Meters};

pub(crate) const START: u64 = 1_800_000_000;

pub(crate) struct World {
    pub(crate) verifier: Verifier,
    driver: Driver,
    now: Duration,
    wall: Arc<AtomicU64>,
    pub(crate) pairs: [Ed25519KeyPair; 2],
}

/// Runs a story, and returns its last words: the values after the end of the world.
pub(crate) fn tell(label: &str, story: impl FnOnce(&mut World, &Log, &Meters)) {
    tell_of(label, policy(), story);
}

/// Of these settings.
pub(crate) fn tell_of(
    label: &str,
    policy: PolicyBuilder,
    story: impl FnOnce(&mut World, &Log, &Meters),
) {
    let (log, meters) = (Log::default(), Meters::default());
    metrics::with_local_recorder(&meters, || {
        tracing::subscriber::with_default(log.clone(), || {
            let mut world = World::new(label, policy);
            story(&mut world, &log, &meters);
        });
    });
    let left = meters.values();
    let gauges = left.iter().filter(|line| {
        let name = line.split(' ').next().unwrap_or_default();
        !name.ends_with("_total") && !name.contains("duration") && name != "jwks_build_info"
    });
    assert_eq!(gauges.collect::<Vec<_>>(), [""; 0], "the issuer is gone");
}

pub(crate) const fn policy() -> PolicyBuilder {
    let pause = Duration::from_secs(1);
    Policy::builder().strategy(Strategy::Time).jitter(0.0).retry(pause, pause)
}

impl World {
    fn new(label: &str, policy: PolicyBuilder) -> Self {
        let wall = Arc::new(AtomicU64::new(START * 1000));
        let clock = Arc::clone(&wall);
        let issuer = Issuer::new("https://id.example.com")
            .jwks_uri("https://id.example.com/keys?secret=1")
            .label(label)
            .any_audience()
            .policy(policy.build().unwrap());
        let builder = Verifier::builder()
            .issuer(issuer)
            .wall_clock(move || UNIX_EPOCH + Duration::from_millis(clock.load(Ordering::SeqCst)));
        let (verifier, [driver]) = built(builder);
        let pairs = [(); 2].map(|()| Ed25519KeyPair::generate().unwrap());
        Self { verifier, driver, now: Duration::ZERO, wall, pairs }
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.wall.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    fn poll(&mut self) -> Result<Fetch, Duration> {
        match self.driver.poll(Time::from_origin(self.now)) {
            Action::Fetch(fetch) => Ok(fetch),
            Action::Wait(at) => Err(at.unwrap_or(Time::MAX).since_origin() - self.now),
            Action::Stop => panic!("the verifier is held"),
        }
    }

    /// The fetch that is due, answered after this time with a set or a status.
    pub(crate) fn answer(&mut self, took: Duration, answer: Result<&str, u16>) -> Duration {
        let fetch = self.poll().unwrap_or_else(|wait| panic!("nothing to fetch for {wait:?}"));
        self.settle();
        self.pass(took);
        let response = match answer {
            Ok(set) => Response::builder().body(set.to_owned()).unwrap(),
            Err(status) => Response::builder().status(status).body(String::new()).unwrap(),
        };
        fetch.reply.send(Ok(response));
        self.settle()
    }

    /// Fails whatever is due now.
    pub(crate) fn settle_all(&mut self, status: u16) {
        while let Ok(fetch) = self.poll() {
            fetch.reply.send(Ok(Response::builder().status(status).body(String::new()).unwrap()));
        }
    }

    /// How long there is nothing to do.
    pub(crate) fn settle(&mut self) -> Duration {
        self.poll().map(|fetch| fetch.deadline).expect_err("a fetch is due")
    }

    pub(crate) fn set(&self, keys: &[(&str, usize)]) -> String {
        let keys = keys.iter().map(|(kid, pair)| {
            let x = URL_SAFE_NO_PAD.encode(self.pairs[*pair].public_key().as_ref());
            format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","x":"{x}"}}"#)
        });
        format!(r#"{{"keys":[{}]}}"#, keys.collect::<Vec<_>>().join(","))
    }

    pub(crate) fn token(&self, kid: &str, pair: usize) -> String {
        let header = format!(r#"{{"alg":"EdDSA","kid":"{kid}"}}"#);
        let claims = r#"{"iss":"https://id.example.com","exp":2000000000,"sub":"secret-subject"}"#;
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.pairs[pair].sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    /// What `try_verify` says of the token.
    pub(crate) fn judge(&self, token: &str) -> String {
        let answer = self.verifier.try_verify::<Registered>(token);
        answer.map_or_else(|error| format!("{:?}", error.kind()), |_| "Ok".to_owned())
    }

    /// A caller waits for the token's key while this happens.
    pub(crate) fn judge_waiting(
        &mut self,
        token: &str,
        meanwhile: impl FnOnce(&mut Self),
    ) -> String {
        let (verifier, token) = (self.verifier.clone(), token.to_owned());
        let mut future = pin!(async move { verifier.verify::<Registered>(&token).await });
        let mut context = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
        meanwhile(self);
        match future.as_mut().poll(&mut context) {
            Poll::Ready(Ok(_)) => "Ok".to_owned(),
            Poll::Ready(Err(error)) => format!("{:?}", error.kind()),
            Poll::Pending => panic!("the caller waits on"),
        }
    }
}

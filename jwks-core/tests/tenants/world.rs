//! A verifier, its drivers, and issuers that answer at once unless told otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Response;
use jwks_core::adapter::{Action, Driver, Drivers, Env, Fetch, Start, Time};
use jwks_core::refresh::Policy;
use jwks_core::verify::{
    Error, ErrorKind, Issuer, Registered, Verified, Verifier, VerifierBuilder,
};

pub(crate) type Outcome = Result<Verified<Registered>, Error>;

pub(crate) struct World {
    pub(crate) verifier: Verifier,
    drivers: Drivers,
    pub(crate) running: Vec<Driver>,
    /// The keys, by the URL of the set.
    keys: BTreeMap<String, Arc<Ed25519KeyPair>>,
    /// Other answers, by their URL.
    texts: BTreeMap<String, String>,
    /// URLs whose answers are held back, and the fetches that wait for them.
    held: BTreeSet<String>,
    pub(crate) open: Vec<Fetch>,
    /// Every URL that was asked.
    pub(crate) asked: Vec<String>,
    /// What the observers were told, with the label.
    pub(crate) told: Arc<Mutex<Vec<String>>>,
    now: Duration,
    wall: Arc<AtomicU64>,
}

/// A caller who waits.
pub(crate) struct Caller {
    future: Pin<Box<dyn Future<Output = Outcome>>>,
    pub(crate) woken: Arc<Woken>,
}

#[derive(Default)]
pub(crate) struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Woken {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

pub(crate) fn iss(name: &str) -> String {
    format!("https://{name}.example.com")
}

pub(crate) fn url(name: &str) -> String {
    format!("https://{name}.example.com/keys")
}

impl World {
    /// With issuers of these names.
    pub(crate) fn new(names: &[&str]) -> Self {
        Self::built(Verifier::builder(), names, &[])
    }

    /// With issuers of these names, of which some do not answer yet.
    pub(crate) fn built(builder: VerifierBuilder, names: &[&str], held: &[&str]) -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let issuers = names.iter().map(|name| observed(issuer(name), &told));
        let builder = issuers.fold(builder, VerifierBuilder::issuer);
        let begin = u64::try_from(Duration::from_secs(1_800_000_000).as_nanos()).unwrap();
        let wall = Arc::new(AtomicU64::new(begin));
        let clock = Arc::clone(&wall);
        let env = Env::new(move || at(&clock));
        let (verifier, drivers) = builder.build(env).unwrap();
        let mut world = Self {
            verifier,
            drivers,
            running: Vec::new(),
            keys: BTreeMap::new(),
            texts: BTreeMap::new(),
            held: held.iter().map(|name| url(name)).collect(),
            open: Vec::new(),
            asked: Vec::new(),
            told,
            now: Duration::ZERO,
            wall,
        };
        for name in names {
            world.publish(&url(name), name);
        }
        world.poll();
        world
    }

    /// The key of this name is published at the URL.
    pub(crate) fn publish(&mut self, url: &str, name: &str) {
        self.keys.insert(url.to_owned(), pair(name));
    }

    /// This is the answer of the URL.
    pub(crate) fn publish_text(&mut self, url: &str, text: String) {
        self.texts.insert(url.to_owned(), text);
    }

    /// Answers from this URL come when they are let go.
    pub(crate) fn hold(&mut self, url: &str) {
        self.held.insert(url.to_owned());
    }

    pub(crate) fn let_go(&mut self) {
        self.held.clear();
        for fetch in std::mem::take(&mut self.open) {
            self.answer(fetch);
        }
        self.poll();
    }

    /// An issuer whose key is published.
    pub(crate) fn issuer(&mut self, name: &str) -> Issuer {
        self.publish(&url(name), name);
        observed(issuer(name), &self.told)
    }

    pub(crate) fn add(&mut self, name: &str) {
        let issuer = self.issuer(name);
        self.verifier.issuers().add(issuer).unwrap();
        self.poll();
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.wall.fetch_add(u64::try_from(time.as_nanos()).unwrap(), Ordering::Relaxed);
        self.poll();
    }

    /// Runs all drivers, old and new, until they wait.
    pub(crate) fn poll(&mut self) {
        self.running.extend(self.drivers.take_ready());
        for mut driver in std::mem::take(&mut self.running) {
            loop {
                match driver.poll(Time::from_origin(self.now)) {
                    Action::Fetch(fetch) => {
                        let url = fetch.request.uri().to_string();
                        self.asked.push(url.clone());
                        if self.held.contains(&url) {
                            self.open.push(fetch);
                        } else {
                            self.answer(fetch);
                        }
                    }
                    Action::Wait(_) => {
                        self.running.push(driver);
                        break;
                    }
                    Action::Stop => break,
                }
            }
        }
    }

    pub(crate) fn answer(&self, fetch: Fetch) {
        if let Some(text) = self.texts.get(&fetch.request.uri().to_string()) {
            return fetch.reply.send(Ok(Response::new(text.clone())));
        }
        let Some(pair) = self.keys.get(&fetch.request.uri().to_string()) else {
            let nothing = Response::builder().status(404).body(String::new()).unwrap();
            return fetch.reply.send(Ok(nothing));
        };
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let set = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"a","x":"{x}"}}]}}"#);
        fetch.reply.send(Ok(Response::new(set)));
    }

    /// A token of this issuer.
    pub(crate) fn token(&self, name: &str) -> String {
        self.token_with(&iss(name), name)
    }

    /// A token with this `iss`, signed by the key of this name.
    pub(crate) fn token_with(&self, iss: &str, key: &str) -> String {
        let exp = at(&self.wall).duration_since(UNIX_EPOCH).unwrap().as_secs() + 3600;
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA","kid":"a"}"#);
        let claims = format!(r#"{{"iss":"{iss}","aud":"api","exp":{exp}}}"#);
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
        let signature = pair(key).sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    pub(crate) fn try_verify(&self, name: &str) -> Result<(), ErrorKind> {
        let outcome: Outcome = self.verifier.try_verify(&self.token(name));
        outcome.map(drop).map_err(|error| error.kind())
    }

    /// A caller who has begun to wait, or has its answer.
    pub(crate) fn call(&self, name: &str) -> Caller {
        let (verifier, token) = (self.verifier.clone(), self.token(name));
        Caller::new(async move { verifier.verify(&token).await })
    }

    /// What the observers were told since the last call, of these words.
    pub(crate) fn told(&self, words: &str) -> Vec<String> {
        let told = std::mem::take(&mut *self.told.lock().unwrap());
        told.into_iter().filter(|line| line.contains(words)).collect()
    }
}

impl Caller {
    pub(crate) fn new(future: impl Future<Output = Outcome> + 'static) -> Self {
        Self { future: Box::pin(future), woken: Arc::default() }
    }

    pub(crate) fn poll(&mut self) -> Option<Result<(), ErrorKind>> {
        let waker = Waker::from(Arc::clone(&self.woken));
        match self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Pending => None,
            Poll::Ready(outcome) => Some(outcome.map(drop).map_err(|error| error.kind())),
        }
    }
}

pub(crate) fn issuer(name: &str) -> Issuer {
    let policy = Policy::builder().jitter(0.0).build().unwrap();
    Issuer::new(iss(name)).jwks_uri(url(name)).audience("api").label(name).policy(policy)
}

fn observed(issuer: Issuer, told: &Arc<Mutex<Vec<String>>>) -> Issuer {
    let told = Arc::clone(told);
    issuer.observer(move |event| told.lock().unwrap().push(event.to_string()))
}

/// The same at each call.
fn pair(name: &str) -> Arc<Ed25519KeyPair> {
    let mut seed = [7; 32];
    for (byte, letter) in seed.iter_mut().zip(name.bytes()) {
        *byte = letter;
    }
    Arc::new(Ed25519KeyPair::from_seed_unchecked(&seed).unwrap())
}

fn at(wall: &AtomicU64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(wall.load(Ordering::Relaxed))
}

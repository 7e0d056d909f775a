//! Drivers on a thread of their own, issuers that answer at once or after others, and a watchdog.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Response;
use jwks_core::adapter::{Action, Driver, Drivers, Env, Fetch, Start, Time};
use jwks_core::verify::{Verifier, VerifierBuilder};

use crate::proof::factor;

/// Drivers that run on a thread.
pub(crate) struct Running {
    pub(crate) verifier: Verifier,
    /// How many drivers run now.
    pub(crate) drivers: Arc<AtomicUsize>,
    runner: thread::JoinHandle<()>,
}

impl Running {
    pub(crate) fn start(builder: VerifierBuilder) -> Self {
        Self::woken(builder, Arc::new(|| ()))
    }

    /// Its wakers call this first.
    pub(crate) fn woken(builder: VerifierBuilder, first: Arc<First>) -> Self {
        let (verifier, drivers) = builder.build(Env::new(SystemTime::now).seed(7)).unwrap();
        let running = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&running);
        let runner = thread::spawn(move || run(drivers, &count, first));
        Self { verifier, drivers: running, runner }
    }

    /// Gives up the last handle, and waits for the end of all drivers.
    pub(crate) fn end(self) {
        drop(self.verifier);
        self.runner.join().unwrap();
    }
}

type First = dyn Fn() + Send + Sync;

struct Unpark(Thread, Arc<First>);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        (self.1)();
        self.0.unpark();
    }
}

fn run(mut drivers: Drivers, count: &AtomicUsize, first: Arc<First>) {
    let origin = Instant::now();
    let waker = Waker::from(Arc::new(Unpark(thread::current(), first)));
    let mut context = Context::from_waker(&waker);
    let (answers, open) = mpsc::channel::<Fetch>();
    let answering = thread::spawn(move || answer_all(&open));
    let mut running: Vec<Driver> = Vec::new();
    let mut over = false;
    while !over || !running.is_empty() {
        let mut busy = false;
        while !over {
            match drivers.poll_next(&context) {
                Poll::Ready(Some(driver)) => running.push(driver),
                Poll::Ready(None) => over = true,
                Poll::Pending => break,
            }
        }
        let mut next = Time::MAX;
        running.retain_mut(|driver| {
            let now = Time::from_origin(origin.elapsed());
            match driver.poll(now) {
                Action::Fetch(fetch) => {
                    busy = true;
                    answers.send(fetch).is_ok()
                }
                Action::Stop => false,
                Action::Wait(until) => {
                    next = next.min(until.unwrap_or(Time::MAX));
                    let woken = std::pin::pin!(driver.woken()).poll(&mut context);
                    busy |= woken.is_ready();
                    true
                }
            }
        });
        count.store(running.len(), Ordering::SeqCst);
        busy |= over && running.is_empty();
        if !busy {
            thread::park_timeout(next.saturating_since(Time::from_origin(origin.elapsed())));
        }
    }
    drop(answers);
    answering.join().unwrap();
}

/// Now and then the second is answered before the first.
fn answer_all(open: &mpsc::Receiver<Fetch>) {
    let mut count = 0_u32;
    while let Ok(first) = open.recv() {
        count += 1;
        if count.is_multiple_of(3)
            && let Ok(second) = open.try_recv()
        {
            answer(second);
        }
        if count.is_multiple_of(5) {
            thread::yield_now();
        }
        answer(first);
    }
}

fn answer(fetch: Fetch) {
    let mut request = fetch.request;
    pollster::block_on(fetch.headers.add_to(&mut request)).unwrap();
    let host = request.uri().host().unwrap().to_owned();
    let x = URL_SAFE_NO_PAD.encode(pair(&host).public_key().as_ref());
    let set = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"k","x":"{x}"}}]}}"#);
    fetch.reply.send(Ok(Response::new(set)));
}

/// A token of this host that names the key `kid`; it is signed by the host's only one, `k`.
pub(crate) fn token_of(host: &str, kid: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"EdDSA","kid":"{kid}"}}"#));
    let claims = format!(r#"{{"iss":"https://{host}","aud":"api","exp":{}}}"#, now + 36_000);
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    let signature = pair(host).sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

/// The same at each call.
fn pair(host: &str) -> Ed25519KeyPair {
    let mut seed = [7; 32];
    for (byte, letter) in seed.iter_mut().zip(host.bytes()) {
        *byte = letter;
    }
    Ed25519KeyPair::from_seed_unchecked(&seed).unwrap()
}

/// Runs the test on a thread; one that does not end has failed.
pub(crate) fn watched(test: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel();
    let thread = thread::spawn(move || {
        test();
        done.send(()).unwrap();
    });
    match ended.recv_timeout(Duration::from_secs(300) * factor()) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("a deadlock, or a wake-up that was lost"),
        _ => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
    }
}

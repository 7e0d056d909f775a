//! The service's function, scripted.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use jwks_core::verify::{Issuer, Resolver, Tenant};

/// What it says about an `iss`.
#[derive(Clone, Debug)]
pub(crate) enum Say {
    Fail,
    No,
    Panic,
    /// Nothing ever comes.
    Silent,
    Yes(String, Box<Issuer>),
}

#[derive(Default)]
pub(crate) struct Gate {
    pub(crate) says: BTreeMap<String, Say>,
    /// For every other one.
    pub(crate) otherwise: Option<Say>,
    pub(crate) latency: Duration,
    pub(crate) now: Duration,
    /// What it was asked about, in order.
    pub(crate) asked: Vec<String>,
    pub(crate) running: usize,
    pub(crate) most_running: usize,
    pub(crate) calls: Vec<(Duration, Waker)>,
}

pub(crate) type Shared = Arc<Mutex<Gate>>;

type Answer = Result<Option<Tenant>, Box<dyn std::error::Error + Send + Sync>>;

struct Call {
    gate: Shared,
    iss: String,
    at: Duration,
}

/// The answer to an `iss` that the gate has settings for.
pub(crate) fn tenant(name: &str) -> Say {
    let iss = format!("https://{name}.example.com");
    let issuer = Issuer::new(&iss).jwks_uri(format!("{iss}/keys")).audience("api");
    yes(name, issuer)
}

pub(crate) fn yes(id: &str, issuer: Issuer) -> Say {
    Say::Yes(id.to_owned(), Box::new(issuer))
}

pub(crate) fn resolver(gate: &Shared) -> Resolver {
    let gate = Arc::clone(gate);
    Resolver::new(move |iss| {
        let mut locked = gate.lock().unwrap();
        locked.asked.push(iss.clone());
        locked.running += 1;
        locked.most_running = locked.most_running.max(locked.running);
        let at = locked.now + locked.latency;
        drop(locked);
        Call { gate: Arc::clone(&gate), iss, at }
    })
}

impl Gate {
    fn say(&self, iss: &str) -> Say {
        self.says.get(iss).or(self.otherwise.as_ref()).cloned().unwrap_or(Say::No)
    }

    /// When the next call ends.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.calls.iter().map(|(at, _)| *at).min()
    }

    /// How often it was asked about this one.
    pub(crate) fn asked_about(&self, iss: &str) -> usize {
        self.asked.iter().filter(|asked| *asked == iss).count()
    }
}

impl Future for Call {
    type Output = Answer;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        // Nobody holds a lock while this runs, or the test would stand still here.
        let mut gate = self.gate.lock().unwrap();
        let say = gate.say(&self.iss);
        if matches!(say, Say::Silent) {
            return Poll::Pending;
        }
        if gate.now < self.at {
            gate.calls.push((self.at, cx.waker().clone()));
            return Poll::Pending;
        }
        drop(gate);
        Poll::Ready(match say {
            Say::Fail => Err("the database is down".into()),
            Say::No | Say::Silent => Ok(None),
            Say::Panic => panic!("in the service's function"),
            Say::Yes(id, issuer) => Ok(Some(Tenant::new(id, *issuer))),
        })
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let Ok(mut gate) = self.gate.lock() {
            gate.running -= 1;
        }
    }
}

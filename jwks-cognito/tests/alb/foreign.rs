//! Foreign code runs under no lock: a waker and a clock may look up again.

#![expect(clippy::disallowed_methods, reason = "a lock that is taken twice stands still for ever")]

use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::{Duration, SystemTime};

use jwks_cognito::alb::Alb;
use jwks_cognito::jwks_core::adapter::{Env, Start};
use serde_json::Value;

use crate::world::{World, builder};

/// Polls once whoever has a token of this kid. Its future is dropped.
fn look(alb: &Alb, token: &str) {
    let _any = pin!(alb.verify::<Value>(token)).poll(&mut Context::from_waker(Waker::noop()));
}

/// Looks up again when it is woken.
struct Nosy {
    alb: Alb,
    token: String,
    woken: AtomicBool,
}

impl Wake for Nosy {
    fn wake(self: Arc<Self>) {
        look(&self.alb, &self.token);
        self.woken.store(true, Ordering::Relaxed);
    }
}

/// Fails if it does not end.
fn ends(story: impl FnOnce() + Send + 'static) {
    let (tell, told) = mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        story();
        drop(tell);
    });
    let ended = told.recv_timeout(Duration::from_secs(60));
    assert_ne!(ended, Err(mpsc::RecvTimeoutError::Timeout), "it stands still");
    thread.join().unwrap();
}

fn token(world: &World, number: u64) -> String {
    world.with("kid", format!("00000000-0000-0000-0000-{number:012x}"))
}

#[test]
fn who_waits_for_a_key_that_has_to_go_may_look_up_again_when_woken() {
    ends(|| {
        let world = World::new();
        let wall = Arc::new(AtomicU64::new(0));
        let (start, passed) = (world.now(), Arc::clone(&wall));
        let now = move || start + Duration::from_secs(passed.load(Ordering::Relaxed));
        // Its drivers are not run, so that whoever waits waits on.
        let (alb, _drivers) =
            builder().leeway(Duration::from_secs(600)).build(Env::new(now)).unwrap();
        let first = token(&world, 0);
        let nosy = Arc::new(Nosy { alb: alb.clone(), token: first.clone(), woken: false.into() });
        let waker = Waker::from(Arc::clone(&nosy));
        let mut waits = pin!(alb.verify::<Value>(&first));
        assert!(waits.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        for number in 1..33 {
            assert!(!nosy.woken.load(Ordering::Relaxed), "there is a place for {number}");
            wall.fetch_add(10, Ordering::Relaxed);
            look(&alb, &token(&world, number));
        }
        assert!(nosy.woken.load(Ordering::Relaxed), "no key had to go");
    });
}

#[test]
fn a_clock_may_look_up() {
    ends(|| {
        let world = World::new();
        let (good, start) = (world.good(), world.now());
        let known: Arc<OnceLock<Alb>> = Arc::default();
        let looking = Arc::new(AtomicBool::new(false));
        let looks = Arc::new(AtomicU64::new(0));
        let clock = {
            let (known, good, looks) = (Arc::clone(&known), good.clone(), Arc::clone(&looks));
            move || -> SystemTime {
                if let Some(alb) = known.get()
                    && !looking.swap(true, Ordering::Relaxed)
                {
                    look(alb, &good);
                    looks.fetch_add(1, Ordering::Relaxed);
                    looking.store(false, Ordering::Relaxed);
                }
                start
            }
        };
        let (alb, _drivers) = builder().build(Env::new(clock)).unwrap();
        known.set(alb.clone()).unwrap();
        look(&alb, &good);
        assert!(looks.load(Ordering::Relaxed) >= 2, "the clock was read");
    });
}

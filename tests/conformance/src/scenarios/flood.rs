//! A flood of callers, without any timing: one more comes in the middle of each poll of the driver.

use std::{
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Waker},
    thread,
    time::{Instant, SystemTime},
};

use jwks_core::{
    adapter::{Drivers, Env, Start},
    refresh::PolicyBuilder,
    verify::{Registered, Verifier},
};

use crate::world::{LONG, World, ms};

/// Whenever the driver reads the wall clock, which it does in each poll, a caller comes and leaves
/// at once. So there is always something to do for the driver. It ends when this is dropped, or
/// when a caller need not wait.
pub(super) struct Flood(Arc<Shared>);

#[derive(Default)]
struct Shared {
    came: AtomicUsize,
    /// Whom the callers ask. Locked while one asks, who reads the clock as well.
    asked: Mutex<Option<(Verifier, String)>>,
}

impl Flood {
    /// A verifier of this world's tokens that is flooded as soon as its driver runs.
    pub(super) fn new(world: &World<'_>, policy: PolicyBuilder) -> (Self, Verifier, Drivers) {
        let shared = Arc::new(Shared::default());
        let clock = {
            let shared = Arc::clone(&shared);
            move || {
                shared.poll_one_call();
                SystemTime::now()
            }
        };
        let builder = Verifier::builder().issuer(world.configured(policy));
        let (verifier, drivers) = builder.build(Env::new(clock)).expect("an issuer that works");
        *shared.asked.lock().expect("no panic") = Some((verifier.clone(), world.token()));
        (Self(shared), verifier, drivers)
    }

    /// Blocks until so many callers have come.
    pub(super) fn until(&self, count: usize) {
        let start = Instant::now();
        while self.0.came.load(Ordering::Relaxed) < count {
            assert!(start.elapsed() < LONG, "{} came", self.0.came.load(Ordering::Relaxed));
            thread::sleep(ms(2));
        }
    }
}

impl Shared {
    fn poll_one_call(&self) {
        let Ok(mut asked) = self.asked.try_lock() else { return };
        let Some((verifier, token)) = &*asked else { return };
        let call = verifier.verify::<Registered>(token);
        if pin!(call).poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            *asked = None;
        } else {
            self.came.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        // The verifier holds the clock, and so itself.
        let asked = self.0.asked.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(asked);
    }
}

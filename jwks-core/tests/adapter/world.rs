//! A driver in a task that is polled by hand.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, SystemTime};

use http::Response;
use jwks_core::adapter::{Exchange, FetchError, Time, drive};
use jwks_core::cache::{KeyCache, Policy, Source};

use crate::built::built;

pub(crate) const URL: &str = "https://id.example.com/keys";

/// The public key of RFC 8037, appendix A.2, under the kid `a`.
pub(crate) const SET: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

pub(crate) type Answer = Result<Response<Vec<u8>>, FetchError>;

/// What becomes of an exchange, at each of its polls.
pub(crate) type Play = Box<dyn FnMut(&mut Context<'_>) -> Poll<Answer>>;

/// Not `Send`, since nothing has to be.
pub(crate) struct World {
    pub(crate) cache: KeyCache,
    pub(crate) now: Rc<Cell<Duration>>,
    /// How often the driver was polled.
    pub(crate) polls: Rc<Cell<usize>>,
    /// What becomes of the exchanges to come.
    pub(crate) plays: Rc<RefCell<VecDeque<Play>>>,
    /// Exchanges begun, and of these dropped.
    pub(crate) begun: Rc<Cell<usize>>,
    pub(crate) dropped: Rc<Cell<usize>>,
    pub(crate) task: Option<Pin<Box<dyn Future<Output = ()>>>>,
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
    pub(crate) fn take(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

struct Drops(Rc<Cell<usize>>);

impl Drop for Drops {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

impl World {
    /// `at_wait` runs after each poll of the driver, before the task waits for anything.
    pub(crate) fn new(policy: Policy, at_wait: impl Fn(&KeyCache) + 'static) -> Self {
        Self::of(Source::jwks_uri(URL).unwrap(), policy, at_wait)
    }

    pub(crate) fn of(
        source: Source,
        policy: Policy,
        at_wait: impl Fn(&KeyCache) + 'static,
    ) -> Self {
        let builder = KeyCache::builder(source).wall_clock(|| SystemTime::UNIX_EPOCH);
        let (cache, [driver]) = built(builder.policy(policy));
        let (now, polls) = (Rc::<Cell<Duration>>::default(), Rc::<Cell<usize>>::default());
        let plays = Rc::<RefCell<VecDeque<Play>>>::default();
        let (begun, dropped) = (Rc::<Cell<usize>>::default(), Rc::<Cell<usize>>::default());
        let task = {
            let (now, polls, plays) = (now.clone(), polls.clone(), plays.clone());
            let (begun, dropped) = (begun.clone(), dropped.clone());
            let reader = cache.clone();
            async move {
                let clock = now.clone();
                let read = || {
                    polls.set(polls.get() + 1);
                    assert!(polls.get() < 10_000, "it gives way now and then");
                    Time::from_origin(clock.get())
                };
                let sleep = |span: Duration| {
                    at_wait(&reader);
                    let (now, until) = (now.clone(), now.get() + span);
                    poll_fn(
                        move |_| if now.get() >= until { Poll::Ready(()) } else { Poll::Pending },
                    )
                };
                let exchange = |_: Exchange| {
                    begun.set(begun.get() + 1);
                    let mut play = plays.borrow_mut().pop_front().expect("an exchange is expected");
                    let drops = Drops(dropped.clone());
                    poll_fn(move |cx| {
                        let _drops = &drops;
                        play(cx)
                    })
                };
                drive(driver, read, sleep, exchange).await;
            }
        };
        let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
        Self { cache, now, polls, plays, begun, dropped, task: Some(task), woken: Arc::default() }
    }

    pub(crate) fn next(&self, play: impl FnMut(&mut Context<'_>) -> Poll<Answer> + 'static) {
        self.plays.borrow_mut().push_back(Box::new(play));
    }

    /// Polls the task once. True: it has ended.
    pub(crate) fn poll(&mut self) -> bool {
        let waker = Waker::from(Arc::clone(&self.woken));
        let task = self.task.as_mut().expect("the task runs");
        task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready()
    }

    /// Polls the task for as long as it is woken.
    pub(crate) fn settle(&mut self) {
        for _ in 0..1000 {
            assert!(!self.poll());
            if self.woken.take() == 0 {
                return;
            }
        }
        panic!("the task does not come to rest");
    }

    pub(crate) fn pass(&mut self, span: Duration) {
        self.now.set(self.now.get() + span);
        self.settle();
    }
}

pub(crate) fn keys() -> Poll<Answer> {
    Poll::Ready(Ok(Response::new(SET.into())))
}

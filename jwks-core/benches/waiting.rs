//! What it costs the driver to look after callers who wait on a cold cache.
//!
//! `cargo bench -p jwks-core --bench waiting` prints the driver's own work for 1,000 and for 10,000
//! callers, the median of five runs each, and how the two compare: 10 is linear.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "a clock measures")]
#![expect(clippy::print_stdout, reason = "what it is for")]
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed run")]

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::{Duration, Instant, SystemTime};

use http::Response;
use jwks_core::adapter::{Action, Driver, Reply};
use jwks_core::cache::{Error, KeyCache, Policy, Source};
use jwks_core::refresh::Time;

use built::built;

#[path = "../tests/support/built.rs"]
mod built;

type Caller = Pin<Box<dyn Future<Output = Result<usize, Error>>>>;

const KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

fn main() {
    for (name, scenario) in [
        ("each is looked at as it comes", one_by_one as fn(usize) -> Duration),
        ("all come at once", all_at_once),
        ("each wants a kid that is not there", strangers),
        ("budgets end one by one", budgets),
        ("none is looked at, all leave", leaving),
    ] {
        let [small, large] = [1_000, 10_000].map(|callers| median(|| scenario(callers)));
        let ratio = large.as_secs_f64() / small.as_secs_f64();
        println!("{name}: 1,000 in {small:.2?}, 10,000 in {large:.2?}, ratio {ratio:.1}");
    }
}

/// A cold cache, its driver with a watch, and the callers.
struct Bench {
    cache: KeyCache,
    driver: Driver,
    reply: Option<Reply>,
    callers: Vec<Caller>,
    spent: Duration,
}

impl Bench {
    fn new() -> Self {
        let source = Source::jwks_uri("https://id.example.com/keys").unwrap();
        let policy = Policy::builder().max_waiting(20_000).wait_budget(Duration::from_secs(60));
        let (cache, [driver]) = built(
            KeyCache::builder(source)
                .wall_clock(|| SystemTime::UNIX_EPOCH)
                .policy(policy.build().unwrap()),
        );
        let mut bench =
            Self { cache, driver, reply: None, callers: Vec::new(), spent: Duration::ZERO };
        bench.poll(Duration::ZERO);
        bench.spent = Duration::ZERO;
        bench
    }

    fn poll(&mut self, now: Duration) {
        let start = Instant::now();
        let action = self.driver.poll(Time::from_origin(now));
        self.spent += start.elapsed();
        if let Action::Fetch(fetch) = action {
            self.reply = Some(fetch.reply);
        }
    }

    fn come(&mut self, kid: &'static str, budget: Duration) {
        let cache = self.cache.clone();
        let mut caller: Caller =
            Box::pin(async move { cache.with_keys_within(budget, kid, |keys| keys.count()).await });
        assert!(caller.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        self.callers.push(caller);
    }

    fn answer(&mut self) {
        self.reply.take().unwrap().send(Ok(Response::new(KEYS)));
        self.poll(Duration::ZERO);
    }

    /// Everybody has an answer.
    fn end(mut self) -> Duration {
        for mut caller in self.callers.drain(..) {
            assert!(caller.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
        }
        self.spent
    }
}

const MINUTE: Duration = Duration::from_secs(60);

fn one_by_one(callers: usize) -> Duration {
    let mut bench = Bench::new();
    for _ in 0..callers {
        bench.come("a", MINUTE);
        bench.poll(Duration::ZERO);
    }
    bench.answer();
    bench.end()
}

fn all_at_once(callers: usize) -> Duration {
    let mut bench = Bench::new();
    (0..callers).for_each(|_| bench.come("a", MINUTE));
    bench.poll(Duration::ZERO);
    bench.answer();
    bench.end()
}

/// The load does not have the kid, and began before they came; the next fetch is theirs.
fn strangers(callers: usize) -> Duration {
    let mut bench = Bench::new();
    for _ in 0..callers {
        bench.come("x", MINUTE);
        bench.poll(Duration::ZERO);
    }
    bench.answer();
    bench.poll(Duration::ZERO);
    bench.answer();
    bench.end()
}

fn budgets(callers: usize) -> Duration {
    let mut bench = Bench::new();
    for n in 0..callers {
        bench.come("a", Duration::from_micros(1 + u64::try_from(n).unwrap()));
    }
    for n in 0..=callers {
        bench.poll(Duration::from_micros(u64::try_from(n).unwrap()));
    }
    bench.end()
}

/// The callers' own work: no driver is polled.
fn leaving(callers: usize) -> Duration {
    let mut bench = Bench::new();
    let start = Instant::now();
    (0..callers).for_each(|_| bench.come("a", MINUTE));
    bench.callers.clear();
    let spent = start.elapsed();
    assert_eq!(bench.cache.status().waiting, 0);
    spent
}

fn median(mut run: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<_> = (0..5).map(|_| run()).collect();
    times.sort_unstable();
    times[2]
}

//! Whether a service notices what its keys go through: an open loop of requests over loopback, to an
//! axum service behind the guard, and to the same service with `try_verify` by hand on keys that never
//! change. Latency counts from when a request was due, so that a stall is seen by all that it held up.
//!
//! `cargo bench -p jwks-tower --bench service`; `-- 900 2 5` for requests a second, seconds a run, and
//! runs.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use jwks_testkit::{Clock, InMemory, IssuerServer, TestIssuer};
use jwks_tokio::{Policy, Registered, Verifier, reqwest};
use jwks_tower::{Caller, Guard, Need};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// What happens to the keys of the guarded service, and beside the good requests of both.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Weather {
    Calm,
    /// The keys are fetched again ten times a second.
    Refresh,
    /// The issuer is away.
    Outage,
    /// A tenth of the requests have a kid of their own that nobody knows.
    Flood,
}

fn main() {
    let mut numbers = std::env::args().filter_map(|it| it.parse::<u32>().ok());
    let rate = numbers.next().unwrap_or(900);
    let seconds = numbers.next().unwrap_or(2);
    let runs = numbers.next().unwrap_or(5);
    let runtime = Runtime::new().expect("a runtime");
    let mut worst = 0.0_f64;
    for weather in [Weather::Calm, Weather::Refresh, Weather::Outage, Weather::Flood] {
        let (mut fixed, mut guarded) = (Vec::new(), Vec::new());
        for run in 0..runs {
            // In turns, so that the machine's moods meet both alike.
            let order = if run % 2 == 0 { [false, true] } else { [true, false] };
            for behind_guard in order {
                let service = Service::start(&runtime, behind_guard, weather);
                let p99 = service.load(&runtime, rate, seconds, weather);
                if behind_guard { guarded.push(p99) } else { fixed.push(p99) }
            }
        }
        let (fixed, guarded) = (median(fixed), median(guarded));
        let ratio = guarded.as_secs_f64() / fixed.as_secs_f64();
        worst = worst.max(ratio);
        println!("{weather:?}: p99 fixed keys {fixed:?}, behind the guard {guarded:?}, {ratio:.2}");
    }
    println!("worst ratio {worst:.2} (median of {runs} runs of {seconds} s at {rate} a second)");
}

struct Service {
    issuer: TestIssuer,
    url: String,
    /// Kept so that it goes on: the issuer's server, or the world whose drivers nobody polls.
    _server: Option<IssuerServer>,
    _world: Option<InMemory>,
}

impl Service {
    fn start(runtime: &Runtime, behind_guard: bool, weather: Weather) -> Self {
        let _entered = runtime.enter();
        let (issuer, verifier, server, world) = if behind_guard {
            let server = IssuerServer::start();
            let issuer = server.issuer();
            let mut configured = issuer.configured();
            if weather == Weather::Refresh {
                let policy = Policy::builder()
                    .interval(Duration::from_millis(200))
                    .min_refresh_interval(Duration::from_millis(50))
                    .background_refresh_threshold(0.5)
                    .fetch_timeout(Duration::from_secs(1));
                configured = configured.policy(policy.build().expect("a policy"));
            }
            let verifier = jwks_tokio::start(Verifier::builder().issuer(configured));
            (issuer, verifier.expect("a verifier"), Some(server), None)
        } else {
            let mut world = InMemory::at(Clock::by_hand());
            let issuer = world.issuer("https://id.example.com");
            let verifier = world.verifier([issuer.configured()]);
            (issuer, verifier, None, Some(world))
        };
        let token = issuer.token().scopes(["orders:read"]).sign();
        runtime.block_on(async { while verifier.verify::<Registered>(&token).await.is_err() {} });
        let app = if behind_guard {
            let guard = Guard::<Registered>::builder(verifier).need(Need::all(["orders:read"]));
            let guard = guard.wait_at_most(Duration::from_millis(200)).build().expect("a guard");
            Router::new().route("/", get(list)).route_layer(guard)
        } else {
            Router::new().route("/", get(by_hand)).with_state(verifier)
        };
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        drop(runtime.spawn(async move { axum::serve(listener, app).await }));
        Self { issuer, url, _server: server, _world: world }
    }

    /// The p99 of good requests.
    fn load(&self, runtime: &Runtime, rate: u32, seconds: u32, weather: Weather) -> Duration {
        if weather == Weather::Outage {
            self.issuer.go_down();
        }
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let good = self.issuer.token().scopes(["orders:read"]).sign();
        let latencies: Arc<Mutex<Vec<Duration>>> = Arc::default();
        runtime.block_on(async {
            let start = Instant::now();
            let mut asking = Vec::new();
            for number in 0..rate * seconds {
                let due = start + Duration::from_secs(1) * number / rate;
                tokio::time::sleep_until(due.into()).await;
                let junk = weather == Weather::Flood && number % 10 == 0;
                let kid = format!("junk-{number}");
                let token = if junk { self.issuer.token().kid(&kid).sign() } else { good.clone() };
                let request = client.get(&self.url).bearer_auth(token);
                let latencies = Arc::clone(&latencies);
                asking.push(tokio::spawn(async move {
                    let response = request.send().await.expect("a response");
                    assert_eq!(response.status().is_success(), !junk, "{}", response.status());
                    drop(response.bytes().await);
                    // The first fifth warms up.
                    if !junk && number >= rate * seconds / 5 {
                        latencies.lock().expect("no panic").push(due.elapsed());
                    }
                }));
            }
            for task in asking {
                task.await.expect("an answer");
            }
        });
        let mut latencies = latencies.lock().expect("no panic").clone();
        latencies.sort_unstable();
        latencies[latencies.len() * 99 / 100]
    }
}

async fn list(caller: Caller<Registered>) -> String {
    caller.claims().sub.clone().unwrap_or_default()
}

async fn by_hand(
    State(verifier): State<Verifier>,
    headers: HeaderMap,
) -> Result<String, StatusCode> {
    let value = headers.get("authorization").and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.strip_prefix("Bearer "));
    let token = token.ok_or(StatusCode::UNAUTHORIZED)?;
    let verified = verifier.try_verify::<Registered>(token);
    let verified = verified.map_err(|error| error.status_code())?;
    Ok(verified.claims().sub.clone().unwrap_or_default())
}

fn median(mut values: Vec<Duration>) -> Duration {
    values.sort_unstable();
    values[values.len() / 2]
}

//! One process of a fleet: some instances of a service, told what to do on standard input.

use std::future::poll_fn;
use std::io::{BufRead as _, Write as _};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, RwLock};
use std::task::Poll;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use jwks_redis::{MacKey, Shared};
use jwks_tokio::{Issuer, Policy, Registered, Starter, Strategy, Verifier};
use tokio::runtime;
use tokio::time::sleep;

/// A part of the fleet of `cargo xtask redis`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Instances {
    #[arg(long)]
    pub(super) issuer: String,
    #[arg(long)]
    pub(super) jwks: String,
    /// Without it nothing is shared
    #[arg(long)]
    pub(super) redis: Option<String>,
    #[arg(long)]
    pub(super) count: u32,
    #[arg(long)]
    pub(super) lifetime_ms: u64,
    #[arg(long)]
    pub(super) time_limit_ms: u64,
}

/// What the background validations came to.
#[derive(Default)]
struct Tally {
    done: AtomicU64,
    failed: AtomicU64,
    waited: AtomicU64,
    token: RwLock<Option<String>>,
}

pub(super) fn run(arguments: &Instances) -> Result<()> {
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (tally, mut fleet) = (Arc::new(Tally::default()), Vec::new());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (command, token) = line.split_once(' ').unwrap_or((&line, ""));
        let told = match command {
            "start" => {
                fleet = runtime.block_on(start(arguments))?;
                runtime.block_on(all(&fleet, Duration::ZERO, token))
            }
            // In the background, from now on.
            "validate" => {
                let first = tally.token.write().expect("no panic").replace(token.to_owned());
                for verifier in fleet.iter().filter(|_| first.is_none()) {
                    runtime.spawn(validate(verifier.clone(), Arc::clone(&tally)));
                }
                "ok".to_owned()
            }
            // By all within a second.
            "find" => runtime.block_on(all(&fleet, Duration::from_secs(1), token)),
            "report" => {
                let of = |count: &AtomicU64| count.swap(0, Relaxed);
                format!("{} {} {}", of(&tally.done), of(&tally.failed), of(&tally.waited))
            }
            other => bail!("no such command: {other}"),
        };
        let mut output = std::io::stdout().lock();
        writeln!(output, "{told}")?;
        output.flush()?;
    }
    Ok(())
}

async fn start(arguments: &Instances) -> Result<Vec<Verifier>> {
    let lifetime = Duration::from_millis(arguments.lifetime_ms);
    let policy = Policy::builder().strategy(Strategy::Time).interval(lifetime).build()?;
    let client = jwks_tokio::client_builder().no_proxy().build()?;
    let mut fleet = Vec::new();
    for _ in 0..arguments.count {
        let issuer = Issuer::new(&arguments.issuer)
            .jwks_uri(&arguments.jwks)
            .allow_loopback_http()
            .audience("fleet")
            .policy(policy.clone());
        let starter = match &arguments.redis {
            // One for each: instances share nothing but Redis.
            Some(redis) => Shared::builder(redis)
                .namespace("fleet")
                .mac_keys([MacKey::new([7; 32])?])
                .time_limit(Duration::from_millis(arguments.time_limit_ms))
                .build()?
                .starter(client.clone()),
            None => Starter::new().client(client.clone()),
        };
        fleet.push(starter.start(Verifier::builder().issuer(issuer)).context("an instance")?);
    }
    Ok(fleet)
}

/// Has all validate the token, spread over `span`: how many could not, and what the slowest took, in
/// milliseconds.
async fn all(fleet: &[Verifier], span: Duration, token: &str) -> String {
    let count = u32::try_from(fleet.len()).unwrap_or(u32::MAX);
    let mut calls = Vec::new();
    for (n, verifier) in (0..).zip(fleet) {
        let (verifier, token) = (verifier.clone(), token.to_owned());
        calls.push(tokio::spawn(async move {
            sleep(span * n / count).await;
            let begin = Instant::now();
            let passed = verifier.verify::<Registered>(&token).await.is_ok();
            (passed, begin.elapsed())
        }));
    }
    let (mut failed, mut slowest) = (0, Duration::ZERO);
    for call in calls {
        let (passed, took) = call.await.unwrap_or_default();
        failed += u32::from(!passed);
        slowest = slowest.max(took);
    }
    format!("{failed} {}", slowest.as_millis())
}

async fn validate(verifier: Verifier, tally: Arc<Tally>) {
    loop {
        sleep(Duration::from_millis(100)).await;
        let token = tally.token.read().expect("no panic").clone().unwrap_or_default();
        let mut call = pin!(verifier.verify::<Registered>(&token));
        let mut waited = false;
        let outcome = poll_fn(|cx| {
            let polled = call.as_mut().poll(cx);
            waited |= polled.is_pending();
            match polled {
                Poll::Ready(outcome) => Poll::Ready(outcome),
                Poll::Pending => Poll::Pending,
            }
        })
        .await;
        tally.done.fetch_add(1, Relaxed);
        tally.failed.fetch_add(u64::from(outcome.is_err()), Relaxed);
        tally.waited.fetch_add(u64::from(waited), Relaxed);
    }
}

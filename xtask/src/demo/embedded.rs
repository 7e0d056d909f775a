//! The demo on an embedded provider: service, clients and provider in one process.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use jwks_core::cache::EventKind;
use jwks_core::keys::Algorithm;
use jwks_core::refresh::Reason;
use jwks_tokio::{Event, Issuer, Registered, Verifier};
use tokio::runtime;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::client::{self, PROGRESS_INTERVAL, Stage};
use super::conductor;
use super::log::{Log, millis};
use super::provider::{AUDIENCE, Generation, Provider};
use super::schedule::Schedule;
use super::tally::{Report, Tally};

pub(super) fn run(schedule: Schedule) -> Result<ExitCode> {
    let report = perform(schedule)?;
    println!("{report}");
    let broken = report.broken();
    if broken.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("xtask: the demo broke its promises: {}", broken.join("; "));
    Ok(ExitCode::FAILURE)
}

fn perform(schedule: Schedule) -> Result<Report> {
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    let generations = runtime.block_on(make_keys(schedule.generations()))?;
    // Outlives the runtime, which drops the service first.
    let provider = Arc::new(Provider::start(generations));
    let log = Log::start(u64::try_from(schedule.end.as_millis()).unwrap_or(u64::MAX));
    let report = runtime.block_on(play(&schedule, &provider, &log));
    drop(runtime);
    log.finish();
    report
}

/// Real keys, on all cores: RSA takes its time.
async fn make_keys(count: usize) -> Result<Vec<Generation>> {
    let bar = ProgressBar::new(u64::try_from(count).unwrap_or(u64::MAX));
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len}  {msg}") {
        bar.set_style(style);
    }
    bar.set_message("making keys");
    if bar.is_hidden() {
        eprintln!("making {count} generations of keys, RS256 and ES256");
    }
    let making: Vec<_> = (1..=count)
        .map(|number| tokio::task::spawn_blocking(move || Generation::make(number)))
        .collect();
    let mut made = Vec::with_capacity(count);
    for generation in making {
        made.push(generation.await.context("cannot make keys")?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(made)
}

async fn play(schedule: &Schedule, provider: &Arc<Provider>, log: &Log) -> Result<Report> {
    let line = log.line();
    let start = line.start();
    let end = start + schedule.end;
    let completed = Arc::new(Notify::new());
    // All of them: before the emergency nobody misses a key.
    let for_unknown_kids = Arc::new(AtomicUsize::new(0));
    let observer = {
        let (line, completed) = (log.line(), Arc::clone(&completed));
        let for_unknown_kids = Arc::clone(&for_unknown_kids);
        move |event: &Event| {
            line.write("cache", event.kind());
            if matches!(event.kind(), EventKind::RefreshStarted { reason: Reason::UnknownKid, .. })
            {
                for_unknown_kids.fetch_add(1, Ordering::Relaxed);
            }
            if matches!(event.kind(), EventKind::RefreshCompleted { .. }) {
                completed.notify_waiters();
            }
        }
    };
    let issuer = Issuer::new(provider.issuer())
        .jwks_uri(provider.jwks_uri())
        .allow_loopback_http()
        .audience(AUDIENCE)
        .algorithms([Algorithm::ES256, Algorithm::RS256])
        .policy(schedule.policy.clone())
        .observer(observer);
    let verifier = jwks_tokio::start(Verifier::builder().issuer(issuer))?;

    // The first load: the one validation that waits, and is not counted.
    let first = provider.issue(Algorithm::ES256);
    verifier.verify::<Registered>(&first.text).await.context("the first validation failed")?;

    let stage = Arc::new(Stage {
        line,
        provider: Arc::clone(provider),
        verifier,
        recovered: AtomicBool::new(false),
        validations: AtomicU64::new(0),
        troubles: AtomicU64::new(0),
    });
    let progress = tokio::spawn(progress(log.bar().clone(), Arc::clone(&stage)));
    let conductor = conductor::run(Arc::clone(&stage), schedule.clone(), completed);
    let conductor = tokio::spawn(conductor);
    let mut clients = JoinSet::new();
    for number in 0..schedule.clients {
        let algorithm = if number % 2 == 0 { Algorithm::RS256 } else { Algorithm::ES256 };
        let phase = f64::from(number) / f64::from(schedule.clients);
        clients.spawn(client::run(Arc::clone(&stage), algorithm, phase, end));
    }
    let mut tally = Tally::default();
    while let Some(of_client) = clients.join_next().await {
        tally.merge(&of_client.context("a client broke off")?);
    }
    let conducted = conductor.await.context("the provider broke off")?;
    progress.abort();
    tally.merge(&conducted.tally);
    let longest = millis(tally.emergency_longest);
    stage.line.write("client", format!("the longest wait in the emergency was {longest}"));
    Ok(Report {
        tally,
        fetches: provider.fetches(),
        rotations: conducted.rotations,
        // Relaxed: the clients that caused them have ended.
        emergency_fetches: for_unknown_kids.load(Ordering::Relaxed),
        missing: conducted.missing,
    })
}

async fn progress(bar: ProgressBar, stage: Arc<Stage>) {
    let mut ticks = interval(PROGRESS_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let elapsed = stage.line.start().elapsed().as_millis();
        bar.set_position(u64::try_from(elapsed).unwrap_or(u64::MAX));
        let validations = stage.validations.load(Ordering::Relaxed);
        let troubles = stage.troubles.load(Ordering::Relaxed);
        bar.set_message(format!("{validations} validations, {troubles} failed or waited"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emergency_costs_one_fetch_and_no_failure() {
        let schedule = Schedule::short().unwrap();
        let report = perform(schedule).unwrap();
        assert!(report.broken().is_empty(), "{report}\n{:?}", report.broken());
        assert!(report.tally.withdrawn >= 1, "{report}");
        assert!(report.tally.emergency_waited >= 1, "{report}");
        assert!(report.fetches >= 3, "{report}");
    }
}

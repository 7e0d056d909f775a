//! `jwks compare`: strategies beside each other, over real sockets.

mod measure;
mod plan;
mod report;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};

use crate::exit::Exit;
use crate::output::write_whole;
use crate::{chart, settings, span};
use plan::{Latency, Plan};
use report::Report;

/// Measure what caching keys does to the requests of a service, strategy by strategy
///
/// For each strategy, a service validates tokens at a steady rate. Its keys come from an issuer
/// on this machine, over real sockets, which takes as long for an answer as one far away. The
/// strategies are: no cache (a fetch for each token); by time, and by usage, each without
/// background refresh; both, with background refresh; and your own settings, if given. Lifetimes
/// are a fifth of the run, so that refreshes happen within it; your own settings are used as they
/// are.
///
/// One after the other, each takes --seconds. The table shows how many requests waited for keys
/// or failed, and how long they took, without the very first, which always waits.
///
/// Exit codes: 0 measured; 1 the settings are refused; 2 no measurement was possible; 64
/// arguments that cannot work.
#[derive(clap::Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Compare with the policy of the first issuer in this settings file, too
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,

    /// How long each strategy is measured, in seconds
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    seconds: u32,

    /// How many requests each strategy gets, in place of --seconds
    #[arg(long, value_name = "N", conflicts_with = "seconds", value_parser = clap::value_parser!(u32).range(10..=10_000_000))]
    requests: Option<u32>,

    /// Requests per second
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rps: u32,

    /// How long the issuer takes for an answer, spread evenly between two times
    #[arg(long, value_name = "FROM..TO", default_value = "150ms..300ms")]
    latency: Latency,

    /// Draw the latency of the requests over time, as SVG
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,

    /// Draw the same as PNG
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,

    /// Report as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let own = arguments.settings.as_deref().map(settings::policy).transpose()?;
    let plan = Plan::new(arguments.requests, arguments.seconds, arguments.rps, arguments.latency)?;
    let strategies = plan.strategies(own)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("no runtime could be made")?;
    let client = jwks_tokio::client_builder().no_proxy().build()?;
    let mut measured = Vec::with_capacity(strategies.len());
    for (n, strategy) in strategies.into_iter().enumerate() {
        let bar = progress(&plan, n + 1, &strategy.name);
        if let Some(late) = strategy.first_refresh(plan.requests).filter(|at| *at > plan.length()) {
            let (late, length) = (span::shown(late), span::shown(plan.length()));
            bar.suspend(|| eprintln!("jwks: their first refresh comes after {late}, the run takes {length}: see --seconds"));
        }
        measured.push(runtime.block_on(measure::measure(&plan, strategy, &client, &bar))?);
        bar.finish_and_clear();
    }
    let report = Report::new(&plan, &measured);
    let page = report::page(&plan, &measured);
    if let Some(path) = &arguments.svg {
        write_whole(path, chart::svg(&page)?.as_bytes())?;
    }
    if let Some(path) = &arguments.png {
        write_whole(path, &chart::png(&page)?)?;
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{report}");
    }
    Ok(Exit::Done)
}

/// A bar; where there is no terminal, a line.
fn progress(plan: &Plan, number: usize, name: &str) -> ProgressBar {
    let bar = ProgressBar::new(plan.requests.into());
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}") {
        bar.set_style(style);
    }
    bar.set_message(name.to_owned());
    if bar.is_hidden() {
        let length = Duration::from_secs(plan.length().as_secs());
        eprintln!("jwks: {number}. {name}, {}", span::shown(length));
    }
    bar
}

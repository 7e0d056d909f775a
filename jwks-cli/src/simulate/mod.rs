//! `jwks simulate`: what settings will do, before they are deployed.

mod arrivals;
mod draw;
mod instance;
mod issuer;
mod metrics;
mod plan;
mod random;
mod report;
mod series;
mod store;
mod tally;
#[cfg(test)]
mod tests;
mod world;

use std::fs;
use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::ValueEnum;
use jwks_core::refresh::Policy;

use crate::exit::Exit;
use crate::settings;
use plan::{Incidents, Plan, Scenario};
use report::Row;
use world::Fleet;

/// Try settings on a modelled fleet, under virtual time
///
/// Runs the real refresh machine of each instance against a modelled issuer, and counts what the issuer
/// and the callers will see. A day of 10,000 instances takes seconds.
///
/// The table: `fetches` at the issuer; of these, `mean` and `peak` in 10 seconds, and their `ratio`.
/// The second `ratio` counts `from` when the fetches should be even again: from the first refresh
/// after a start, from the longest pause after an outage. With few instances both are large by chance
/// alone. `waited`: requests that waited for keys and got them; `failed`: requests that were refused
/// for want of keys; `unknown kid`: the longest that an instance lacked a key which the issuer signed
/// with already.
///
/// The model: all instances have the same rate of requests, evenly spaced. After a rotation every
/// token is signed with the new key at once, which is the worst case. The issuer answers after half to
/// one and a half of `--latency`; while it is away, connections fail after that time.
#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Settings as in `jwks check`; of several issuers, the first counts
    #[arg(long, value_name = "FILE", conflicts_with = "preset")]
    settings: Option<PathBuf>,
    /// Settings to try without a file
    #[arg(long, value_enum, default_value = "default")]
    preset: Preset,
    /// What happens [default: all of them, one after the other]
    #[arg(long, value_enum)]
    scenario: Vec<Scenario>,
    /// How many instances
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    instances: u32,
    /// Requests a second, of all instances together [default: 10 for each instance]
    #[arg(long, value_name = "N", value_parser = rate)]
    rps: Option<f64>,
    /// Also run each scenario with answers shared through Redis, as by `jwks-redis` at its defaults
    #[arg(long)]
    shared_store: bool,
    /// How long the issuer takes to answer
    #[arg(long, value_name = "TIME", default_value = "80ms", value_parser = span)]
    latency: Duration,
    /// The most requests that the issuer answers in a second; more get a 429, `Retry-After: 10`
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// How long the issuer is away
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = span)]
    outage: Duration,
    /// How long strangers send made-up `kid`s
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = span)]
    flood: Duration,
    /// Made-up `kid`s a second, at all instances together [default: a tenth of `--rps`]
    #[arg(long, value_name = "N", value_parser = rate)]
    flood_rps: Option<f64>,
    /// Write the metrics of the first instance over time, as `promtool test rules` reads them
    ///
    /// The file is YAML: a list `tests`, with one entry for each scenario: its `name`, its `interval`,
    /// and `input_series`, each with `series: 'name{labels}'` and `values: '…'` (`0x3` is four times
    /// 0, `0+2x3` is 0 2 4 6). The metrics and labels are those of the feature `metrics`, with
    /// `job="api"`, `instance="0"`, `issuer="id"`. Time starts at 0 with a process without keys; comments
    /// say at what times something happens. Put `rule_files` on top, and an `alert_rule_test` into each
    /// entry.
    #[arg(long, value_name = "FILE", verbatim_doc_comment)]
    series: Option<PathBuf>,
    /// How often the metrics are read, for `--series`
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = span)]
    interval: Duration,
    /// Draw the fetches of each scenario into this folder, as `SCENARIO.svg`
    #[arg(long, value_name = "FOLDER")]
    svg: Option<PathBuf>,
    /// Print JSON, with the fetches in each 10 seconds
    #[arg(long)]
    json: bool,
    /// Another seed is another draw of the same fleet; the same seed gives the same figures
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Preset {
    /// All settings at their defaults
    Default,
    /// For many instances that are deployed at once
    Fleet,
    /// For many validations a second
    HighTraffic,
    /// For services where a withdrawn key must be gone soon
    HighSecurity,
    /// For work at the desk
    Development,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let policy = policy(arguments)?;
    let rps = arguments.rps.unwrap_or_else(|| 10.0 * f64::from(arguments.instances));
    let strangers = arguments.flood_rps.unwrap_or(rps / 10.0);
    let instances = f64::from(arguments.instances);
    let fleet = Fleet {
        policy: &policy,
        instances: arguments.instances,
        per_instance: rps / instances,
        strangers: strangers / instances,
        latency: arguments.latency,
        limit: arguments.limit,
        shared_store: false,
        seed: arguments.seed,
        sampled: arguments.series.as_ref().map(|_| arguments.interval),
    };
    let incidents = Incidents { outage: arguments.outage, flood: arguments.flood };
    let scenarios: &[Scenario] = match arguments.scenario.as_slice() {
        [] => &Scenario::ALL,
        given => given,
    };
    let (mut rows, mut series) = (vec![], series::header(&command()));
    for &scenario in scenarios {
        let plan = Plan::new(scenario, &policy, fleet.per_instance, incidents);
        let stores: &[bool] = if arguments.shared_store { &[false, true] } else { &[false] };
        let mut drawn = vec![];
        for &shared_store in stores {
            let name = match shared_store {
                true => format!("{} with the shared store", scenario.name()),
                false => scenario.name().to_owned(),
            };
            let mut progress = Progress::new(&name);
            let outcome = world::run(Fleet { shared_store, ..fleet }, &plan, |part| {
                progress.show(part);
            });
            progress.end();
            rows.push(Row::new(&plan, &outcome.tally, shared_store, arguments.json));
            series.push_str(&series::test(&name, &plan, arguments.interval, &outcome.samples));
            drawn.push((if shared_store { ", shared store" } else { "" }, outcome.tally));
        }
        if let Some(folder) = &arguments.svg {
            let shown = folder.display();
            fs::create_dir_all(folder).with_context(|| format!("{shown} cannot be made"))?;
            draw::svg(&folder.join(format!("{}.svg", scenario.name())), &plan, &drawn)?;
        }
    }
    if let Some(path) = &arguments.series {
        let shown = path.display();
        fs::write(path, series).with_context(|| format!("{shown} cannot be written"))?;
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        print!("{}", report::table(&rows));
    }
    Ok(Exit::Done)
}

fn policy(arguments: &Arguments) -> Result<Policy> {
    if let Some(path) = &arguments.settings {
        return settings::policy(path);
    }
    let preset = match arguments.preset {
        Preset::Default => Policy::builder(),
        Preset::Fleet => Policy::fleet(),
        Preset::HighTraffic => Policy::high_traffic(),
        Preset::HighSecurity => Policy::high_security(),
        Preset::Development => Policy::development(),
    };
    Ok(preset.build()?)
}

/// This very call, without the folders of its files.
fn command() -> String {
    let shorter = |argument: std::ffi::OsString| {
        let name = PathBuf::from(&argument).file_name().map(ToOwned::to_owned);
        name.unwrap_or(argument).to_string_lossy().escape_debug().to_string()
    };
    std::env::args_os().map(shorter).collect::<Vec<_>>().join(" ")
}

fn span(text: &str) -> Result<Duration, String> {
    let span = crate::span::parse(text)?;
    let fits = (Duration::from_millis(1)..=MOST).contains(&span);
    if fits { Ok(span) } else { Err("must be 1ms to 30days".to_owned()) }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (1e-6..=1e9).contains(rate));
    rate.ok_or_else(|| "must be a number from 0.000001 to 1000000000".to_owned())
}

const MOST: Duration = Duration::from_secs(30 * 24 * 3600);

/// How far a scenario is: on a terminal always, elsewhere if it takes long.
struct Progress<'a> {
    name: &'a str,
    terminal: bool,
    shown: Instant,
}

impl<'a> Progress<'a> {
    fn new(name: &'a str) -> Self {
        let terminal = stderr().is_terminal();
        if terminal {
            eprint!("\r{name} …\x1b[K");
        }
        Self { name, terminal, shown: Instant::now() }
    }

    fn show(&mut self, part: f64) {
        let percent = part * 100.0;
        let every = if self.terminal { 200 } else { 10_000 };
        if self.shown.elapsed() < Duration::from_millis(every) {
            return;
        }
        self.shown = Instant::now();
        if self.terminal {
            eprint!("\r{} {percent:.0} %\x1b[K", self.name);
        } else {
            eprintln!("{} {percent:.0} %", self.name);
        }
    }

    fn end(&self) {
        if self.terminal {
            eprint!("\r\x1b[K");
        }
    }
}

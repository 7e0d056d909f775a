//! `jwks fetch`: keys into a file, at build or deploy time.

mod ask;
mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use jwks_core::cache::{KeyCache, Source};
use jwks_core::refresh::{Policy, Strategy};
use serde_json::Value;

use crate::exit::{Exit, Stopped};
use crate::output::{is_stdout, print_whole, write_whole};
use crate::{settings, span};
use ask::Asked;
use report::Report;

/// Write the keys of an issuer into a file, so that a service can start without the network
///
/// The file is written whole or not at all, and only if every issuer has answered (issuers that
/// are `optional` in the settings may be missing). A service loads it so:
///
///   issuer.hydrate(SavedKeys::from_json(std::fs::read("keys.json")?))
///
/// An export holds the time of this fetch and the place that was asked, both of which are checked
/// when it is loaded: ask as the service does, by --issuer if it says `discover`, else by
/// --jwks-uri. Loading never extends the trust: how long the keys serve counts from this fetch,
/// by the policy of the service that loads them (80 min by default).
///
/// With --settings, the file is an object with one export for each `iss`
/// (BTreeMap<String, SavedKeys>), and the policies are those of the settings.
///
/// Exit codes: 0 written; 1 the settings are refused; 2 an issuer gave no keys, or the file
/// cannot be written; 64 arguments that cannot work.
#[derive(clap::Args, Debug)]
#[command(
    verbatim_doc_comment,
    group = clap::ArgGroup::new("place").args(["issuer", "jwks_uri", "settings"]).required(true)
)]
pub(crate) struct Arguments {
    /// The issuer, whose keys are found by OpenID Connect Discovery
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,

    /// The URL of the key set
    #[arg(long, value_name = "URL")]
    jwks_uri: Option<String>,

    /// A settings file: the keys of all its issuers
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,

    /// Write the usable keys as a JWK Set (RFC 7517), without time and place: for
    /// `SavedKeys::from_jwk_set`, or for other programs
    #[arg(long)]
    jwk_set: bool,

    /// How long to try, all attempts together
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = span::parse)]
    within: Duration,

    /// Allow plain http to this machine, for tests; in settings, write `allow_loopback_http`
    #[arg(long, conflicts_with = "settings")]
    allow_loopback_http: bool,

    /// Report as JSON, on standard output; on standard error if the keys go there
    #[arg(long)]
    json: bool,

    /// Where to write; `-`: standard output
    output: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let asked = match &arguments.settings {
        Some(path) => ask::verifier(settings::read(path)?, arguments.within)?,
        None => {
            ask::cache(KeyCache::builder(arguments.source()?).policy(policy()?), arguments.within)?
        }
    };
    let mut report = Report::new(&asked, arguments.jwk_set);
    if report.is_complete() {
        let content = content(&asked, arguments)?;
        if is_stdout(&arguments.output) {
            print_whole(&content)?;
        } else {
            write_whole(&arguments.output, &content)?;
        }
        report.written_to(&arguments.output, content.len());
    }
    let text =
        if arguments.json { serde_json::to_string_pretty(&report)? } else { report.to_string() };
    if is_stdout(&arguments.output) {
        eprintln!("{text}");
    } else {
        println!("{text}");
    }
    Ok(if report.is_complete() { Exit::Done } else { Exit::Unavailable })
}

impl Arguments {
    fn source(&self) -> Result<Source> {
        let builder = Source::builder();
        let builder =
            if self.allow_loopback_http { builder.allow_loopback_http() } else { builder };
        let (name, source) = match (&self.issuer, &self.jwks_uri) {
            (Some(issuer), _) => ("--issuer", builder.discover(issuer)),
            (None, Some(uri)) => ("--jwks-uri", builder.jwks_uri(uri)),
            (None, None) => return Err(usage("say --issuer, --jwks-uri or --settings")),
        };
        source.map_err(|error| usage(format!("{name}: {error}")))
    }
}

fn usage(text: impl Into<String>) -> anyhow::Error {
    Stopped(Exit::Usage, text.into()).into()
}

/// Trusts for so long that only the policy of the service that loads the keys has a say.
fn policy() -> Result<Policy> {
    let policy = Policy::builder()
        .strategy(Strategy::Time)
        .interval(LONG)
        .max_trust(LONG * 2)
        .cold_retry_max(Duration::from_secs(1))
        .build()?;
    Ok(policy)
}

fn content(asked: &[Asked], arguments: &Arguments) -> Result<Vec<u8>> {
    let mut forms = BTreeMap::new();
    for one in asked {
        if let Ok(saved) = &one.outcome {
            let export = serde_json::to_value(saved)?;
            let form = if arguments.jwk_set {
                serde_json::json!({ "keys": export.get("keys").unwrap_or(&Value::Null) })
            } else {
                export
            };
            forms.insert(one.iss.as_str(), form);
        }
    }
    let mut content = match forms.first_key_value() {
        Some((_, form)) if arguments.settings.is_none() => serde_json::to_vec_pretty(form)?,
        _ => serde_json::to_vec_pretty(&forms)?,
    };
    content.push(b'\n');
    Ok(content)
}

/// Ten years.
const LONG: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

//! `jwks explain`: what becomes of a token, step by step from its issuer's document on.

mod ask;
mod input;
mod report;

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::ArgGroup;
use jwks_core::cache::Source;
use jwks_core::keys::Algorithm;
use jwks_core::refresh::Policy;
use jwks_core::verify::{Issuer, Verifier, VerifierBuilder};

use crate::exit::{Exit, Stopped};
use crate::output::print_whole;
use crate::{settings, span};

/// Say why a token is refused: which step fails, and what to do about it
///
/// The token comes from standard input, alone, where no list of processes shows it:
///
///   jwks explain --issuer $ISSUER --audience my-api < token.txt
///   jwks explain --settings settings.toml < token.txt
///
/// The keys are fetched as a service does it. Then each step is told: discovery, keys, token. No
/// claim's value is shown, nor the token; of its header, `alg`, `kid` and `typ` are.
///
/// Exit codes: 0 accepted; 1 refused, or settings that are refused; 2 the keys cannot be had, so
/// nothing can be said; 64 arguments that cannot work.
#[derive(clap::Args, Debug)]
#[command(
    verbatim_doc_comment,
    group = ArgGroup::new("whose").args(["issuer", "settings"]).required(true)
)]
pub(crate) struct Arguments {
    /// The exact `iss` of the tokens
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,

    /// A settings file, as for the service: all its issuers and rules
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,

    /// The `iss` of the issuer that the service names for this token (`Call::issuer`), if it names one
    #[arg(long, value_name = "ISS", requires = "settings")]
    of: Option<String>,

    /// Where the keys are [default: where the issuer says, by OpenID Connect Discovery]
    #[arg(long, value_name = "URL", conflicts_with = "settings")]
    jwks_uri: Option<String>,

    /// Whom the token must be meant for; may be repeated, one of them is enough [default: not
    /// looked at, and the answer says so]
    #[arg(long, conflicts_with = "settings")]
    audience: Vec<String>,

    /// A signature algorithm that may be used; may be repeated [default: all that are supported]
    #[arg(long, value_name = "ALG", conflicts_with = "settings")]
    algorithm: Vec<Algorithm>,

    /// Allow plain http to this machine, for tests; in settings, write `allow_loopback_http`
    #[arg(long, conflicts_with = "settings")]
    allow_loopback_http: bool,

    /// PEM file of certificate authorities to trust besides the platform's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,

    /// How long to try to get the keys
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = span::parse)]
    within: Duration,

    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    // Before the token is asked for: who types it in should not do so in vain.
    let client = input::client(arguments.ca.as_deref())?;
    let verifier = arguments.verifier()?;
    let stdin = io::stdin();
    if stdin.is_terminal() {
        eprintln!("jwks: paste the token, then press Enter and Ctrl-D");
    }
    let token = input::token(stdin.lock())?;
    let mut report =
        ask::explain(verifier, client, &token, arguments.of.as_deref(), arguments.within)?;
    if arguments.settings.is_none() && arguments.audience.is_empty() {
        report.leaves_out_the_audience();
    }
    let text =
        if arguments.json { serde_json::to_string_pretty(&report)? } else { report.to_string() };
    print_whole(format!("{text}\n").as_bytes())?;
    Ok(report.exit())
}

impl Arguments {
    fn verifier(&self) -> Result<VerifierBuilder> {
        match (&self.settings, &self.issuer) {
            (Some(path), _) => {
                // What a service would not start with is refused as `jwks check` does it.
                settings::verifier(path)?;
                let issuers = settings::read(path)?.map(|issuer| issuer.observer(ask::tell));
                Ok(Verifier::builder().settings(issuers))
            }
            (None, Some(issuer)) => self.one(issuer),
            (None, None) => Err(usage("say --issuer or --settings")),
        }
    }

    fn one(&self, iss: &str) -> Result<VerifierBuilder> {
        let source = Source::builder();
        let source = if self.allow_loopback_http { source.allow_loopback_http() } else { source };
        let (name, source) = match &self.jwks_uri {
            None => ("--issuer", source.discover(iss)),
            Some(uri) => ("--jwks-uri", source.jwks_uri(uri)),
        };
        let source = source.map_err(|error| usage(format!("{name}: {error}")))?;
        let issuer = Issuer::new(iss).source(source).policy(policy()?);
        let issuer = if self.audience.is_empty() {
            issuer.any_audience()
        } else {
            self.audience.iter().fold(issuer, |issuer, it| issuer.audience(it.as_str()))
        };
        let issuer = if self.algorithm.is_empty() {
            issuer
        } else {
            issuer.algorithms(self.algorithm.iter().copied())
        };
        Ok(Verifier::builder().issuer(issuer))
    }
}

fn usage(text: impl Into<String>) -> anyhow::Error {
    Stopped(Exit::Usage, text.into()).into()
}

/// The defaults, but for one attempt alone: who asks once wants to know at once, and can ask again.
fn policy() -> Result<Policy> {
    let policy = Policy::builder().retry(PAUSE, PAUSE).cold_retry_max(PAUSE);
    let policy = policy.stale_if_error(2 * PAUSE);
    policy.build().context("the settings of one attempt")
}

const PAUSE: Duration = Duration::from_secs(3600);

//! `jwks check`: what settings mean, before a service starts with them.

mod line;
mod report;

use std::path::PathBuf;

use anyhow::Result;

use crate::exit::{Exit, Stopped, of_error};
use crate::output::print_whole;
use crate::settings;
use report::Report;

/// Read a settings file as a service does when it starts, and say what the settings mean
///
/// For each issuer: what its tokens must be like; when what will happen, from a fetch to the end
/// of trust; what happens when fetches fail; what it costs at which traffic; which settings have no
/// effect; and hints on what may cost more than meant. Nothing is fetched.
///
/// Exit codes: 0 a service starts with them, hints or not; 1 it does not; 2 the file cannot be read;
/// 64 arguments that cannot work.
#[derive(clap::Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// The file: TOML, or JSON if its name ends in `.json`
    file: PathBuf,

    /// Accepted tokens a second of one instance, for the cost and the hints
    #[arg(long, value_name = "N", value_parser = rate)]
    rps: Option<f64>,

    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let verifier = match settings::verifier(&arguments.file) {
        Err(error) if arguments.json && of_error(&error) == Exit::Refused => {
            let refused = serde_json::json!({ "valid": false, "error": error.to_string() });
            print_whole(format!("{refused:#}\n").as_bytes())?;
            return Ok(Exit::Refused);
        }
        verifier => verifier?,
    };
    let report = Report::new(&verifier, arguments.rps);
    let text =
        if arguments.json { serde_json::to_string_pretty(&report)? } else { report.to_string() };
    print_whole(format!("{text}\n").as_bytes())?;
    Ok(Exit::Done)
}

fn rate(text: &str) -> Result<f64, Stopped> {
    let rate = text.parse().ok().filter(|rate| (0.0..=1e9).contains(rate));
    rate.ok_or_else(|| Stopped(Exit::Usage, "a number of tokens, 0 to 1000000000".to_owned()))
}

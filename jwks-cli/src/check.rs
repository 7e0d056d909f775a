//! `jwks check`: whether a service could start with these settings.

use std::path::PathBuf;

use anyhow::Result;

use crate::exit::Exit;
use crate::{settings, words};

/// Read a settings file as a service does when it starts, and say what is wrong with it
#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// The file: TOML, or JSON if its name ends in `.json`
    file: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let verifier = settings::verifier(&arguments.file)?;
    let issuers = verifier.expectations().count();
    println!("valid: {}", words::count(issuers, "issuer"));
    Ok(Exit::Done)
}

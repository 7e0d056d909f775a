//! `jwks check`: what settings mean.

use std::path::PathBuf;

use anyhow::Result;

use crate::exit::Exit;
use crate::settings;

/// Read a settings file, and say what is wrong with it
#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// The file: TOML, or JSON if its name ends in `.json`
    file: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let settings = settings::read(&arguments.file)?;
    println!("{} issuers", settings.issuers().len());
    Ok(Exit::Done)
}

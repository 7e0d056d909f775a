//! Settings files: TOML, or JSON by the ending `.json`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use jwks_core::verify::VerifierSettings;

use crate::exit::{Exit, Stopped};

/// Reads the settings of a verifier from a file.
pub(crate) fn read(path: &Path) -> Result<VerifierSettings> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("{shown} cannot be read"))?;
    parse(path, &text).map_err(|error| Stopped(Exit::Refused, format!("{shown}: {error}")).into())
}

fn parse(path: &Path, text: &str) -> Result<VerifierSettings, String> {
    let json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    if json {
        serde_json::from_str(text).map_err(|error| error.to_string())
    } else {
        toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())
    }
}

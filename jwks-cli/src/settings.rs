//! Settings files: TOML, or JSON by the ending `.json`.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use jwks_core::adapter::{Env, Start};
use jwks_core::refresh::Policy;
use jwks_core::verify::{Verifier, VerifierSettings};

use crate::exit::{Exit, Stopped};

/// Reads the settings of a verifier from a file.
pub(crate) fn read(path: &Path) -> Result<VerifierSettings> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("{shown} cannot be read"))?;
    parse(path, &text).map_err(|error| Stopped(Exit::Refused, format!("{shown}: {error}")).into())
}

/// What a service would start with: some of what is wrong is seen here only. Nothing is fetched.
pub(crate) fn verifier(path: &Path) -> Result<Verifier> {
    let builder = Verifier::builder().settings(read(path)?);
    let (verifier, _drivers) = builder
        .build(Env::new(SystemTime::now))
        .map_err(|error| Stopped(Exit::Refused, format!("{}: {error}", path.display())))?;
    Ok(verifier)
}

/// The policy of the first issuer in such a file.
pub(crate) fn policy(path: &Path) -> Result<Policy> {
    let (verifier, shown) = (verifier(path)?, path.display());
    let policy = verifier.caches().next().map(|cache| cache.policy().clone());
    policy.with_context(|| format!("{shown} has no issuer"))
}

fn parse(path: &Path, text: &str) -> Result<VerifierSettings, String> {
    let json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    if json {
        serde_json::from_str(text).map_err(|error| error.to_string())
    } else {
        toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())
    }
}

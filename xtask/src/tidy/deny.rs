//! What deny.toml says of all packages, without cargo-deny, whose build takes longer than our own.

use anyhow::{Context as _, Result};
use cargo_metadata::semver::VersionReq;
use serde::Deserialize;
use spdx::{Expression, ParseMode};

use super::{Faults, Tree};

pub(super) fn check_bans(tree: &Tree) -> Result<Faults> {
    let mut faults = Vec::new();
    for ban in read(tree)?.bans.deny {
        let hit = tree.metadata.packages.iter().filter(|it| it.name == ban.name);
        for it in hit.filter(|it| ban.version.matches(&it.version)) {
            let package = format!("{}@{}", it.name, it.version);
            faults.push(format!(
                "{package} is banned: {}; `cargo tree --invert {package}` names who needs it",
                ban.reason
            ));
        }
    }
    Ok(faults)
}

pub(super) fn check_sources(tree: &Tree) -> Result<Faults> {
    let packages = tree.metadata.packages.iter();
    let other = packages.filter(|it| it.source.as_ref().is_some_and(|it| !it.is_crates_io()));
    let mend = "depend on a published version";
    Ok(other
        .map(|it| format!("{} comes from elsewhere than the registry; {mend}", it.id))
        .collect())
}

pub(super) fn check_licences(tree: &Tree) -> Result<Faults> {
    let allow = read(tree)?.licenses.allow;
    let mut faults = Vec::new();
    for package in &tree.metadata.packages {
        let licence = package.license.as_deref().unwrap_or("none");
        // Lax, for the `/` of old manifests.
        let holds = Expression::parse_mode(licence, ParseMode::LAX).is_ok_and(|it| {
            it.evaluate(|need| {
                need.license.id().is_some_and(|id| allow.iter().any(|it| it == id.name))
            })
        });
        if !holds {
            faults.push(format!(
                "{} {} has the licence `{licence}`; allow it in deny.toml, or do without it",
                package.name, package.version
            ));
        }
    }
    Ok(faults)
}

fn read(tree: &Tree) -> Result<Deny> {
    toml::from_str(tree.text("deny.toml")?).context("cannot read deny.toml")
}

#[derive(Deserialize)]
struct Deny {
    bans: Bans,
    licenses: Licences,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    name: String,
    reason: String,
    #[serde(default)]
    version: VersionReq,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
}

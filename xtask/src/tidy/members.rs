//! What every crate's manifest must say, and the changelog.

use anyhow::{Context as _, Result};

use super::{Faults, Tree};

pub(super) fn check(tree: &Tree) -> Result<Faults> {
    let mut faults = Vec::new();
    for package in tree.metadata.workspace_packages() {
        let path = tree.inside(package.manifest_path.as_str());
        let manifest = tree.text(path)?;
        let published = package.publish.as_ref().is_none_or(|registries| !registries.is_empty());
        let rules = [
            ("workspace = true under [lints]", manifest.contains("[lints]\nworkspace = true\n")),
            ("a description", !published || package.description.is_some()),
            ("a licence", !published || package.license.is_some()),
            (
                "[package.metadata.docs.rs]",
                !published || package.metadata.pointer("/docs/rs").is_some(),
            ),
        ];
        let broken = rules.into_iter().filter(|(_, kept)| !kept);
        faults.extend(broken.map(|(what, _)| format!("{path} lacks {what}; add it")));
    }
    Ok(faults)
}

/// The changelog has a section for the version of the crates.
pub(super) fn check_changelog(tree: &Tree) -> Result<Faults> {
    let version = &tree.member("jwks-core")?.version;
    let heading = format!("## [{version}]");
    let changelog = tree.text("CHANGELOG.md").context("every release needs it")?;
    let found = changelog.lines().any(|line| line.starts_with(&heading));
    Ok(if found { Vec::new() } else { vec![format!("CHANGELOG.md lacks `{heading}`; begin it")] })
}

//! What the checks look at: the tracked files, and the packages with their dependencies.

mod package;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use cargo_metadata::{Metadata, MetadataCommand};

pub(crate) use package::{Declared, Edge, Kind, Package};

use crate::process::{self, Step};

/// The workspace as it is on the disk, read once.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// Text by path from the root, `/` between folders. Files that git ignores are not in it.
    pub(crate) files: BTreeMap<String, String>,
    /// The members and all that they depend on, with all features.
    pub(crate) packages: Vec<Package>,
}

impl Workspace {
    pub(crate) fn read() -> Result<Self> {
        let root = process::root();
        let metadata = MetadataCommand::new()
            .current_dir(&root)
            .other_options(["--all-features", "--locked"].map(String::from))
            .exec()
            .context("cannot read the workspace's metadata")?;
        let packages = packages(&metadata);
        Ok(Self { files: files(&root)?, packages })
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// The Rust files whose path begins with `prefix`.
    pub(crate) fn rust_files(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter(move |(path, _)| path.starts_with(prefix) && path.ends_with(".rs"))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.member)
    }

    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| (String::from(*path), String::from(*text)));
        Self { files: files.collect(), packages: Vec::new() }
    }

    #[cfg(test)]
    pub(crate) fn with_packages(mut self, packages: Vec<Package>) -> Self {
        self.packages = packages;
        self
    }
}

/// Tracked files, and new ones that are not tracked yet.
fn files(root: &Path) -> Result<BTreeMap<String, String>> {
    let listed = Step::git(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .read()
        .context("cannot list the tracked files: this needs git and a clone")?;
    let mut files = BTreeMap::new();
    for path in listed.split_terminator('\0') {
        let file = root.join(path);
        // Deleted, but still tracked; or a link to a folder.
        if !file.is_file() {
            continue;
        }
        let bytes = fs::read(&file).with_context(|| format!("cannot read {path}"))?;
        files.insert(path.to_owned(), String::from_utf8_lossy(&bytes).into_owned());
    }
    Ok(files)
}

fn packages(metadata: &Metadata) -> Vec<Package> {
    let root = metadata.workspace_root.as_str();
    let resolved = metadata.resolve.as_ref();
    let edges_of = |package: &cargo_metadata::Package| {
        let node = resolved?.nodes.iter().find(|node| node.id == package.id)?;
        Some(node.deps.iter().filter_map(|dep| Edge::read(dep, metadata)).collect())
    };
    metadata
        .packages
        .iter()
        .map(|package| {
            let member = metadata.workspace_members.contains(&package.id);
            Package::read(package, member, root, edges_of(package).unwrap_or_default())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_is_read_whole() {
        let workspace = Workspace::read().expect("the workspace can be read");

        assert!(workspace.text("Cargo.toml").is_some_and(|text| text.contains("[workspace]")));
        assert!(workspace.text("target/CACHEDIR.TAG").is_none());
        let names: Vec<_> = workspace.members().map(|it| it.name.as_str()).collect();
        assert!(names.contains(&"jwks-core") && names.contains(&"xtask"), "{names:?}");
        let core = workspace.members().find(|it| it.name == "jwks-core").expect("found above");
        assert!(
            core.edges.iter().any(|edge| edge.kind == Kind::Normal && edge.to.contains("#http@"))
        );
        assert_eq!(core.roots.first().map(String::as_str), Some("jwks-core/src/lib.rs"));
    }
}

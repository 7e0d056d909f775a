//! What the checks look at: the text of the files, and cargo's metadata.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result};
use cargo_metadata::{Metadata, MetadataCommand, Package};

use crate::process::{self, Step};

/// The workspace as it is on the disk, read once.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    /// Text by path from the root. Files that git ignores are not in it.
    pub(super) files: BTreeMap<String, String>,
    /// The members and all that they depend on, with all features.
    pub(crate) metadata: Metadata,
    /// The members of the benches' own workspace alone.
    pub(super) beside: Metadata,
}

impl Tree {
    pub(crate) fn read() -> Result<Self> {
        let root = process::root();
        let metadata = MetadataCommand::new()
            .current_dir(&root)
            .other_options(["--all-features", "--locked"].map(String::from))
            .exec()
            .context("cannot read the workspace's metadata")?;
        let beside = MetadataCommand::new()
            .current_dir(root.join("tests/bench"))
            .no_deps()
            .exec()
            .context("cannot read the metadata of tests/bench")?;
        let listed = Step::git(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .read()
            .context("cannot list the files: this needs git and a clone")?;
        let mut files = BTreeMap::new();
        // A file may be deleted, but still tracked.
        for path in listed.split_terminator('\0').filter(|path| root.join(path).is_file()) {
            let bytes = fs::read(root.join(path)).with_context(|| format!("cannot read {path}"))?;
            files.insert(path.to_owned(), String::from_utf8_lossy(&bytes).into_owned());
        }
        Ok(Self { files, metadata, beside })
    }

    pub(super) fn text(&self, path: &str) -> Result<&str> {
        self.files.get(path).map(String::as_str).with_context(|| format!("{path} is missing"))
    }

    /// The Rust files whose path begins with `prefix`.
    pub(super) fn rust_files(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter(move |(path, _)| path.starts_with(prefix) && path.ends_with(".rs"))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    pub(super) fn member(&self, name: &str) -> Result<&Package> {
        let mut members = self.metadata.workspace_packages().into_iter();
        members
            .find(|package| package.name == name)
            .with_context(|| format!("{name} is no member of the workspace"))
    }

    /// A path of the metadata, from the root of the workspace.
    pub(super) fn inside<'a>(&self, path: &'a str) -> &'a str {
        let inside = path.strip_prefix(self.metadata.workspace_root.as_str());
        inside.unwrap_or(path).trim_start_matches('/')
    }
}

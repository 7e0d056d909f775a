//! How long files are, and that each is compiled.

use std::collections::BTreeSet;

use anyhow::Result;

use super::{Faults, Tree};

/// A file is one idea: 150 lines are usual, and past 350 it is two ideas.
pub(super) fn check_sizes(tree: &Tree) -> Result<Faults> {
    let sizes = tree.rust_files("").map(|(path, text)| (path, text.lines().count()));
    let long = sizes.filter(|(_, size)| *size > LIMIT);
    Ok(long.map(|(path, size)| format!("{path} has {size} lines; split it by ideas")).collect())
}

/// A file that no `mod` names is never compiled, and a test in it never runs.
pub(super) fn check_used(tree: &Tree) -> Result<Faults> {
    let members = [tree.metadata.workspace_packages(), tree.beside.workspace_packages()].concat();
    let targets = members.iter().flat_map(|member| &member.targets);
    let roots: BTreeSet<_> = targets.map(|it| tree.inside(it.src_path.as_str())).collect();
    let files = tree.rust_files("").map(|(path, _)| path).filter(|path| !roots.contains(path));
    let files = files.filter(|path| !APART.iter().any(|apart| path.starts_with(apart)));
    let lost = files.filter(|path| !declared(tree, &roots, path));
    Ok(lost.map(|path| format!("{path} is part of no crate; name it by a `mod`")).collect())
}

/// Whether a file that may do so says `mod` and the name, or any `#[path]` and the place.
fn declared(tree: &Tree, roots: &BTreeSet<&str>, path: &str) -> bool {
    let module = path.trim_end_matches(".rs").trim_end_matches("/mod");
    let Some((folder, name)) = module.rsplit_once('/') else { return false };
    let declaration = format!("mod {name};");
    let place = format!("{}/{name}.rs\"]", folder.rsplit('/').next().unwrap_or_default());
    let parents = [format!("{folder}.rs"), format!("{folder}/mod.rs")];
    let mut parents = tree.rust_files(folder).filter(|(parent, _)| {
        let beside = parent.rsplit_once('/').is_some_and(|(it, _)| it == folder);
        parents.iter().any(|it| it == parent) || (beside && roots.contains(parent))
    });
    let declares = |it: &str| it.ends_with(&declaration) && !it.trim_start().starts_with("//");
    parents.any(|(_, text)| text.lines().any(declares))
        || tree.rust_files("").any(|(_, text)| text.contains(&place))
}

const LIMIT: usize = 500;

/// Workspaces of their own, which are built by hand.
const APART: [&str; 2] = ["tests/fuzz/libfuzzer/", "tests/peers/"];

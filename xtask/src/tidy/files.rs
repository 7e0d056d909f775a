//! Which files there are, and how long they are.

use std::collections::BTreeSet;

use super::source::modules;
use super::{Fault, Outcome, Workspace, outcome};

/// A file is one idea: long ones are reported, very long ones refused.
pub(super) fn check_sizes(workspace: &Workspace) -> Outcome {
    let mut sizes: Vec<_> =
        workspace.rust_files("").map(|(path, text)| (text.lines().count(), path)).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let faults = sizes.iter().filter(|(size, _)| *size > LIMIT).map(|(size, path)| {
        let mend = format!("split it by ideas: {LIMIT} is the end, 150 is usual");
        Fault::new(format!("{size} lines"), *path, mend)
    });
    let faults = faults.collect();
    let median = sizes.get(sizes.len() / 2).map_or(0, |(size, _)| *size);
    let long: Vec<_> = sizes
        .iter()
        .take_while(|(size, _)| *size > LONG)
        .map(|(size, path)| format!("{path} ({size})"))
        .collect();
    let long = if long.is_empty() { "none".to_owned() } else { long.join(", ") };
    outcome(faults, format!("{} files, median {median} lines, over {LONG}: {long}", sizes.len()))
}

/// Every Rust file is part of a crate: one that nothing names is never compiled.
pub(super) fn check_used(workspace: &Workspace) -> Outcome {
    let mut used = BTreeSet::new();
    let mut faults = Vec::new();
    for root in workspace.members().flat_map(|member| &member.roots) {
        match modules(workspace, root) {
            Ok(found) => used.extend(found.into_iter().map(|module| module.file)),
            Err(more) => faults.extend(more),
        }
    }
    for (path, _) in workspace.rust_files("").filter(|(path, _)| !used.contains(*path)) {
        faults.push(Fault::new(
            "a file belongs to no crate",
            path,
            "name it by a `mod`, or remove it",
        ));
    }
    outcome(faults, format!("{} Rust files, each part of a crate", used.len()))
}

/// The root holds the crates of DESIGN 2 and nothing beside them.
pub(super) fn check_folders(workspace: &Workspace) -> Outcome {
    let found: BTreeSet<_> = workspace
        .files
        .keys()
        .filter_map(|path| path.split_once('/'))
        .map(|(top, _)| top)
        .collect();
    let other = found.iter().filter(|folder| !FOLDERS.contains(folder)).map(|folder| {
        Fault::new(
            format!("folder {folder} is new"),
            "the root",
            "put it into a crate, or add it to FOLDERS in xtask/src/tidy/files.rs",
        )
    });
    let faults = other.collect();
    outcome(faults, format!("{} in the root, all known", found.len()))
}

const LONG: usize = 350;

const LIMIT: usize = 600;

const FOLDERS: [&str; 8] = [
    ".cargo",
    ".ci",
    "jwks-async-std",
    "jwks-cognito",
    "jwks-core",
    "jwks-tokio",
    "tests",
    "xtask",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::Package;

    #[test]
    fn long_files_are_listed_and_very_long_ones_refused() {
        let sized = |size: usize| {
            check_sizes(&Workspace::of(&[("a.rs", &"\n".repeat(size)), ("b.rs", "")]))
        };
        assert!(sized(LONG).expect("short").ends_with("over 350: none"));
        assert!(sized(LONG + 1).expect("long").ends_with("over 350: a.rs (351)"));
        assert!(sized(LIMIT).is_ok());
        let faults = sized(LIMIT + 1).expect_err("too long");
        assert!(faults[0].to_string().starts_with("601 lines, in a.rs"));
    }

    #[test]
    fn text_that_is_no_rust_may_be_long() {
        assert!(check_sizes(&Workspace::of(&[("LICENSE", &"\n".repeat(LIMIT + 1))])).is_ok());
    }

    #[test]
    fn files_out_of_use_are_named() {
        let files = |root| [("a/src/lib.rs", root), ("a/src/b.rs", "")];
        let check = |root| {
            check_used(&Workspace::of(&files(root)).with_packages(vec![Package::member("a")]))
        };
        assert!(check("mod b;").is_ok());
        let faults = check("// mod b;").expect_err("b is out of use");
        assert!(faults[0].to_string().contains("in a/src/b.rs"));
        assert!(check("mod b; mod c;").is_err());
    }

    #[test]
    fn new_folders_are_named() {
        assert!(check_folders(&Workspace::of(&[("Cargo.toml", ""), ("tests/a/b.rs", "")])).is_ok());
        let faults = check_folders(&Workspace::of(&[("vendor/a.rs", "")])).expect_err("new");
        assert!(faults[0].to_string().contains("folder vendor is new"));
    }
}

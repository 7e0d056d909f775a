//! No file tells of the machine it was written on, or names a package registry's host.

use anyhow::Result;

use super::{Faults, Tree};

pub(super) fn check(tree: &Tree) -> Result<Faults> {
    let mut faults = Vec::new();
    for (path, text) in tree.files.iter().filter(|(path, _)| !path.ends_with("Cargo.lock")) {
        for (number, line) in (1..).zip(text.lines()) {
            let folder = FOLDERS.iter().find(|folder| names_folder(line, folder));
            let found = folder.or_else(|| HOSTS.iter().find(|host| line.contains(**host)));
            faults.extend(found.map(|it| {
                format!("`{it}` in {path}:{number}; write a path from the root, or `the registry`")
            }));
        }
    }
    Ok(faults)
}

/// Whether the folder stands there as the beginning of a path, and not as part of another.
fn names_folder(line: &str, folder: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || ".-_})~".contains(c);
    line.match_indices(folder).any(|(at, _)| !line[..at].ends_with(inner))
}

/// In parts, for this file is checked too.
const FOLDERS: [&str; 6] = [
    concat!("/", "Users/"),
    concat!("/", "home/"),
    concat!("/", "private/"),
    concat!("/", "root/"),
    concat!("/", "tmp/"),
    concat!("/", "work/"),
];

const HOSTS: [&str; 5] = [
    concat!("crates", ".io"),
    concat!("deb.debian", ".org"),
    concat!("npmjs", ".org"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
];

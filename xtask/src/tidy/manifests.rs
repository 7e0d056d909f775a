//! What a crate's manifest must say before it can be published, and the order of dependencies.

use super::{Fault, Outcome, Package, Workspace, outcome};

pub(super) fn check(workspace: &Workspace) -> Outcome {
    let mut faults = Vec::new();
    let published: Vec<_> = workspace.members().filter(|package| package.published()).collect();
    for package in &published {
        faults.extend(lacks(package).into_iter().map(|what| {
            let place = format!("{}/Cargo.toml", package.folder);
            Fault::new(format!("{} lacks {what}", package.name), place, "add it")
        }));
    }
    let manifests = workspace.files.iter().filter(|(path, _)| is_manifest(path));
    let mut count = 0;
    for (path, text) in manifests {
        count += 1;
        faults.extend(unsorted(text).into_iter().map(|(line, name)| {
            let mend = "sort the block; a blank line begins a new one";
            Fault::new(format!("`{name}` is out of order"), format!("{path}:{line}"), mend)
        }));
    }
    outcome(faults, format!("{count}, {} of crates to publish", published.len()))
}

fn lacks(package: &Package) -> Vec<&'static str> {
    let mut lacks = Vec::new();
    if package.description.as_deref().is_none_or(str::is_empty) {
        lacks.push("a description");
    }
    if package.licence.is_none() {
        lacks.push("a licence");
    }
    if !package.has_docs_rs {
        lacks.push("[package.metadata.docs.rs]");
    }
    lacks
}

fn is_manifest(path: &str) -> bool {
    path == "Cargo.toml" || path.ends_with("/Cargo.toml")
}

/// Dependencies that stand below one that should come after them, with their lines.
fn unsorted(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut inside = false;
    let mut before = "";
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(header) = line.strip_prefix('[') {
            inside = header.trim_end_matches(']').ends_with("dependencies");
            before = "";
        } else if line.is_empty() {
            before = "";
        } else if inside && line.starts_with(char::is_alphanumeric) {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            if name < before {
                found.push((number, name));
            }
            before = name;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_to_publish_must_be_described() {
        let check = |package: Package| check(&Workspace::of(&[]).with_packages(vec![package]));
        assert!(check(Package::member("a")).is_ok());

        for (what, spoil) in [
            ("a description", |it: &mut Package| it.description = None),
            ("a description", |it: &mut Package| it.description = Some(String::new())),
            ("a licence", |it: &mut Package| it.licence = None),
            ("docs.rs", |it: &mut Package| it.has_docs_rs = false),
        ] as [(_, fn(&mut _)); 4]
        {
            let mut package = Package::member("a");
            spoil(&mut package);
            let faults = check(package.clone()).expect_err(what);
            assert!(faults[0].to_string().contains(what));

            package.publish = false;
            assert!(check(package).is_ok(), "nobody reads it");
        }
    }

    #[test]
    fn dependencies_are_sorted_by_block() {
        let text = "[package]\nname = \"z\"\nedition = \"2024\"\n\n[dependencies]\nz = \"1\"\n\nb = \"1\"\n\
            c.workspace = true\na = { version = \"1\" }\n\n[target.'cfg(loom)'.dependencies]\na = \"1\"\n";
        assert_eq!(unsorted(text), [(10, "a")]);

        let faults = check(&Workspace::of(&[("a/Cargo.toml", text)])).expect_err("unsorted");
        assert!(faults[0].to_string().starts_with("`a` is out of order, in a/Cargo.toml:10"));
    }
}

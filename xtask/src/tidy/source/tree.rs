//! The files of a target, found as the compiler finds them.

use std::str::FromStr as _;

use proc_macro2::TokenStream;

use super::Scan;
use crate::tidy::{Fault, Workspace};

/// A file of a target, with what it says.
#[derive(Debug)]
pub(crate) struct Module {
    /// From the root of the workspace.
    pub(crate) file: String,
    /// Names from the root of the crate; empty for the root itself.
    pub(crate) path: Vec<String>,
    pub(crate) scan: Scan,
}

/// All files that belong to the target which begins with the file `root`.
///
/// What is compiled for tests only is marked so, in whichever file it stands.
pub(crate) fn modules(workspace: &Workspace, root: &str) -> Result<Vec<Module>, Vec<Fault>> {
    let mut found = Vec::new();
    let mut faults = Vec::new();
    let mut open = vec![Open { file: root.to_owned(), path: Vec::new(), test: false }];
    while let Some(next) = open.pop() {
        match next.read(workspace) {
            Ok(module) => {
                for child in &module.scan.children {
                    match file_of(workspace, root, &child.path, &module) {
                        Some(file) => open.push(Open {
                            file,
                            path: child.path.clone(),
                            test: next.test || child.test,
                        }),
                        None => faults.push(Fault::new(
                            format!("`mod {}` has no file", child.path.join("::")),
                            module.file.clone(),
                            "add the file, and let `#[path]` be: tidy does not follow it",
                        )),
                    }
                }
                found.push(module);
            }
            Err(fault) => faults.push(fault),
        }
    }
    found.sort_by(|a, b| a.file.cmp(&b.file));
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

struct Open {
    file: String,
    path: Vec<String>,
    test: bool,
}

impl Open {
    fn read(&self, workspace: &Workspace) -> Result<Module, Fault> {
        let Some(text) = workspace.text(&self.file) else {
            return Err(Fault::new("a file is missing", &self.file, "add it"));
        };
        let Ok(tokens) = TokenStream::from_str(text) else {
            return Err(Fault::new("a file is not Rust", &self.file, "see what rustc says to it"));
        };
        let mut scan = Scan::of(tokens, &self.path);
        if self.test {
            scan.for_tests();
        }
        Ok(Module { file: self.file.clone(), path: self.path.clone(), scan })
    }
}

/// Where `mod` of this path, declared in `parent`, has its text.
fn file_of(workspace: &Workspace, root: &str, path: &[String], parent: &Module) -> Option<String> {
    let (folder, name) = parent.file.rsplit_once('/').unwrap_or(("", &parent.file));
    let own_folder = if parent.file == root || name == "mod.rs" {
        folder.to_owned()
    } else {
        parent.file.trim_end_matches(".rs").to_owned()
    };
    // Inline modules between the file and the declaration are folders.
    let below = path.get(parent.path.len()..)?.join("/");
    [format!("{own_folder}/{below}.rs"), format!("{own_folder}/{below}/mod.rs")]
        .into_iter()
        .find(|file| workspace.text(file).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files_of(files: &[(&str, &str)]) -> Vec<String> {
        let found = modules(&Workspace::of(files), "a/src/lib.rs").expect("a whole crate");
        found.into_iter().map(|module| module.file).collect()
    }

    #[test]
    fn files_are_found_in_every_layout() {
        let found = files_of(&[
            ("a/src/lib.rs", "mod b; pub(crate) mod c; mod inline { mod d; }"),
            ("a/src/b.rs", "mod e;"),
            ("a/src/b/e.rs", ""),
            ("a/src/c/mod.rs", "mod f;"),
            ("a/src/c/f.rs", ""),
            ("a/src/inline/d.rs", ""),
            ("a/src/unused.rs", ""),
        ]);
        assert_eq!(
            found,
            [
                "a/src/b.rs",
                "a/src/b/e.rs",
                "a/src/c/f.rs",
                "a/src/c/mod.rs",
                "a/src/inline/d.rs",
                "a/src/lib.rs"
            ]
        );
    }

    #[test]
    fn all_below_a_module_for_tests_is_for_tests() {
        let workspace = Workspace::of(&[
            ("a/src/lib.rs", "#[cfg(test)] mod b; mod c;"),
            ("a/src/b.rs", "mod d;"),
            ("a/src/b/d.rs", "fn f() {}"),
            ("a/src/c.rs", "fn f() {}"),
        ]);
        let found = modules(&workspace, "a/src/lib.rs").expect("a whole crate");
        let code = |file: &str| {
            let module = found.iter().find(|module| module.file == file).expect("found");
            (module.scan.lines.len(), module.scan.names.iter().all(|name| name.test))
        };
        assert_eq!(code("a/src/b/d.rs"), (0, true));
        assert_eq!(code("a/src/c.rs"), (1, false));
    }

    #[test]
    fn a_missing_file_is_named() {
        let faults = modules(&Workspace::of(&[("a/src/lib.rs", "mod b;")]), "a/src/lib.rs")
            .expect_err("there is no b");
        assert_eq!(faults.len(), 1);
        assert!(faults[0].to_string().contains("`mod b` has no file, in a/src/lib.rs"));
    }

    #[test]
    fn a_file_that_is_no_rust_is_named() {
        let faults = modules(&Workspace::of(&[("a/src/lib.rs", "fn f( {")]), "a/src/lib.rs")
            .expect_err("the bracket is open");
        assert!(faults[0].to_string().contains("not Rust"));
    }
}

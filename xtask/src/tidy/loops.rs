//! The adapters stay thin: a loop is a file of at most 80 lines of code.

use super::source::{Module, modules};
use super::{Fault, Outcome, Workspace, outcome};

pub(super) fn check(workspace: &Workspace) -> Outcome {
    let mut counts = Vec::new();
    let mut faults = Vec::new();
    for adapter in ADAPTERS {
        match count(workspace, adapter) {
            Ok(detail) => counts.push(detail),
            Err(more) => faults.extend(more),
        }
    }
    outcome(faults, counts.join("; "))
}

fn count(workspace: &Workspace, adapter: &str) -> Result<String, Vec<Fault>> {
    let modules = modules(workspace, &format!("{adapter}/src/lib.rs"))?;
    let file = format!("{adapter}/src/run.rs");
    let lines = |module: &Module| module.scan.lines.len();
    match modules.iter().find(|module| module.file == file).map(lines) {
        Some(count) if count > LIMIT => Err(vec![Fault::new(
            format!("the loop has {count} lines of code, {LIMIT} at most"),
            file,
            "move what decides into jwks-core, and what transports into a file of its own",
        )]),
        Some(0) => Err(vec![Fault::new("the loop is empty", file, "put it there")]),
        Some(count) => Ok(format!("{file} has {count} of {LIMIT} lines of code")),
        None if modules.iter().map(lines).sum::<usize>() == 0 => {
            Ok(format!("{adapter} has no code yet, its loop is still to come"))
        }
        None => Err(vec![Fault::new(
            format!("{adapter} has code, but no loop"),
            file,
            "put the loop there, and nothing beside it",
        )]),
    }
}

const ADAPTERS: [&str; 2] = ["jwks-async-std", "jwks-tokio"];

const LIMIT: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    fn with(lib: &str, run: Option<&str>) -> Outcome {
        let mut files =
            vec![("jwks-async-std/src/lib.rs", "//! Nothing yet."), ("jwks-tokio/src/lib.rs", lib)];
        files.extend(run.map(|text| ("jwks-tokio/src/run.rs", text)));
        check(&Workspace::of(&files))
    }

    #[test]
    fn the_limit_is_of_lines_of_code() {
        let code = |n: usize| "f!();\n".repeat(n);
        let around =
            "//! Documentation.\n\n// A comment.\n#[cfg(test)]\nmod tests {\n    fn f() {}\n}\n";
        let detail = with("mod run;", Some(&format!("{around}{}", code(LIMIT)))).expect("small");
        assert!(detail.ends_with("jwks-tokio/src/run.rs has 80 of 80 lines of code"), "{detail}");

        let faults = with("mod run;", Some(&code(LIMIT + 1))).expect_err("one too many");
        assert!(faults[0].to_string().starts_with("the loop has 81 lines of code, 80 at most"));
    }

    #[test]
    fn an_adapter_without_code_may_lack_its_loop() {
        let detail = with("//! Nothing yet.\n#![no_std]", None).expect("no code");
        assert!(detail.contains("jwks-tokio has no code yet"));
    }

    #[test]
    fn an_adapter_with_code_must_have_its_loop() {
        assert!(with("pub fn spawn() {}", None).is_err());
        // A file that no `mod` names is not the loop.
        assert!(with("pub fn spawn() {}", Some("f!();")).is_err());
        assert!(with("mod run;", Some("//! Empty.")).is_err());
    }
}

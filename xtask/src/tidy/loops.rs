//! The adapters stay thin: a loop is a file of at most 80 lines of code, and an adapter that is
//! there to be copied one of at most 65, all in all.

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
    for file in EXAMPLES {
        match count_whole(workspace, file) {
            Ok(detail) => counts.push(detail),
            Err(more) => faults.extend(more),
        }
    }
    outcome(faults, counts.join("; "))
}

/// Spawning, loop and transport together.
fn count_whole(workspace: &Workspace, file: &str) -> Result<String, Vec<Fault>> {
    let modules = modules(workspace, "tests/src/lib.rs")?;
    let count = modules
        .iter()
        .find(|module| module.file == file)
        .map_or(0, |module| module.scan.lines.len());
    match count {
        0 => Err(vec![Fault::new("the adapter is missing", file, "put it there")]),
        1..=WHOLE => Ok(format!("{file} has {count} of {WHOLE} lines of code")),
        _ => Err(vec![Fault::new(
            format!("the adapter has {count} lines of code, {WHOLE} at most"),
            file,
            "mend jwks-core where it makes adapters long, or choose another client",
        )]),
    }
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

const EXAMPLES: [&str; 2] = ["tests/src/adapters/smol.rs", "tests/src/adapters/thread.rs"];

const LIMIT: usize = 80;

const WHOLE: usize = 65;

#[cfg(test)]
mod tests {
    use super::*;

    fn with(lib: &str, run: Option<&str>) -> Outcome {
        of(lib, run, "f!();")
    }

    fn of(lib: &str, run: Option<&str>, thread: &str) -> Outcome {
        let mut files = vec![
            ("jwks-async-std/src/lib.rs", "//! Nothing yet."),
            ("jwks-tokio/src/lib.rs", lib),
            ("tests/src/lib.rs", "pub mod adapters;"),
            ("tests/src/adapters/mod.rs", "pub mod smol;\npub mod thread;"),
            ("tests/src/adapters/smol.rs", "f!();"),
            ("tests/src/adapters/thread.rs", thread),
        ];
        files.extend(run.map(|text| ("jwks-tokio/src/run.rs", text)));
        check(&Workspace::of(&files))
    }

    #[test]
    fn the_limit_is_of_lines_of_code() {
        let code = |n: usize| "f!();\n".repeat(n);
        let around =
            "//! Documentation.\n\n// A comment.\n#[cfg(test)]\nmod tests {\n    fn f() {}\n}\n";
        let detail = with("mod run;", Some(&format!("{around}{}", code(LIMIT)))).expect("small");
        assert!(detail.contains("jwks-tokio/src/run.rs has 80 of 80 lines of code;"), "{detail}");

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

    #[test]
    fn an_adapter_to_be_copied_is_counted_as_a_whole() {
        let whole = |lines: usize| {
            let code = format!("//! Documentation.\n\n{}", "f!();\n".repeat(lines));
            of("mod run;", Some("f!();"), &code)
        };
        let detail = whole(WHOLE).expect("small");
        assert!(detail.ends_with("adapters/thread.rs has 65 of 65 lines of code"), "{detail}");

        let faults = whole(WHOLE + 1).expect_err("one too many");
        assert!(faults[0].to_string().starts_with("the adapter has 66 lines of code, 65 at most"));
        assert!(whole(0).is_err());
    }
}

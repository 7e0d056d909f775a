//! The floors of jwks-core: a lower one never names a higher one, and the lowest knows neither
//! threads nor futures nor HTTP.

use anyhow::{Context as _, Result};

use super::names::names;
use super::{Faults, Tree};

pub(super) fn check(tree: &Tree) -> Result<Faults> {
    let mut faults = Vec::new();
    for (own, floor) in FLOORS.iter().enumerate() {
        let folder = format!("jwks-core/src/{floor}/");
        let mut files = tree.rust_files(&folder).peekable();
        if files.peek().is_none() {
            faults.push(format!("no file in {folder}; mend FLOORS in {}", file!()));
        }
        for (path, text) in files.filter(|(path, _)| !path.starts_with(OF_ALL_FLOORS)) {
            let inside = path.trim_end_matches(".rs").trim_end_matches("/mod");
            let depth = inside.split('/').count() - "jwks-core/src".split('/').count();
            let names = names(text, depth).with_context(|| path.to_owned())?;
            let wrong = names.iter().filter(|name| is_wrong(own, name));
            faults.extend(wrong.map(|it| format!("`{}` in {path}; turn the arrow", it.join("::"))));
        }
    }
    Ok(faults)
}

fn is_wrong(own: usize, path: &[String]) -> bool {
    let position = |name: &String| FLOORS.iter().position(|floor| floor == name);
    match path {
        // A re-export, or a module beside the floors, could stand for any of them.
        [root, name, ..] if root == "crate" && TESTS_ONLY.contains(&name.as_str()) => false,
        [root, name, ..] if root == "crate" => position(name).is_none_or(|it| it > own),
        [word] if word != "async" => false,
        _ => own == 0 && path.iter().any(|it| FOREIGN.contains(&it.as_str())),
    }
}

/// A test of the errors of all floors. It is where some of them can be made.
const OF_ALL_FLOORS: &str = "jwks-core/src/cache/error_texts/";

/// What tests share; under `cfg(test)` alone.
const TESTS_ONLY: [&str; 2] = ["built", "proof"];

/// The lowest first.
const FLOORS: [&str; 4] = ["refresh", "keys", "cache", "verify"];

/// Not for the lowest.
const FOREIGN: [&str; 11] = [
    "Arc", "Mutex", "async", "atomic", "bytes", "future", "futures", "http", "sync", "task",
    "thread",
];

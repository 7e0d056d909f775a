//! The floors of jwks-core: a lower one never names a higher one.

use super::source::{Module, Named, modules};
use super::{Fault, Outcome, Workspace, outcome};

/// Paths from one floor lead to itself or below. Tests are no exception.
pub(super) fn check_arrows(workspace: &Workspace) -> Outcome {
    let modules = modules(workspace, ROOT)?;
    let mut counts = [0; FLOORS.len()];
    let mut faults = Vec::new();
    for module in &modules {
        let Some(own) = module.path.first().and_then(|name| floor(name)) else { continue };
        counts[own] += 1;
        faults.extend(module.scan.names.iter().filter_map(|named| upward(own, named, module)));
    }
    let seen: Vec<_> = FLOORS.iter().zip(counts).map(|(name, n)| format!("{name} {n}")).collect();
    if counts.contains(&0) {
        faults.push(Fault::new(
            format!("a floor has no file ({})", seen.join(", ")),
            ROOT,
            "FLOORS in xtask/src/tidy/floors.rs must name the modules that there are",
        ));
    }
    outcome(faults, format!("files: {}", seen.join(" < ")))
}

/// The refresh machine knows neither threads nor futures nor HTTP.
pub(super) fn check_refresh(workspace: &Workspace) -> Outcome {
    let modules = modules(workspace, ROOT)?;
    let mut names = 0;
    let mut faults = Vec::new();
    for module in modules.iter().filter(|it| it.path.first().is_some_and(|it| it == FLOORS[0])) {
        for named in module.scan.names.iter().filter(|named| !named.test) {
            names += 1;
            if FOREIGN.iter().any(|foreign| foreign.is_in(named)) {
                faults.push(Fault::new(
                    format!("`{}` in the refresh machine", named.shown()),
                    place(module, named),
                    "move it to floor 2: the machine has no atomics, no Arc, no async, no HTTP",
                ));
            }
        }
    }
    outcome(faults, format!("{names} names, none of threads, futures or HTTP"))
}

fn upward(own: usize, named: &Named, module: &Module) -> Option<Fault> {
    let path = named.rooted()?;
    let wrong = match path.first().map(|name| (name, floor(name))) {
        Some((_, Some(other))) if other <= own => return None,
        Some((name, Some(_))) => format!("{} names {name}, a floor above it", FLOORS[own]),
        // A re-export, or a module beside the floors, could stand for any of them.
        Some((name, None)) => format!("{} names `crate::{name}`, which is no floor", FLOORS[own]),
        None => format!("{} names the root of the crate", FLOORS[own]),
    };
    Some(Fault::new(
        wrong,
        place(module, named),
        format!("only paths to {} are right here: turn the arrow", FLOORS[..=own].join(", ")),
    ))
}

fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| *floor == name)
}

fn place(module: &Module, named: &Named) -> String {
    format!("{}:{}", module.file, named.line)
}

enum Foreign {
    /// Anywhere in a path.
    Anywhere(&'static [&'static str]),
    /// At its beginning.
    First(&'static str),
}

impl Foreign {
    fn is_in(&self, named: &Named) -> bool {
        match self {
            Self::Anywhere(segments) => named.has(segments),
            Self::First(name) => {
                named.path.len() > 1
                    && named.path.iter().find(|it| !it.is_empty()).is_some_and(|it| it == name)
            }
        }
    }
}

const ROOT: &str = "jwks-core/src/lib.rs";

/// The lowest first.
const FLOORS: [&str; 4] = ["refresh", "keys", "cache", "verify"];

const FOREIGN: &[Foreign] = &[
    Foreign::Anywhere(&["Arc"]),
    Foreign::Anywhere(&["Mutex"]),
    Foreign::Anywhere(&["async"]),
    Foreign::Anywhere(&["atomic"]),
    Foreign::Anywhere(&["await"]),
    Foreign::Anywhere(&["core", "future"]),
    Foreign::Anywhere(&["core", "sync"]),
    Foreign::Anywhere(&["std", "future"]),
    Foreign::Anywhere(&["std", "sync"]),
    Foreign::First("bytes"),
    Foreign::First("http"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The four floors, with the text of one of their files.
    fn with(file: &str, text: &str) -> Workspace {
        let mut files = vec![
            (
                "jwks-core/src/lib.rs",
                "mod refresh; mod keys; mod cache; mod verify; use verify::A;",
            ),
            ("jwks-core/src/refresh/mod.rs", "mod machine;"),
            ("jwks-core/src/refresh/machine.rs", ""),
            ("jwks-core/src/keys/mod.rs", ""),
            ("jwks-core/src/cache/mod.rs", ""),
            ("jwks-core/src/verify/mod.rs", ""),
        ];
        files.retain(|(name, _)| *name != file);
        files.push((file, text));
        Workspace::of(&files)
    }

    #[test]
    fn arrows_down_are_right() {
        for (file, text) in [
            ("jwks-core/src/verify/mod.rs", "use crate::{cache::A, keys, refresh::B};"),
            ("jwks-core/src/cache/mod.rs", "use super::keys::A; use crate::cache::B;"),
            ("jwks-core/src/refresh/machine.rs", "use super::verify::A; // refresh::verify"),
            (
                "jwks-core/src/refresh/machine.rs",
                "/// [crate::verify::A]\nstruct A; // crate::cache",
            ),
        ] {
            let outcome = check_arrows(&with(file, text));
            let detail = outcome.unwrap_or_else(|faults| panic!("{text}: {}", faults[0]));
            assert_eq!(detail, "files: refresh 2 < keys 1 < cache 1 < verify 1");
        }
    }

    #[test]
    fn arrows_up_are_wrong() {
        for (file, text, what) in [
            ("jwks-core/src/keys/mod.rs", "fn f(a: crate::cache::A) {}", "keys names cache"),
            ("jwks-core/src/keys/mod.rs", "use crate::{refresh, verify::A};", "keys names verify"),
            ("jwks-core/src/cache/mod.rs", "use super::verify;", "cache names verify"),
            ("jwks-core/src/refresh/machine.rs", "use super::super::keys;", "refresh names keys"),
            (
                "jwks-core/src/refresh/mod.rs",
                "mod m { use super::super::keys; }",
                "refresh names keys",
            ),
            (
                "jwks-core/src/keys/mod.rs",
                "#[cfg(test)] mod t { use crate::cache; }",
                "names cache",
            ),
        ] {
            let faults = check_arrows(&with(file, text)).expect_err(text);
            assert_eq!(faults.len(), 1, "{text}");
            assert!(faults[0].to_string().contains(what), "{}", faults[0]);
            assert!(faults[0].to_string().contains(&format!("in {file}:1")), "{}", faults[0]);
        }
    }

    #[test]
    fn the_root_is_no_way_around() {
        for text in ["use crate::A;", "use super::A;", "use crate::*;", "use crate as root;"] {
            assert!(check_arrows(&with("jwks-core/src/keys/mod.rs", text)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_floor_that_is_gone_is_no_success() {
        let workspace = Workspace::of(&[("jwks-core/src/lib.rs", "mod cache {}")]);
        let faults = check_arrows(&workspace).expect_err("no floor has a file");
        assert!(faults[0].to_string().contains("a floor has no file"));
    }

    #[test]
    fn the_machine_is_plain() {
        for text in [
            "use std::sync::Arc;",
            "use std::{time::Duration, sync};",
            "use core::sync::atomic::AtomicU64;",
            "fn f(a: Arc<u8>) {}",
            "async fn f() {}",
            "fn f() { g().await }",
            "fn f(a: http::StatusCode) {}",
            "use ::http::HeaderMap;",
            "use http::{HeaderMap};",
        ] {
            let faults = check_refresh(&with("jwks-core/src/refresh/machine.rs", text));
            let faults = faults.expect_err(text);
            assert!(faults[0].to_string().contains("jwks-core/src/refresh/machine.rs:1"));
        }
    }

    #[test]
    fn the_machine_may_have_its_own_names_and_any_tests() {
        for text in [
            "struct Policy { http: bool }",
            "use std::time::Duration; // std::sync::Arc, http::A",
            "#[cfg(test)] mod tests { use std::sync::Arc; }",
        ] {
            assert!(
                check_refresh(&with("jwks-core/src/refresh/machine.rs", text)).is_ok(),
                "{text}"
            );
        }
        let above = "use std::sync::Arc; async fn f() {}";
        assert!(check_refresh(&with("jwks-core/src/cache/mod.rs", above)).is_ok());
    }
}

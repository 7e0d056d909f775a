//! jwks-core and jwks-cognito read no clock and touch nothing outside: clippy's list for jwks-core is
//! whole, and a scan of both agrees.
//!
//! Clippy knows types and sees through aliases; the scan needs no compiler and sees every feature and
//! platform at once. Neither is a build for another platform.

use toml::{Table, Value};

use super::source::{self, Named};
use super::{Fault, Outcome, Workspace, bans, outcome};

/// The crate's clippy.toml disallows what it must and keeps what the root's says.
pub(super) fn check_list(workspace: &Workspace) -> Outcome {
    let list = bans::table(workspace, LIST)?;
    let root = bans::table(workspace, "clippy.toml")?;
    let listed = [paths(&list, "disallowed-methods"), paths(&list, "disallowed-types")].concat();
    let mut faults = Vec::new();
    for path in MUST.iter().filter(|path| !listed.contains(&String::from(**path))) {
        faults.push(Fault::new(format!("`{path}` is not disallowed"), LIST, "add it"));
    }
    for (key, value) in root.iter().filter(|(key, value)| list.get(*key) != Some(*value)) {
        faults.push(Fault::new(
            format!("`{key} = {value}` is missing"),
            LIST,
            "repeat it: the file replaces the one in the root",
        ));
    }
    outcome(faults, format!("{} paths disallowed, {} required", listed.len(), MUST.len()))
}

/// No code of the crates, tests aside, names any of it, or silences the lint.
pub(super) fn check_scan(workspace: &Workspace) -> Outcome {
    let mut modules = Vec::new();
    for root in PURE {
        modules.extend(source::modules(workspace, root)?);
    }
    let mut names = 0;
    let mut faults = Vec::new();
    for module in &modules {
        for named in module.scan.names.iter().filter(|named| !named.test) {
            names += 1;
            if let Some(reason) = reason_against(named) {
                faults.push(Fault::new(
                    format!("`{}`: {reason}", named.shown()),
                    format!("{}:{}", module.file, named.line),
                    "let the adapter do it and hand the result in",
                ));
            }
        }
        for attribute in module.scan.attributes.iter().filter(|it| !it.test) {
            if SILENCED.iter().any(|lint| attribute.text.contains(lint)) {
                faults.push(Fault::new(
                    format!("`{}` silences the check", attribute.text),
                    format!("{}:{}", module.file, attribute.line),
                    "only tests may",
                ));
            }
        }
    }
    outcome(faults, format!("{names} names in {} files, none of the outside", modules.len()))
}

fn paths(list: &Table, key: &str) -> Vec<String> {
    let path = |entry: &Value| {
        let path = entry.as_str().or_else(|| entry.get("path")?.as_str())?;
        // Without a path that exists clippy checks nothing.
        let checked = entry.get("allow-invalid").and_then(Value::as_bool) != Some(true);
        checked.then(|| path.to_owned())
    };
    let entries = list.get(key).and_then(Value::as_array);
    entries.map(|list| list.iter().filter_map(path).collect()).unwrap_or_default()
}

fn reason_against(named: &Named) -> Option<&'static str> {
    OUTSIDE.iter().find(|(segments, _)| named.has(segments)).map(|(_, reason)| *reason)
}

const PURE: [&str; 2] = ["jwks-cognito/src/lib.rs", "jwks-core/src/lib.rs"];

const LIST: &str = "jwks-core/clippy.toml";

/// One of each family; the file may hold more.
const MUST: &[&str] = &[
    "std::env::var",
    "std::fs::File",
    "std::fs::read",
    "std::fs::write",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::process::Command",
    "std::process::exit",
    "std::thread::park_timeout",
    "std::thread::sleep",
    "std::thread::spawn",
    "std::time::Instant",
    "std::time::Instant::elapsed",
    "std::time::Instant::now",
    "std::time::SystemTime::elapsed",
    "std::time::SystemTime::now",
];

const OUTSIDE: &[(&[&str], &str)] = &[
    (&["Condvar", "wait_timeout"], "a clock"),
    (&["Instant"], "a clock"),
    (&["SystemTime", "now"], "a clock"),
    (&["TcpListener"], "a socket"),
    (&["TcpStream"], "a socket"),
    (&["UdpSocket"], "a socket"),
    (&["std", "env"], "the environment"),
    (&["std", "fs"], "files"),
    (&["std", "net"], "sockets (`core::net` has the addresses)"),
    (&["std", "os"], "a platform"),
    (&["std", "process"], "a process"),
    (&["thread", "Builder"], "a thread"),
    (&["thread", "park_timeout"], "a clock"),
    (&["thread", "scope"], "a thread"),
    (&["thread", "sleep"], "a clock"),
    (&["thread", "spawn"], "a thread"),
    (&["recv_timeout"], "a clock"),
    (&["wait_timeout"], "a clock"),
    (&["wait_timeout_while"], "a clock"),
];

const SILENCED: [&str; 2] = ["disallowed_methods", "disallowed_types"];

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Outcome {
        scan_both("", text)
    }

    fn scan_both(cognito: &str, core: &str) -> Outcome {
        let files = PURE.into_iter().zip([cognito, core]).collect::<Vec<_>>();
        check_scan(&Workspace::of(&files))
    }

    fn list(leave_out: &str, more: &str) -> Outcome {
        let kept = MUST.iter().filter(|path| **path != leave_out);
        let entries: Vec<_> = kept.map(|path| format!("{path:?}")).collect();
        let text = format!("disallowed-methods = [{}]\n{more}", entries.join(", "));
        let root = ("clippy.toml", "allow-unwrap-in-tests = true");
        check_list(&Workspace::of(&[root, (LIST, &text)]))
    }

    #[test]
    fn the_list_must_be_whole() {
        assert!(list("", "allow-unwrap-in-tests = true").is_ok());
        for path in MUST {
            let faults = list(path, "allow-unwrap-in-tests = true").expect_err(path);
            assert!(faults[0].to_string().starts_with(&format!("`{path}` is not disallowed")));
        }
    }

    #[test]
    fn the_list_keeps_what_the_root_says() {
        assert!(list("", "").is_err());
        assert!(list("", "allow-unwrap-in-tests = false").is_err());
    }

    #[test]
    fn an_entry_that_checks_nothing_does_not_count() {
        let path = "std::time::Instant::now";
        let more = |extra: &str| {
            format!(
                "allow-unwrap-in-tests = true\n\
                disallowed-types = [{{ path = {path:?}, reason = \"a clock\" {extra} }}]"
            )
        };
        assert!(list(path, &more("")).is_ok());
        assert!(list(path, &more(", allow-invalid = true")).is_err());
    }

    #[test]
    fn the_outside_is_found() {
        for text in [
            "fn f() { std::time::Instant::now(); }",
            "use std::time::{Duration, Instant};",
            "use std::{fs as files};",
            "use std::net::IpAddr;",
            "fn f() { thread::sleep(d) }",
            "use std::thread::{self, spawn};",
            "fn f() { SystemTime::now() }",
            "fn f() { ::std::env::var(\"A\") }",
            "fn f() { condvar.wait_timeout(guard, d) }",
            "macro_rules! m { () => { std::process::exit(1) } }",
            "#[cfg(windows)] fn f() { std::os::windows::a() }",
        ] {
            let faults = scan(text).expect_err(text);
            assert!(faults[0].to_string().contains("in jwks-core/src/lib.rs:1"), "{}", faults[0]);
        }
    }

    #[test]
    fn cognito_is_looked_at_too() {
        let faults = scan_both("fn f() { std::env::vars() }", "").expect_err("the environment");
        assert!(faults[0].to_string().contains("in jwks-cognito/src/lib.rs:1"), "{}", faults[0]);
        assert!(check_scan(&Workspace::of(&[(PURE[1], "")])).is_err());
    }

    #[test]
    fn what_is_pure_passes() {
        for text in [
            "use std::time::{Duration, SystemTime, UNIX_EPOCH};",
            "use core::net::IpAddr;",
            "use std::sync::{Arc, Condvar, Mutex}; use std::thread;",
            "fn f() { thread::park() }",
            "const V: &str = env!(\"CARGO_PKG_VERSION\");",
            "/// Not `std::time::Instant`.\nstruct Time; // std::fs",
            "#[cfg(test)] mod tests { use std::thread::spawn; }",
        ] {
            let outcome = scan(text);
            assert!(outcome.is_ok(), "{text}: {}", outcome.expect_err("just seen")[0]);
        }
    }

    #[test]
    fn silence_is_for_tests_only() {
        let silence = "#[expect(clippy::disallowed_methods, reason = \"a\")]";
        assert!(scan(&format!("{silence} fn f() {{}}")).is_err());
        assert!(scan("#![allow(clippy::disallowed_types)]").is_err());
        assert!(scan(&format!("#[cfg(test)] {silence} mod tests {{}}")).is_ok());
        assert!(scan(&format!("#[cfg(test)] mod tests {{ {silence} fn f() {{}} }}")).is_ok());
    }
}

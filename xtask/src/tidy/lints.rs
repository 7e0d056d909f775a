//! Every crate is under the workspace's lints, and an exception has a reason.

use toml::Value;

use super::source::modules;
use super::{Fault, Outcome, Workspace, bans, outcome};

pub(super) fn check(workspace: &Workspace) -> Outcome {
    let mut faults = Vec::new();
    let root = bans::table(workspace, "Cargo.toml")?;
    let lint = |name: &str| root.get("workspace")?.get("lints")?.get("rust")?.get(name)?.as_str();
    if lint("unsafe_code") != Some("forbid") {
        let mend = "set `unsafe_code = \"forbid\"` under [workspace.lints.rust]";
        faults.push(Fault::new("unsafe code is not forbidden", "Cargo.toml", mend));
    }
    let mut exceptions = 0;
    for member in workspace.members() {
        let path = format!("{}/Cargo.toml", member.folder);
        let manifest = bans::table(workspace, &path)?;
        let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        if inherits.and_then(Value::as_bool) != Some(true) {
            faults.push(Fault::new(
                format!("{} has lints of its own", member.name),
                path,
                "set `workspace = true` under [lints]",
            ));
        }
        for root in &member.roots {
            for module in modules(workspace, root)? {
                for attribute in &module.scan.attributes {
                    let verdict = judge(&attribute.text);
                    exceptions += usize::from(verdict != Verdict::Other);
                    if verdict == Verdict::Wrong {
                        faults.push(Fault::new(
                            format!("`{}`", attribute.text),
                            format!("{}:{}", module.file, attribute.line),
                            "write `expect(.., reason = \"..\")`",
                        ));
                    }
                }
            }
        }
    }
    outcome(
        faults,
        format!("inherited by every crate, {exceptions} exceptions, each with a reason"),
    )
}

#[derive(Debug, Eq, PartialEq)]
enum Verdict {
    Other,
    Right,
    Wrong,
}

fn judge(attribute: &str) -> Verdict {
    // As the lexer sets spaces: `expect (..)` or `expect(..)`.
    let level = attribute.split('(').next().unwrap_or_default().trim();
    match level {
        "allow" => Verdict::Wrong,
        "expect" if attribute.contains("reason =") => Verdict::Right,
        "expect" => Verdict::Wrong,
        _ => Verdict::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::Package;

    const ROOT: &str = "[workspace.lints.rust]\nunsafe_code = \"forbid\"";
    const MEMBER: &str = "[lints]\nworkspace = true";

    fn checked(root: &str, member: &str, text: &str) -> Outcome {
        let files = [("Cargo.toml", root), ("a/Cargo.toml", member), ("a/src/lib.rs", text)];
        check(&Workspace::of(&files).with_packages(vec![Package::member("a")]))
    }

    #[test]
    fn lints_are_inherited_and_unsafe_code_is_forbidden() {
        assert!(checked(ROOT, MEMBER, "").is_ok());
        assert!(checked("[workspace.lints.rust]\nunsafe_code = \"deny\"", MEMBER, "").is_err());
        assert!(checked("", MEMBER, "").is_err());
        assert!(checked(ROOT, "[lints.rust]\nunsafe_code = \"allow\"", "").is_err());
        assert!(checked(ROOT, "", "").is_err());
    }

    #[test]
    fn exceptions_are_expected_and_have_a_reason() {
        for (text, right) in [
            ("#[expect(dead_code, reason = \"soon\")] fn f() {}", true),
            ("#![expect(\n    dead_code,\n    reason = \"soon\"\n)]", true),
            ("#[expect(dead_code)] fn f() {}", false),
            ("#[allow(dead_code, reason = \"soon\")] fn f() {}", false),
            ("#[cfg(test)] mod tests { #![allow(dead_code)] }", false),
            ("// #[allow(dead_code)]\n#[derive(Debug)] struct A;", true),
        ] {
            assert_eq!(checked(ROOT, MEMBER, text).is_ok(), right, "{text}");
        }
    }
}

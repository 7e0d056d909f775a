//! The licences of all packages, against those that deny.toml allows.

use toml::Value;

use super::{Fault, Outcome, Workspace, bans, outcome};

pub(super) fn check(workspace: &Workspace) -> Outcome {
    let deny = bans::deny(workspace)?;
    let allowed: Vec<_> = deny
        .get("licenses")
        .and_then(|licences| licences.get("allow"))
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let mut faults = Vec::new();
    for package in &workspace.packages {
        let licence = package.licence.as_deref().unwrap_or("none given");
        if !Expression::new(licence).holds(&allowed) {
            faults.push(Fault::new(
                format!("{} {} has the licence `{licence}`", package.name, package.version),
                "deny.toml",
                "allow it in `licenses.allow`, or do without the package",
            ));
        }
    }
    outcome(
        faults,
        format!("{} packages, all under {}", workspace.packages.len(), allowed.join(", ")),
    )
}

/// An SPDX licence expression; the `/` of old manifests is an `OR`.
struct Expression<'a> {
    rest: Vec<&'a str>,
}

impl<'a> Expression<'a> {
    fn new(text: &'a str) -> Self {
        let mut rest = Vec::new();
        for word in text.split_whitespace() {
            let cut = |c: char| matches!(c, '(' | ')' | '/');
            for part in word.split_inclusive(cut) {
                let name = part.trim_end_matches(cut);
                let sign = part.get(name.len()..).unwrap_or_default();
                rest.extend([name, sign].into_iter().filter(|it| !it.is_empty()));
            }
        }
        rest.reverse();
        Self { rest }
    }

    /// False too for what is no expression.
    fn holds(mut self, allowed: &[&str]) -> bool {
        self.any(allowed) == Some(true) && self.rest.is_empty()
    }

    fn any(&mut self, allowed: &[&str]) -> Option<bool> {
        let mut held = self.all(allowed)?;
        while matches!(self.rest.last(), Some(&"OR" | &"/")) {
            self.rest.pop();
            held |= self.all(allowed)?;
        }
        Some(held)
    }

    fn all(&mut self, allowed: &[&str]) -> Option<bool> {
        let mut held = self.one(allowed)?;
        while self.rest.last() == Some(&"AND") {
            self.rest.pop();
            held &= self.one(allowed)?;
        }
        Some(held)
    }

    fn one(&mut self, allowed: &[&str]) -> Option<bool> {
        let name = self.rest.pop()?;
        if name == "(" {
            let held = self.any(allowed)?;
            return (self.rest.pop()? == ")").then_some(held);
        }
        // An exception only ever allows more.
        if self.rest.last() == Some(&"WITH") {
            self.rest.pop();
            self.rest.pop()?;
        }
        Some(allowed.contains(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::Package;

    fn holds(text: &str) -> bool {
        Expression::new(text).holds(&["MIT", "ISC", "Apache-2.0"])
    }

    #[test]
    fn expressions_that_hold() {
        for text in [
            "MIT",
            "MIT OR GPL-3.0",
            "GPL-3.0 OR MIT",
            "Unlicense/MIT",
            "Apache-2.0 / MIT",
            "ISC AND (GPL-3.0 OR ISC) AND MIT",
            "(MIT OR GPL-3.0) AND (ISC)",
            "Apache-2.0 WITH LLVM-exception OR GPL-3.0",
            "GPL-3.0 AND ISC OR MIT",
        ] {
            assert!(holds(text), "{text}");
        }
    }

    #[test]
    fn expressions_that_do_not_hold() {
        for text in [
            "",
            "none given",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT OR ISC) AND GPL-3.0",
            "MIT OR",
            "MIT)",
            "(MIT",
            "MIT ISC",
            "AND",
        ] {
            assert!(!holds(text), "{text}");
        }
    }

    #[test]
    fn a_package_is_named_with_its_licence() {
        let mut package = Package::member("a");
        package.licence = Some("GPL-3.0".to_owned());
        let deny = ("deny.toml", "[licenses]\nallow = [\"MIT\"]");
        let workspace = Workspace::of(&[deny]).with_packages(vec![Package::member("b"), package]);

        let faults = check(&workspace).expect_err("not allowed");
        assert_eq!(faults.len(), 1);
        assert!(faults[0].to_string().starts_with("a 0.1.0 has the licence `GPL-3.0`"));
    }
}

//! The changelog has a heading for the version in the manifest.

use super::{Fault, Outcome, Workspace, bans, outcome};

pub(super) fn check(workspace: &Workspace) -> Outcome {
    let manifest = bans::table(workspace, "Cargo.toml")?;
    let version = manifest
        .get("workspace")
        .and_then(|it| it.get("package")?.get("version")?.as_str())
        .unwrap_or("none given");
    let heading = format!("## [{version}]");
    let text = workspace.text(CHANGELOG).unwrap_or_default();
    let faults = if text.lines().any(|line| line.starts_with(&heading)) {
        Vec::new()
    } else {
        let mend = format!("begin a section `{heading} - unreleased`");
        vec![Fault::new(format!("version {version} is not there"), CHANGELOG, mend)]
    };
    outcome(faults, format!("has version {version}"))
}

const CHANGELOG: &str = "CHANGELOG.md";

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: (&str, &str) = ("Cargo.toml", "[workspace.package]\nversion = \"0.2.0\"");

    #[test]
    fn the_version_must_have_a_heading() {
        for (text, right) in [
            ("# Changelog\n\n## [0.2.0] - unreleased\n", true),
            ("# Changelog\n\n## [0.2.0-rc.1]\n", false),
            ("# Changelog\n\n## [0.1.0]\n\nBefore 0.2.0.\n", false),
            ("# Changelog, ## [0.2.0]\n", false),
            ("", false),
        ] {
            let workspace = Workspace::of(&[MANIFEST, (CHANGELOG, text)]);
            assert_eq!(check(&workspace).is_ok(), right, "{text}");
        }
        assert!(check(&Workspace::of(&[MANIFEST])).is_err());
        assert!(check(&Workspace::of(&[("Cargo.toml", ""), (CHANGELOG, "## [0.2.0]")])).is_err());
    }
}

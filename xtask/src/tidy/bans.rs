//! The packages that deny.toml bans, and the places they may come from, against Cargo.lock.

use cargo_metadata::semver::{Version, VersionReq};
use toml::{Table, Value};

use super::{Fault, Outcome, Workspace, outcome};

pub(super) fn check(workspace: &Workspace) -> Outcome {
    let bans = Ban::read(workspace)?;
    let locked = Locked::read(workspace)?;
    let mut faults = Vec::new();
    for package in &locked {
        for ban in bans.iter().filter(|ban| ban.hits(package)) {
            faults.push(Fault::new(
                format!("{} {} is banned: {}", package.name, package.version, ban.reason),
                LOCK,
                format!(
                    "`cargo tree --invert {}@{}` names who needs it",
                    package.name, package.version
                ),
            ));
        }
        if package.source.as_ref().is_some_and(|source| source != REGISTRY) {
            faults.push(Fault::new(
                format!(
                    "{} {} comes from elsewhere than the registry",
                    package.name, package.version
                ),
                LOCK,
                "depend on a published version",
            ));
        }
    }
    outcome(faults, format!("{} packages, none hit by {} bans", locked.len(), bans.len()))
}

/// The source of a published package, as Cargo.lock names it.
const REGISTRY: &str = concat!("registry+https://github.com/rust-lang/", "cr", "ates.io-index");

const DENY: &str = "deny.toml";

const LOCK: &str = "Cargo.lock";

/// deny.toml as a table.
pub(super) fn deny(workspace: &Workspace) -> Result<Table, Vec<Fault>> {
    table(workspace, DENY)
}

pub(super) fn table(workspace: &Workspace, path: &str) -> Result<Table, Vec<Fault>> {
    let fault = |what: String| vec![Fault::new(what, path, "mend the file")];
    let text = workspace.text(path).ok_or_else(|| fault("a file is missing".to_owned()))?;
    text.parse().map_err(|error: toml::de::Error| fault(error.message().to_owned()))
}

struct Ban {
    name: String,
    reason: String,
    versions: VersionReq,
}

impl Ban {
    fn read(workspace: &Workspace) -> Result<Vec<Self>, Vec<Fault>> {
        let deny = deny(workspace)?;
        let list = deny.get("bans").and_then(|bans| bans.get("deny")).and_then(Value::as_array);
        let bans: Option<Vec<_>> = list.and_then(|list| list.iter().map(Self::parse).collect());
        bans.filter(|bans| !bans.is_empty()).ok_or_else(|| {
            let mend = "each is { name = .., version = .., reason = .. }, the version optional";
            vec![Fault::new("the bans cannot be read, or there are none", DENY, mend)]
        })
    }

    fn parse(entry: &Value) -> Option<Self> {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        Some(Self {
            name: text("name")?.to_owned(),
            reason: text("reason")?.to_owned(),
            versions: match entry.get("version") {
                None => VersionReq::STAR,
                Some(version) => VersionReq::parse(version.as_str()?).ok()?,
            },
        })
    }

    fn hits(&self, package: &Locked) -> bool {
        // A requirement never matches a pre-release of another version: judge it as a release.
        let release = Version { pre: Default::default(), ..package.version.clone() };
        self.name == package.name && self.versions.matches(&release)
    }
}

struct Locked {
    name: String,
    source: Option<String>,
    version: Version,
}

impl Locked {
    fn read(workspace: &Workspace) -> Result<Vec<Self>, Vec<Fault>> {
        let lock = table(workspace, LOCK)?;
        let list = lock.get("package").and_then(Value::as_array);
        list.and_then(|list| list.iter().map(Self::parse).collect()).ok_or_else(|| {
            vec![Fault::new("its packages cannot be read", LOCK, "let cargo write it anew")]
        })
    }

    fn parse(entry: &Value) -> Option<Self> {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        Some(Self {
            name: text("name")?.to_owned(),
            source: text("source").map(String::from),
            version: Version::parse(text("version")?).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BANS: &str = r#"
        [bans]
        deny = [
            { name = "hyper", version = "<1", reason = "old" },
            { name = "webpki", reason = "unmaintained" },
        ]
    "#;

    fn check_lock(packages: &[(&str, &str, Option<&str>)]) -> Outcome {
        let mut lock = String::new();
        for (name, version, source) in packages {
            lock += &format!("[[package]]\nname = {name:?}\nversion = {version:?}\n");
            if let Some(source) = source {
                lock += &format!("source = {source:?}\n");
            }
        }
        check(&Workspace::of(&[(DENY, BANS), (LOCK, &lock)]))
    }

    #[test]
    fn what_is_not_banned_passes() {
        let detail = check_lock(&[
            ("hyper", "1.12.0", Some(REGISTRY)),
            ("rustls-webpki", "0.103.1", Some(REGISTRY)),
            ("jwks-core", "0.1.0", None),
        ]);
        assert_eq!(detail.expect("nothing banned"), "3 packages, none hit by 2 bans");
    }

    #[test]
    fn banned_versions_are_hit() {
        for (name, version) in [
            ("hyper", "0.13.10"),
            ("hyper", "0.14.32"),
            ("hyper", "0.15.0-rc.1"),
            ("webpki", "0.22.4"),
            ("webpki", "7.0.0"),
        ] {
            let faults = check_lock(&[(name, version, Some(REGISTRY))]).expect_err("banned");
            assert_eq!(faults.len(), 1);
            assert!(faults[0].to_string().starts_with(&format!("{name} {version} is banned: ")));
        }
    }

    #[test]
    fn other_sources_are_refused() {
        for source in ["git+https://example.com/a", "registry+https://example.com/index"] {
            assert!(check_lock(&[("a", "1.0.0", Some(source))]).is_err());
        }
    }

    #[test]
    fn bans_that_cannot_be_read_are_no_success() {
        for deny in [
            "",
            "[bans]\ndeny = []",
            "[bans]\ndeny = [{ name = \"a\" }]",
            "[bans]\ndeny = [{ name = \"a\", version = \"<\", reason = \"b\" }]",
            "[bans",
        ] {
            let workspace = Workspace::of(&[(DENY, deny), (LOCK, "package = []")]);
            assert!(check(&workspace).is_err(), "{deny}");
        }
    }
}

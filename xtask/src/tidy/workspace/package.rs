//! One package of the dependency graph, with no more than the checks ask for.

use cargo_metadata::semver::Version;
use cargo_metadata::{Dependency, DependencyKind, Metadata, NodeDep};

#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub(crate) declared: Vec<Declared>,
    pub(crate) description: Option<String>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) features: Vec<String>,
    /// The folder, from the root of the workspace. Empty for a package from elsewhere.
    pub(crate) folder: String,
    pub(crate) has_docs_rs: bool,
    pub(crate) id: String,
    pub(crate) licence: Option<String>,
    pub(crate) member: bool,
    pub(crate) name: String,
    pub(crate) publish: bool,
    /// The first file of each target, from the root of the workspace, the library's first.
    pub(crate) roots: Vec<String>,
    pub(crate) version: Version,
}

/// A dependency as the manifest has it.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    /// Those asked for, `default` among them when it is not switched off.
    pub(crate) features: Vec<String>,
    pub(crate) kind: Kind,
    pub(crate) name: String,
}

/// A dependency as resolved.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    pub(crate) kind: Kind,
    /// The [`Package::id`] of the other end.
    pub(crate) to: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Build,
    Dev,
    /// For no user's build: `cfg(loom)`, which only `cargo xtask test` sets.
    Model,
    Normal,
}

impl Package {
    /// Whether it is a member that goes to the registry.
    pub(crate) fn published(&self) -> bool {
        self.member && self.publish
    }

    pub(super) fn read(
        package: &cargo_metadata::Package,
        member: bool,
        root: &str,
        edges: Vec<Edge>,
    ) -> Self {
        let inside = |path: &str| {
            path.strip_prefix(root).map(|it| it.trim_start_matches(['/', '\\']).replace('\\', "/"))
        };
        let mut targets: Vec<_> = package.targets.iter().collect();
        targets.sort_by_key(|target| !target.is_lib());
        Self {
            declared: package.dependencies.iter().map(Declared::read).collect(),
            description: package.description.clone(),
            edges,
            features: package.features.keys().cloned().collect(),
            folder: package
                .manifest_path
                .parent()
                .and_then(|it| inside(it.as_str()))
                .unwrap_or_default(),
            has_docs_rs: package.metadata.pointer("/docs/rs").is_some(),
            id: package.id.repr.clone(),
            licence: package.license.clone(),
            member,
            name: package.name.to_string(),
            publish: package.publish.as_ref().is_none_or(|registries| !registries.is_empty()),
            roots: targets.iter().filter_map(|target| inside(target.src_path.as_str())).collect(),
            version: package.version.clone(),
        }
    }

    #[cfg(test)]
    pub(crate) fn member(name: &str) -> Self {
        Self {
            declared: Vec::new(),
            description: Some(format!("{name} for tests.")),
            edges: Vec::new(),
            features: Vec::new(),
            folder: name.to_owned(),
            has_docs_rs: true,
            id: name.to_owned(),
            licence: Some("MIT OR Apache-2.0".to_owned()),
            member: true,
            name: name.to_owned(),
            publish: true,
            roots: vec![format!("{name}/src/lib.rs")],
            version: Version::new(0, 1, 0),
        }
    }

    #[cfg(test)]
    pub(crate) fn foreign(name: &str, version: Version) -> Self {
        Self {
            folder: String::new(),
            member: false,
            roots: Vec::new(),
            version,
            ..Self::member(name)
        }
    }

    #[cfg(test)]
    pub(crate) fn with_features(mut self, features: &[&str]) -> Self {
        self.features = features.iter().copied().map(String::from).collect();
        self
    }

    /// Both as declared and as resolved.
    #[cfg(test)]
    pub(crate) fn needs(mut self, name: &str, kind: Kind, features: &[&str]) -> Self {
        let features = features.iter().copied().map(String::from).collect();
        self.declared.push(Declared { features, kind, name: name.to_owned() });
        self.edges.push(Edge { kind, to: name.to_owned() });
        self
    }
}

impl Declared {
    fn read(dependency: &Dependency) -> Self {
        let mut features = dependency.features.clone();
        if dependency.uses_default_features {
            features.push("default".to_owned());
        }
        let target = dependency.target.as_ref().map(ToString::to_string);
        let kind = Kind::of(dependency.kind, target.as_deref());
        Self { features, kind, name: dependency.name.clone() }
    }
}

impl Edge {
    pub(super) fn read(dep: &NodeDep, metadata: &Metadata) -> Option<Self> {
        let to = metadata.packages.iter().find(|package| package.id == dep.pkg)?;
        // The strongest kind is the one that counts: normal before build before the others.
        let kinds = dep.dep_kinds.iter().map(|info| {
            Kind::of(info.kind, info.target.as_ref().map(ToString::to_string).as_deref())
        });
        let kind = kinds.max_by_key(|kind| kind.strength())?;
        Some(Self { kind, to: to.id.repr.clone() })
    }
}

impl Kind {
    fn of(kind: DependencyKind, target: Option<&str>) -> Self {
        match kind {
            _ if target == Some("cfg(loom)") => Self::Model,
            DependencyKind::Build => Self::Build,
            DependencyKind::Development => Self::Dev,
            _ => Self::Normal,
        }
    }

    fn strength(self) -> u8 {
        match self {
            Self::Dev | Self::Model => 0,
            Self::Build => 1,
            Self::Normal => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_under_loom_is_for_models_only() {
        let normal = DependencyKind::Normal;
        assert_eq!(Kind::of(normal, Some("cfg(loom)")), Kind::Model);
        assert_eq!(Kind::of(normal, Some("cfg(not(loom))")), Kind::Normal);
        assert_eq!(Kind::of(normal, None), Kind::Normal);
        assert_eq!(Kind::of(DependencyKind::Development, None), Kind::Dev);
    }
}

//! This workspace is tidy, and a fault planted in it is found by the check that looks for it.

use std::sync::LazyLock;

use cargo_metadata::{Dependency, DependencyKind, NodeDep, Package, Source};

use super::*;

static TREE: LazyLock<Tree> = LazyLock::new(|| Tree::read().expect("the workspace can be read"));

#[test]
fn this_workspace_is_tidy() {
    for (name, check) in CHECKS {
        assert_eq!(check(&TREE).expect(name), [""; 0], "{name}");
    }
}

/// The faults that the check finds once `spoil` has changed the tree, a line each.
fn planted(check: Check, spoil: impl FnOnce(&mut Tree)) -> String {
    let mut tree = TREE.clone();
    spoil(&mut tree);
    check(&tree).expect("the check runs").join("\n")
}

fn file(check: Check, path: &str, change: impl FnOnce(&str) -> String) -> String {
    planted(check, |tree| {
        let text = change(tree.files.get(path).map(String::as_str).unwrap_or_default());
        tree.files.insert(path.to_owned(), text);
    })
}

fn package<'a>(tree: &'a mut Tree, name: &str) -> &'a mut Package {
    tree.metadata.packages.iter_mut().find(|it| it.name == name).expect(name)
}

/// A dependency of one of our crates, to be given to another.
fn dependency(of: &str, name: &str) -> Dependency {
    let of = TREE.member(of).expect(of).dependencies.iter();
    of.into_iter().find(|it| it.name == name).expect(name).clone()
}

fn depend(check: Check, from: &str, dependency: Dependency) -> String {
    planted(check, |tree| package(tree, from).dependencies.push(dependency))
}

#[test]
fn arrows() {
    let adapter = || dependency("jwks-tests", "jwks-tokio");
    let fault = depend(arrows::check, "jwks-cognito", adapter());
    assert!(fault.starts_with("jwks-cognito depends on the adapter jwks-tokio"), "{fault}");
    assert_eq!(depend(arrows::check, "jwks-tests", adapter()), "");
    let kit = dependency("jwks-conformance", "jwks-testkit");
    let fault = depend(arrows::check, "jwks-tokio", kit);
    assert_eq!(fault, "jwks-tokio depends on jwks-testkit; make it a dev-dependency");
}

#[test]
fn core_dependencies() {
    let tokio = dependency("jwks-tokio", "tokio");
    let fault = depend(core::check, "jwks-core", tokio);
    assert!(fault.starts_with("jwks-core depends on `tokio default "), "{fault}");
    let mut backend = dependency("jwks-core", "jsonwebtoken");
    backend.features.push("aws_lc_rs".to_owned());
    let fault = depend(core::check, "jwks-core", backend);
    assert!(fault.contains("`jsonwebtoken aws_lc_rs`"), "{fault}");
}

#[test]
fn core_runtimes() {
    let fault = planted(runtimes::check, |tree| {
        let [from, to] = ["jwks-cognito", "jwks-tokio"].map(|it| package(tree, it).id.clone());
        let nodes = &mut tree.metadata.resolve.as_mut().expect("resolved").nodes;
        let normal =
            |it: &&NodeDep| it.dep_kinds.iter().any(|it| it.kind == DependencyKind::Normal);
        let mut edges = nodes.iter().flat_map(|it| &it.deps).filter(normal);
        let edge = edges.find(|it| it.pkg == to).cloned();
        nodes.iter_mut().find(|it| it.id == from).expect("resolved").deps.extend(edge);
    });
    assert!(fault.contains("jwks-cognito reaches mio"), "{fault}");
    assert!(fault.contains("jwks-tower reaches mio"), "by its feature `cognito`: {fault}");
}

#[test]
fn bans_sources_and_licences() {
    let fault = planted(deny::check_bans, |tree| {
        package(tree, "hyper").version = "0.14.32".parse().expect("a version");
    });
    assert!(fault.starts_with("hyper@0.14.32 is banned: "), "{fault}");

    let elsewhere = Source { repr: "git+https://example.com/a".to_owned() };
    let fault = planted(deny::check_sources, |tree| package(tree, "http").source = Some(elsewhere));
    assert!(fault.contains("http@"), "{fault}");

    for (licence, right) in [
        ("GPL-3.0-only", false),
        ("MIT AND GPL-3.0-only", false),
        ("none", false),
        ("GPL-3.0-only/MIT", true),
        ("(GPL-3.0-only OR MIT) AND ISC", true),
    ] {
        let spoil = |tree: &mut Tree| package(tree, "http").license = Some(licence.to_owned());
        let fault = planted(deny::check_licences, spoil);
        assert_eq!(fault.is_empty(), right, "{licence}: {fault}");
    }
}

#[test]
fn files() {
    let fault = file(files::check_sizes, "xtask/src/main.rs", |_| "\n".repeat(501));
    assert!(fault.starts_with("xtask/src/main.rs has 501 lines"), "{fault}");
    for path in ["xtask/src/lost.rs", "tests/tests/tokio/lost.rs", "jwks-core/src/keys/lost/mod.rs"]
    {
        let fault = file(files::check_used, path, |_| String::new());
        assert!(fault.starts_with(path), "{fault}");
    }
    let fault = file(files::check_used, "tests/tests/tokio/main.rs", |text| {
        text.replace("mod run;", "// mod run;")
    });
    assert!(fault.starts_with("tests/tests/tokio/run.rs"), "{fault}");
    let by_path = planted(files::check_used, |tree| {
        let named = [("tests/a/b.rs", ""), ("tests/tests/readme.rs", "#[path = \"../a/b.rs\"]")];
        tree.files.extend(named.map(|(path, text)| (path.to_owned(), text.to_owned())));
    });
    assert_eq!(by_path, "");
    assert_eq!(file(files::check_used, "tests/peers/src/lost.rs", |_| String::new()), "");
}

#[test]
fn floors() {
    for (path, text, named) in [
        ("keys/mod.rs", "fn f(a: crate::cache::A) {}", "crate::cache::A"),
        ("keys/mod.rs", "use crate::{refresh, verify::A};", "crate::verify::A"),
        ("keys/mod.rs", "mod m { use super::super::cache; }", "crate::cache"),
        ("keys/mod.rs", "fn f() { assert!(a(&crate::cache::A)) }", "crate::cache::A"),
        ("keys/mod.rs", "use crate::Error;", "crate::Error"),
        ("cache/mod.rs", "use super::verify;", "crate::verify"),
        ("refresh/machine.rs", "use super::super::keys;", "crate::keys"),
        ("refresh/machine.rs", "use std::{fmt, sync::Arc};", "std::sync::Arc"),
        ("refresh/machine.rs", "async fn f() {}", "async"),
        ("refresh/machine.rs", "type A = http::Request<()>;", "http::Request"),
    ] {
        let fault = file(floors::check, &format!("jwks-core/src/{path}"), |_| text.to_owned());
        assert!(fault.starts_with(&format!("`{named}` in ")), "{text}: {fault}");
    }
    let gone = planted(floors::check, |tree| {
        tree.files.retain(|path, _| !path.starts_with("jwks-core/src/verify/"));
    });
    assert!(gone.starts_with("no file in jwks-core/src/verify/"), "{gone}");
}

#[test]
fn leaks() {
    for (before, found) in [
        ("see `", concat!("/", "home/")),
        ("file://", concat!("/", "tmp/")),
        ("https://index.", concat!("crates", ".io")),
    ] {
        let fault = file(leaks::check, "README.md", |_| format!("\n{before}{found}me"));
        assert!(fault.starts_with(&format!("`{found}` in README.md:2")), "{fault}");
    }
    assert_eq!(file(leaks::check, "README.md", |_| "https://example.com/tmp/a".to_owned()), "");
}

#[test]
fn loops() {
    let code = |lines| file(loops::check, "jwks-tokio/src/run.rs", |_| "f!();\n".repeat(lines));
    assert!(code(41).starts_with("jwks-tokio/src/run.rs has 41 lines of code, 40 at most"));
    assert!(code(0).starts_with("jwks-tokio/src/run.rs has 0 lines of code"));
}

#[test]
fn members() {
    let fault =
        file(members::check, "jwks-tokio/Cargo.toml", |text| text.replace("[lints]", "[l]"));
    assert!(fault.starts_with("jwks-tokio/Cargo.toml lacks workspace = true under [lints]"));
    let fault = planted(members::check, |tree| package(tree, "jwks-tokio").description = None);
    assert!(fault.starts_with("jwks-tokio/Cargo.toml lacks a description"), "{fault}");
    let fault = file(members::check_changelog, "CHANGELOG.md", |_| "# Changelog".to_owned());
    assert!(fault.starts_with("CHANGELOG.md lacks `## [0.1.0]`"), "{fault}");
}

use std::str::FromStr as _;

use proc_macro2::TokenStream;

use super::{Named, Scan};

fn scan(text: &str) -> Scan {
    let tokens = TokenStream::from_str(text).expect("the example is Rust");
    Scan::of(tokens, &["floor".to_owned(), "file".to_owned()])
}

fn named(text: &str) -> Vec<String> {
    scan(text).names.iter().filter(|name| name.path.len() > 1).map(Named::shown).collect()
}

#[test]
fn use_trees_are_taken_apart() {
    let text = "use std::{self, fmt as f, sync::{Arc, atomic::*}, time::Duration};";
    assert_eq!(
        named(text),
        ["std::fmt", "std::sync::Arc", "std::sync::atomic", "std::time::Duration"]
    );
}

#[test]
fn paths_are_found_wherever_they_stand() {
    assert_eq!(
        named("fn f() -> a::B { c!(d::e(::g::h)); Vec::<i::J>::new() }"),
        ["a::B", "d::e", "::g::h", "i::J"]
    );
}

#[test]
fn a_name_before_an_angle_is_a_name() {
    let names: Vec<_> = scan("Vec::<u8>::new()").names.iter().map(Named::shown).collect();
    assert!(names.contains(&"Vec".to_owned()), "{names:?}");
}

#[test]
fn comments_and_text_name_nothing() {
    let text = "/// a::b\n// c::d\n/* e::f */ fn f() { \"g::h\"; r#\"i::j\"#; }";
    assert_eq!(named(text), [""; 0]);
}

#[test]
fn visibility_names_nothing_but_a_type_does() {
    let text = "pub(in crate::a) struct A(pub(crate) u8, pub (crate::b::B));";
    assert_eq!(named(text), ["crate::b::B"]);
}

#[test]
fn paths_are_resolved_from_the_root() {
    let resolved = |text: &str| {
        let scan = scan(text);
        scan.names.iter().find_map(Named::rooted).map(|path| path.join("::"))
    };
    assert_eq!(resolved("use crate::a::B;").as_deref(), Some("a::B"));
    assert_eq!(resolved("use self::a::B;").as_deref(), Some("floor::file::a::B"));
    assert_eq!(resolved("use super::super::a;").as_deref(), Some("a"));
    assert_eq!(resolved("use super::{super::a};").as_deref(), Some("a"));
    assert_eq!(resolved("use super as s;").as_deref(), Some("floor"));
    assert_eq!(resolved("use crate as root;").as_deref(), Some(""));
    assert_eq!(resolved("mod m { use super::super::super::a; }").as_deref(), Some("a"));
    assert_eq!(resolved("$crate::a!()").as_deref(), Some("a"));
    assert_eq!(resolved("fn f(self) { self.a(); }"), None);
    assert_eq!(resolved("use std::crates;"), None);
}

#[test]
fn code_for_tests_is_known_as_such() {
    for text in [
        "#[cfg(test)] mod tests { fn f() { a::b(); } }",
        "#[cfg(all(test, loom))] #[expect(x, reason = \"y\")] pub(crate) mod tests { use a::b; }",
        "#[cfg(any(test, all(test, loom)))] use a::{b};",
        "#[cfg(test)] pub(crate) const fn f() { a::b(); }",
        "#[cfg(test)] const A: u8 = a::b;",
        "#[cfg(test)] impl A for B { fn f() { a::b } }",
        "#![cfg(test)] fn f() { a::b() }",
        "mod m { #![cfg(test)] fn f() { a::b() } }",
    ] {
        let scan = scan(text);
        let name = scan.names.iter().find(|name| name.shown() == "a::b").expect(text);
        assert!(name.test, "{text}");
        assert!(scan.lines.is_empty() || text.starts_with("mod m"), "{text}: {:?}", scan.lines);
    }
}

#[test]
fn other_code_is_not_for_tests() {
    for text in [
        "#[cfg(not(test))] fn f() { a::b() }",
        "#[cfg(any(test, feature = \"x\"))] fn f() { a::b() }",
        "#[cfg(loom)] fn f() { a::b() }",
        "#[cfg_attr(test, derive(Debug))] struct A(a::b);",
        "#[cfg(test)] fn t() {} fn f() { a::b() }",
        "#[cfg(test)] use t; fn f() { a::b() }",
        "#[cfg(test)] mod t; fn f() { a::b() }",
        "struct A { #[cfg(test)] t: u8, f: a::b }",
    ] {
        let scan = scan(text);
        let name = scan.names.iter().find(|name| name.shown() == "a::b").expect(text);
        assert!(!name.test, "{text}");
    }
}

#[test]
fn children_know_their_path_and_purpose() {
    let scan = scan("mod a; #[cfg(test)] mod b; mod c { pub mod d; } #[cfg(loom)] pub mod e;");
    let children: Vec<_> = scan.children.iter().map(|it| (it.path.join("::"), it.test)).collect();
    assert_eq!(
        children,
        [
            ("floor::file::a".to_owned(), false),
            ("floor::file::b".to_owned(), true),
            ("floor::file::c::d".to_owned(), false),
            ("floor::file::e".to_owned(), false),
        ]
    );
}

#[test]
fn lines_of_code_are_counted() {
    let text = "\
//! Documentation.

use a::b; // counted

/// Documentation.
#[derive(
    Debug
)]
struct A {
    // A comment.
    /* and
       another */
    b: u8,
}

const TEXT: &str = \"two

lines\";

#[cfg(test)]
mod tests {
    fn f() {}
}
";
    let lines: Vec<_> = scan(text).lines.into_iter().collect();
    assert_eq!(lines, [3, 9, 13, 14, 16, 17, 18]);
}

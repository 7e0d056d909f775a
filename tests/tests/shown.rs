//! The code that the documentation shows is the code that is compiled and tested.

const SMOL: &str = include_str!("../src/adapters/smol.rs");
const THREAD: &str = include_str!("../src/adapters/thread.rs");
const DOCS: &str = include_str!("../../jwks-core/src/adapter/guide.md");
const README: &str = include_str!("../../README.md");

#[test]
fn the_docs_of_the_core_show_the_adapter_of_threads_in_full() {
    let code = THREAD.lines().skip_while(|line| line.starts_with("//!") || line.is_empty());
    let code: Vec<_> = code.collect();
    let shown = blocks(DOCS);
    assert_eq!(shown.len(), 1, "one block of code");
    for (number, (is, should)) in shown[0].iter().zip(&code).enumerate() {
        assert_eq!(is, should, "line {} of the code in guide.md", number + 1);
    }
    assert_eq!(shown[0].len(), code.len(), "copy tests/src/adapters/thread.rs into guide.md");
}

#[test]
fn the_readme_shows_the_loop_of_smol() {
    let start = README.find("## Another runtime").expect("the section");
    let section = README[start..].split("\n## ").next().expect("the section");
    let shown = blocks(section);
    assert_eq!(shown.len(), 1, "one block of code");
    let code = format!("\n{}\n", shown[0].join("\n"));
    assert!(SMOL.contains(&code), "not in tests/src/adapters/smol.rs:{code}");
    assert!(code.contains("drive(driver, now"), "the loop");
}

/// Its default features decode what the core is to refuse.
#[test]
fn the_docs_name_the_features_of_ureq() {
    let manifest = include_str!("../../Cargo.toml");
    let line = manifest.lines().find(|line| line.starts_with("ureq = ")).expect("ureq");
    assert!(line.contains("default-features = false") && !line.contains("gzip"), "{line}");
    for (text, shown) in [(DOCS, line.to_owned()), (THREAD, format!("//! {line}"))] {
        assert!(text.lines().any(|it| it == shown), "not shown: {shown}");
    }
}

#[test]
fn the_paths_exist_that_the_docs_name() {
    for text in [DOCS, README] {
        for path in ["tests/src/adapters/smol.rs", "tests/src/adapters/thread.rs"] {
            assert!(text.contains(path), "{path} is not named");
            let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
            assert!(file.is_file(), "{path}");
        }
    }
}

/// The lines of each block of code.
fn blocks(markdown: &str) -> Vec<Vec<&str>> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines();
    while lines.any(|line| line == "```rust,ignore") {
        blocks.push(lines.by_ref().take_while(|line| *line != "```").collect());
    }
    blocks
}

//! The mutants, as cargo-mutants lists them.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::process::{Step, cargo_tool};

/// One change of the source.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Mutant {
    /// The path from the root, line and column, and what is changed in which function.
    pub(super) name: String,
    pub(super) file: String,
    pub(super) function: Option<Function>,
    pub(super) span: Span,
    pub(super) replacement: String,
    pub(super) genre: Genre,
}

impl Mutant {
    /// The name without line and column, which other changes of the file would move.
    pub(super) fn key(&self) -> String {
        let rest = self.name.strip_prefix(&self.file).unwrap_or(&self.name);
        let change = rest.splitn(4, ':').nth(3).unwrap_or(rest);
        format!("{}:{change}", self.file)
    }

    pub(super) fn return_type(&self) -> &str {
        self.function.as_ref().map_or("", |function| &function.return_type)
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Function {
    return_type: String,
}

/// From the first character to the one after the last; lines and columns count from 1.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Span {
    pub(super) start: Place,
    pub(super) end: Place,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub(super) enum Genre {
    BinaryOperator,
    FnValue,
    MatchArm,
    MatchArmGuard,
    StructField,
    UnaryOperator,
}

/// cargo-mutants.
#[derive(Debug)]
pub(super) struct Tool(PathBuf);

impl Tool {
    pub(super) fn find() -> Result<Self> {
        cargo_tool("cargo-mutants", VERSION, &["mutants", "--version"]).map(Self)
    }

    /// All mutants of the files that `.cargo/mutants.toml` names, or of those files alone that the
    /// patterns match, in the order of files and lines.
    pub(super) fn list(&self, files: &[String]) -> Result<Vec<Mutant>> {
        let step = Step::program(&self.0.to_string_lossy(), ["mutants", "--list", "--json"])
            .arguments(files.iter().flat_map(|file| ["--file", file]));
        serde_json::from_str(&step.read()?).context("cargo-mutants lists in an unknown form")
    }
}

const VERSION: &str = "27.1.0";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_no_line() {
        let mutant: Mutant = serde_json::from_str(
            r#"{"name": "a/src/b.rs:12:7: replace < with <= in C::d", "file": "a/src/b.rs",
                "function": null, "replacement": "<=", "genre": "BinaryOperator", "span":
                {"start": {"line": 12, "column": 7}, "end": {"line": 12, "column": 8}}}"#,
        )
        .expect("as cargo-mutants writes it");
        assert_eq!(mutant.key(), "a/src/b.rs: replace < with <= in C::d");
    }
}

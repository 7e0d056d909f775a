//! Rust files as tokens: what they name, which lines are code, which files belong to a crate.
//!
//! Comments never count: the lexer drops plain ones and turns documentation into attributes.

mod cfg;
mod named;
mod scan;
mod tree;

use std::str::FromStr as _;

use proc_macro2::TokenStream;

pub(crate) use named::Named;
pub(crate) use scan::Scan;
pub(crate) use tree::{Module, modules};

/// The attributes of a file, without `#[` and `]`, spaces as the lexer sets them.
///
/// None, when the file is not Rust.
pub(crate) fn attributes(text: &str) -> Vec<String> {
    let found = TokenStream::from_str(text).map(|tokens| Scan::of(tokens, &[]).attributes);
    found.unwrap_or_default().into_iter().map(|it| it.text).collect()
}

#[cfg(test)]
mod tests;

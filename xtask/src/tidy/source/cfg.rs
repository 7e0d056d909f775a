//! `#[cfg(..)]`, as far as tests go.

use proc_macro2::{TokenStream, TokenTree};

/// Whether an attribute is a `cfg` that holds in tests only.
pub(super) fn confines(attribute: TokenStream) -> bool {
    let mut tokens = attribute.into_iter();
    let is_cfg = matches!(tokens.next(), Some(TokenTree::Ident(word)) if word == "cfg");
    let Some(TokenTree::Group(group)) = tokens.next() else { return false };
    is_cfg && needs_test(group.stream())
}

fn needs_test(predicate: TokenStream) -> bool {
    let mut tokens = predicate.into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Ident(word)), None) => word == "test",
        (Some(TokenTree::Ident(word)), Some(TokenTree::Group(group))) if word == "all" => {
            alternatives(group.stream()).into_iter().any(needs_test)
        }
        (Some(TokenTree::Ident(word)), Some(TokenTree::Group(group))) if word == "any" => {
            alternatives(group.stream()).into_iter().all(needs_test)
        }
        _ => false,
    }
}

fn alternatives(list: TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<_> = list.into_iter().collect();
    tokens
        .split(|token| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ','))
        .filter(|part| !part.is_empty())
        .map(|part| part.iter().cloned().collect())
        .collect()
}

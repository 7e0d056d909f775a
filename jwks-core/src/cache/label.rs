//! The name of an issuer in events, status and health.

use std::sync::Arc;

/// A label that was given, fit for a log line. None if it is blank.
pub(crate) fn given(text: &str) -> Option<Arc<str>> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(bounded_and_escaped)
}

/// The label of an issuer, or of a URL, that was given none: without its user information, its
/// query and its fragment, which may hold a secret.
pub(crate) fn of_url(text: &str) -> Arc<str> {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = text.split_once("://") else { return bounded_and_escaped(text) };
    let authority = rest.split('/').next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else { return bounded_and_escaped(text) };
    bounded_and_escaped(&format!("{scheme}://{}", &rest[user.len() + 1..]))
}

/// As other text of strangers: bounded, and what is not printable ASCII escaped.
fn bounded_and_escaped(text: &str) -> Arc<str> {
    let mut characters = text.chars();
    let mut label: String =
        characters.by_ref().take(MOST_CHARACTERS).flat_map(char::escape_default).collect();
    if characters.next().is_some() {
        label.push_str("...");
    }
    label.into()
}

const MOST_CHARACTERS: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_its_own_label_without_what_may_be_secret() {
        for (issuer, label) in [
            ("https://id.example.com", "https://id.example.com"),
            ("https://id.example.com/a/", "https://id.example.com/a/"),
            ("https://id.example.com/a?key=secret#x", "https://id.example.com/a"),
            ("https://me:secret@id.example.com/a@b", "https://id.example.com/a@b"),
            ("https://id.example.com#secret?", "https://id.example.com"),
            ("accounts.example.com", "accounts.example.com"),
            ("https://id.example.com/\n\u{202e}", "https://id.example.com/\\n\\u{202e}"),
        ] {
            assert_eq!(&*of_url(issuer), label);
        }
    }

    #[test]
    fn a_label_is_bounded_and_escaped() {
        assert_eq!(given(" staff ").as_deref(), Some("staff"));
        assert_eq!(given(" \t"), None);
        assert_eq!(given("a\nb\u{1b}").as_deref(), Some("a\\nb\\u{1b}"));
        let long = "x".repeat(MOST_CHARACTERS);
        assert_eq!(given(&long).as_deref(), Some(&*long));
        assert_eq!(given(&format!("{long}x")).unwrap().len(), MOST_CHARACTERS + 3);
    }
}

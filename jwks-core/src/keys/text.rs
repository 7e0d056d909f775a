//! Foreign text made fit for a log line.

use std::fmt::{self, Display, Write as _};

/// Shows at most [`SHOWN`] characters, every one that is not printable ASCII escaped.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(SHOWN) {
            for escaped in character.escape_default() {
                f.write_char(escaped)?;
            }
        }
        if characters.next().is_some() { f.write_str("...") } else { Ok(()) }
    }
}

/// The text of [`Escaped`], kept.
pub(crate) fn escaped(text: &str) -> Box<str> {
    Escaped(text).to_string().into_boxed_str()
}

const SHOWN: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_length_are_tamed() {
        assert_eq!(&*escaped("plain-1"), "plain-1");
        assert_eq!(&*escaped("a\n\u{1b}[31m\u{202e}\"ß"), r#"a\n\u{1b}[31m\u{202e}\"\u{df}"#);
        assert_eq!(escaped(&"x".repeat(64)).len(), 64);
        assert_eq!(&*escaped(&"x".repeat(65)), format!("{}...", "x".repeat(64)));
    }
}

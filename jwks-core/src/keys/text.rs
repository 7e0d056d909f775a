//! Foreign text made fit for a log line.

use std::error::Error;
use std::fmt::{self, Display, Write};

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

/// Shows what others say, such as an HTTP client or a check of the user's own, in one line: what is
/// no text is escaped, and what is longer than [`LONGEST`] characters is cut off.
pub(crate) struct OneLine<T>(pub(crate) T);

impl<T: Display> Display for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Line { out: f, left: LONGEST }, "{}", self.0)
    }
}

/// An error and what has caused it, in one line.
pub(crate) struct Chain<'e>(pub(crate) &'e (dyn Error + 'static));

impl Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Our own texts are in one line, and may be long.
        write!(f, "{}", self.0)?;
        let causes = std::iter::successors(self.0.source(), |&error| error.source());
        // A source that is its own would have no end.
        causes.take(MOST_CAUSES).try_for_each(|cause| write!(f, ": {}", OneLine(cause)))
    }
}

/// Puts text through as long as there is room for it.
struct Line<'a, 'f> {
    out: &'a mut fmt::Formatter<'f>,
    left: usize,
}

impl Write for Line<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match self.left {
                0 => return Ok(()),
                1 => self.out.write_str("...")?,
                _ if breaks_line(character) => write!(self.out, "{}", character.escape_default())?,
                _ => self.out.write_char(character)?,
            }
            self.left -= 1;
        }
        Ok(())
    }
}

/// Control characters, and those that change lines or the direction of text.
const fn breaks_line(character: char) -> bool {
    character.is_ascii_control()
        || matches!(character, '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}')
        || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

const LONGEST: usize = 400;
const MOST_CAUSES: usize = 16;
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

    #[test]
    fn what_others_say_is_one_line() {
        let line = |text: &str| OneLine(text).to_string();
        assert_eq!(line("ein Käfer"), "ein Käfer");
        assert_eq!(line("a\r\nb\u{1b}[31m\u{202e}"), r"a\r\nb\u{1b}[31m\u{202e}");
        assert_eq!(line(&"x".repeat(LONGEST - 1)), "x".repeat(LONGEST - 1));
        assert_eq!(line(&"x".repeat(9999)), format!("{}...", "x".repeat(LONGEST - 1)));
    }
}

//! Foreign text in messages.

use core::time::Duration;

/// A duration in words: `1h 30m`.
pub(in crate::refresh) fn in_words(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// Foreign text must not break the line, nor fill the log.
pub(in crate::refresh) fn shortened(text: &str) -> String {
    let mut short = String::new();
    for c in text.chars().take(MOST) {
        match c {
            '\'' | '"' => short.push(c),
            _ => short.extend(c.escape_debug()),
        }
    }
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    short
}

const MOST: usize = 64;

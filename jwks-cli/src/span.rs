//! Spans of time, written and read as in settings: `1h 30m`.

use std::time::Duration;

/// Reads a span, for arguments.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let read = humantime::parse_duration(text).ok().filter(|span| !span.is_zero());
    read.ok_or_else(|| "a time with its unit, such as 30s or 5m, and not zero".to_owned())
}

/// A span in words.
pub(crate) fn shown(span: Duration) -> String {
    humantime::format_duration(span).to_string()
}

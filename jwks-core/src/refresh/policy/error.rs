//! Why settings were refused.

use core::fmt;
use core::time::Duration;

use super::field::Field;

/// A setting that cannot be read, is out of range, or cannot work together with the others.
///
/// Where several settings are at odds, the one that is named is, if possible, one that differs
/// from its default.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{} is {value}, allowed is {allowed}", .field.name())]
pub struct PolicyError {
    allowed: String,
    field: Field,
    value: String,
}

impl PolicyError {
    pub(super) fn new(field: Field, value: impl fmt::Display, allowed: impl Into<String>) -> Self {
        Self { allowed: allowed.into(), field, value: shortened(&value.to_string()) }
    }

    pub(super) fn duration(field: Field, value: Duration, allowed: impl Into<String>) -> Self {
        Self::new(field, text(value), allowed)
    }

    /// The range of values that would have been allowed, in words.
    #[must_use]
    pub fn allowed(&self) -> &str {
        &self.allowed
    }

    /// The name of the setting as serde reads it, such as `jwks_cache_interval`. The builder's
    /// setter has the same name without `jwks_` or `jwks_cache_`, and without `_initial`, `_min`
    /// or `_max` where one setter takes both ends of a range.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field.name()
    }

    /// The value that was refused, escaped, and cut if it was long.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// A duration in words: `1h 30m`.
pub(super) fn text(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// Foreign text: it must not break the line, nor fill the log.
pub(super) fn shortened(value: &str) -> String {
    let mut short = String::new();
    for c in value.chars().take(MAX_VALUE) {
        match c {
            '\'' | '"' => short.push(c),
            _ => short.extend(c.escape_debug()),
        }
    }
    if value.chars().nth(MAX_VALUE).is_some() {
        short.push('…');
    }
    short
}

const MAX_VALUE: usize = 64;

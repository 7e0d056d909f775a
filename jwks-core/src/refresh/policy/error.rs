//! Why settings were refused.

use core::fmt;
use core::time::Duration;

use super::field::Field;
use crate::refresh::settings::shown::{in_words, shortened};

/// A setting that is out of range, cannot work together with the others, or has no effect beside
/// them.
///
/// If several settings contradict each other, the error names one that was given, if possible.
/// `Debug` is the same line as `Display`, so that a `main` that returns this error prints it.
#[derive(Clone, Eq, PartialEq)]
pub struct PolicyError {
    field: Field,
    reason: Reason,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Reason {
    /// The setting has no effect beside another one that has this value.
    Idle {
        with: Field,
        value: &'static str,
        remedy: &'static str,
    },
    Range {
        value: String,
        allowed: String,
    },
}

impl PolicyError {
    pub(super) fn new(field: Field, value: impl fmt::Display, allowed: impl Into<String>) -> Self {
        let value = shortened(&value.to_string());
        Self { field, reason: Reason::Range { value, allowed: allowed.into() } }
    }

    pub(super) fn duration(field: Field, value: Duration, allowed: impl Into<String>) -> Self {
        Self::new(field, in_words(value), allowed)
    }

    pub(super) const fn idle(
        field: Field,
        with: Field,
        value: &'static str,
        remedy: &'static str,
    ) -> Self {
        Self { field, reason: Reason::Idle { with, value, remedy } }
    }

    /// What is allowed instead, in words.
    #[must_use]
    pub fn allowed(&self) -> &str {
        match &self.reason {
            Reason::Idle { remedy, .. } => remedy,
            Reason::Range { allowed, .. } => allowed,
        }
    }

    /// The name of the setting, in a file and in code. If one setter takes both ends of a range
    /// ([`retry`](super::PolicyBuilder::retry),
    /// [`http_freshness_clamp`](super::PolicyBuilder::http_freshness_clamp)), this is the name of
    /// the end.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field.name()
    }

    /// The name of the other setting, which leaves this one without effect.
    #[must_use]
    pub const fn no_effect_with(&self) -> Option<&'static str> {
        match &self.reason {
            Reason::Idle { with, .. } => Some(with.name()),
            Reason::Range { .. } => None,
        }
    }

    /// The refused value. `None` for a setting without effect, whose value does not matter.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        match &self.reason {
            Reason::Idle { .. } => None,
            Reason::Range { value, .. } => Some(value),
        }
    }

    pub(super) const fn at(&self) -> Field {
        self.field
    }

    /// The text, with the settings named as the user wrote them.
    pub(super) fn text(&self, shown: impl Fn(Field) -> String) -> String {
        let field = shown(self.field);
        match &self.reason {
            Reason::Idle { with, value, remedy } => {
                format!("{field} has no effect with {} = {value}: {remedy}", shown(*with))
            }
            Reason::Range { value, allowed } => format!("{field} is {value}, allowed is {allowed}"),
        }
    }
}

impl fmt::Debug for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(|field| field.name().to_owned()))
    }
}

impl std::error::Error for PolicyError {}

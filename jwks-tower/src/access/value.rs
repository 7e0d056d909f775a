//! The values of the claims that the guard looks at, from their text.
//!
//! What has another type than expected gives nothing: no scope, no context, no time; but a `cnf`
//! that cannot be read is a binding that nobody can check.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::text::plain_text;
use super::{Ours, Seen};
use crate::binding::Binding;

impl Seen {
    pub(super) fn read(&mut self, name: Ours, json: &str) {
        match name {
            Ours::Acr | Ours::Scope if json.starts_with('"') => {
                if let Some(text) = text(json) {
                    self.read_text(name, &text);
                }
            }
            Ours::Acr => {}
            Ours::AuthTime => self.auth_time = seconds(json),
            Ours::Cnf if json == "null" => {}
            Ours::Cnf => self.binding = serde_json::from_str(json).unwrap_or(Binding::Other),
            Ours::Scope if json.starts_with('[') => {
                let names: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
                for name in names.into_iter().filter_map(|name| text(name.get())) {
                    self.scopes.push_name(&name);
                }
            }
            Ours::Scope => {}
        }
    }

    /// The value of a string.
    pub(super) fn read_text(&mut self, name: Ours, text: &str) {
        match name {
            Ours::Acr if text.is_empty() || text.contains(' ') => {}
            Ours::Acr => self.acr.push(text),
            Ours::AuthTime => {}
            Ours::Cnf => self.binding = Binding::Other,
            Ours::Scope => self.scopes.push_text(text),
        }
    }
}

/// A JSON string, borrowed where it has no escapes.
fn text(json: &str) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

    if let Some(plain) = plain_text(json) {
        return Some(Cow::Borrowed(plain));
    }
    serde_json::from_str::<Text<'_>>(json).ok().map(|text| text.0)
}

/// A NumericDate, in whole seconds.
fn seconds(json: &str) -> Option<u64> {
    if let Ok(seconds) = json.parse() {
        return Some(seconds);
    }
    let seconds: f64 = serde_json::from_str(json).ok()?;
    // The cast saturates.
    (seconds >= 0.0).then_some(seconds as u64)
}

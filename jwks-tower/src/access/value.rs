//! The values of the claims that the guard looks at, from their text.
//!
//! What has another type than expected gives nothing: no scope, no context, no time; but a `cnf`
//! that cannot be read is a binding that nobody can check.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Ours, Seen};
use crate::binding::Binding;

impl Seen {
    pub(super) fn read(&mut self, name: Ours, json: &str) {
        match name {
            Ours::Acr => {
                if let Some(acr) = text(json).filter(|acr| !acr.is_empty() && !acr.contains(' ')) {
                    self.acr.push(&acr);
                }
            }
            Ours::AuthTime => self.auth_time = seconds(json),
            Ours::Cnf if json == "null" => {}
            Ours::Cnf => self.binding = serde_json::from_str(json).unwrap_or(Binding::Other),
            Ours::Scope if json.starts_with('[') => {
                let names: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
                for name in names.into_iter().filter_map(|name| text(name.get())) {
                    self.scopes.push_name(&name);
                }
            }
            Ours::Scope => {
                if let Some(names) = text(json) {
                    self.scopes.push_text(&names);
                }
            }
        }
    }
}

/// A JSON string, borrowed where it has no escapes.
fn text(json: &str) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
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

//! What a SPIFFE bundle says beside its keys (SPIFFE Trust Domain and Bundle, section 4.1).

use std::time::Duration;

use super::error::Repr;
use super::json::{self, Object};

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Bundle {
    /// `spiffe_refresh_hint`: after what time the publisher wants to be asked again. None if it does
    /// not say, or says it in a way that cannot be read: it is a hint.
    pub(crate) refresh_hint: Option<Duration>,
    /// `spiffe_sequence`: grows with each change.
    pub(crate) sequence: Option<u64>,
}

impl Bundle {
    pub(super) fn read(set: &Object<'_>) -> Result<Self, Repr> {
        let number = |name| {
            let value = set.get(name).filter(|value| !json::is_null(value))?;
            Some(value.get().parse::<u64>())
        };
        let hint = number("spiffe_refresh_hint").and_then(Result::ok).filter(|hint| *hint > 0);
        let sequence = number("spiffe_sequence").transpose().map_err(|_| Repr::BadSequence)?;
        Ok(Self { refresh_hint: hint.map(Duration::from_secs), sequence })
    }
}

//! Why an issuer cannot work as configured.

use std::fmt;

/// An issuer that cannot work as configured.
///
/// Its one line names the issuer, the setting, what is wrong with it, and what to do. `Debug` is
/// the same line, so that a `main` that returns this error prints it.
#[derive(Clone, Eq, PartialEq)]
pub struct IssuerError {
    /// None if there is no issuer to name.
    issuer: Option<String>,
    problem: Problem,
}

/// What is wrong, by the names of the settings in code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::verify) enum Problem {
    /// Two settings that exclude each other.
    Both { one: &'static str, other: &'static str, remedy: &'static str },
    /// One setting, and what is wrong with it, as the rest of a sentence.
    One { setting: &'static str, words: String },
}

impl IssuerError {
    /// The `iss` of the issuer, if there is one.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The setting at fault, by its name in code.
    #[must_use]
    pub const fn setting(&self) -> &'static str {
        self.problem.setting()
    }

    /// The text, without the issuer.
    pub(in crate::verify) fn words(&self) -> String {
        self.problem.text(str::to_owned)
    }

    pub(in crate::verify) fn duplicate(issuer: &str) -> Self {
        let words = "is configured twice: keep one, with all that its tokens must be like";
        Self::new(issuer, Problem::one("issuer", words))
    }

    pub(in crate::verify) fn already(issuer: &str) -> Self {
        let words = "is there already: change it with `set`";
        Self::new(issuer, Problem::one("issuer", words))
    }

    /// A setting of the verifier that cannot be changed while it runs.
    pub(in crate::verify) fn fixed(setting: &'static str, now: usize, then: usize) -> Self {
        let words = format!("is {now}, but the verifier runs with {then}: that takes a restart");
        Self { issuer: None, problem: Problem::one(setting, words) }
    }

    pub(in crate::verify) fn max_token_len() -> Self {
        let words = "is 0, allowed is at least 1: no token could pass";
        Self { issuer: None, problem: Problem::one("max_token_len", words) }
    }

    pub(in crate::verify) fn none() -> Self {
        let words = "is missing: without an issuer no token could pass, so configure at least one, or \
            allow none with `may_be_empty`";
        Self { issuer: None, problem: Problem::one("issuer", words) }
    }

    pub(in crate::verify) fn remember_signatures(signatures: usize) -> Self {
        let words = format!("is {signatures}, allowed is 0 (none) to 16777216 (512 MiB)");
        Self { issuer: None, problem: Problem::one("remember_signatures", words) }
    }

    /// An empty name is not shown.
    pub(super) fn new(issuer: &str, problem: Problem) -> Self {
        Self { issuer: Some(issuer.to_owned()).filter(|issuer| !issuer.is_empty()), problem }
    }
}

impl Problem {
    pub(in crate::verify) fn one(setting: &'static str, words: impl Into<String>) -> Self {
        Self::One { setting, words: words.into() }
    }

    pub(in crate::verify) const fn setting(&self) -> &'static str {
        match self {
            Self::Both { one, .. } => one,
            Self::One { setting, .. } => setting,
        }
    }

    /// The text, with the settings as a person wrote them.
    pub(in crate::verify) fn text(&self, shown: impl Fn(&'static str) -> String) -> String {
        match self {
            Self::Both { one, other, remedy } => {
                format!("{} and {} are both given: {remedy}", shown(one), shown(other))
            }
            Self::One { setting, words } => format!("{} {words}", shown(setting)),
        }
    }
}

impl fmt::Debug for IssuerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for IssuerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(issuer) = &self.issuer {
            write!(f, "issuer `{}`: ", issuer.escape_debug())?;
        }
        f.write_str(&self.problem.text(str::to_owned))
    }
}

impl std::error::Error for IssuerError {}

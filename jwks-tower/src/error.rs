//! Settings that cannot work.

use crate::text::quotable;

/// A guard, a realm or a resource that cannot work as configured. The text names the setting and
/// what is allowed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(transparent)]
pub struct GuardError(#[from] Problem);

#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
enum Problem {
    #[error("{name}: `{value}`, must be {allowed}")]
    Cookie { name: &'static str, value: Box<str>, allowed: &'static str },
    #[error("{0}")]
    Plain(&'static str),
    #[error(
        "scope: `{0}`, must be one name in printable ASCII, without space, `\"` and `\\` \
         (RFC 6749, section 3.3)"
    )]
    Scope(Box<str>),
    #[error("{name}: {problem}")]
    Url { name: &'static str, problem: &'static str },
}

impl GuardError {
    pub(crate) fn realm() -> Self {
        let text = "realm: empty, or not printable ASCII without `\"` and `\\`";
        Problem::Plain(text).into()
    }

    pub(crate) fn scope(name: &str) -> Self {
        Problem::Scope(quotable(name).into()).into()
    }

    pub(crate) fn cookie(name: &str) -> Self {
        let allowed = "a token of RFC 9110, section 5.6.2";
        Problem::Cookie { name: "cookie", value: quotable(name).into(), allowed }.into()
    }

    pub(crate) fn plain(text: &'static str) -> Self {
        Problem::Plain(text).into()
    }

    pub(crate) fn url(name: &'static str, problem: &'static str) -> Self {
        Problem::Url { name, problem }.into()
    }
}

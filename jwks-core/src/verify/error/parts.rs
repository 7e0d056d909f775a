//! Parts of an error's text.

use std::fmt;
use std::time::Duration;

/// A `kid` in the middle of a sentence, or nothing.
#[derive(Debug)]
pub(super) struct Quoted(pub(super) Option<Box<str>>);

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |kid| write!(f, " `{kid}`"))
    }
}

/// The leeway that was allowed, after what it was allowed for.
#[derive(Debug)]
pub(super) struct Within(pub(super) Duration);

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_zero() {
            return Ok(());
        }
        write!(f, " and a leeway of {}", humantime::format_duration(self.0))
    }
}

/// One of our own values, any of which would do.
#[derive(Debug)]
pub(super) struct OneOf(Box<str>);

impl OneOf {
    /// A long list is cut short.
    pub(super) fn new<'v>(values: impl IntoIterator<Item = &'v str>) -> Self {
        let mut text = String::new();
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            text.push_str("none at all");
        }
        for (n, value) in values.by_ref().take(MOST).enumerate() {
            text.push_str(if n == 0 { "`" } else { ", `" });
            text.extend(value.escape_debug());
            text.push('`');
        }
        match values.count() {
            0 => {}
            more => text.push_str(&format!(" or one of {more} others")),
        }
        Self(text.into())
    }
}

impl fmt::Display for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which issuers a token should have been from, if it can be said in one line.
#[derive(Debug)]
pub(super) enum OtherIssuer {
    /// This one; the token's is the same but for the slash at the end, or another one.
    Than { ours: Box<str>, slash: bool },
    /// One of so many.
    ThanAll(usize),
    /// Its `iss` names another tenant than its `tid`.
    TwoTenants,
    /// Its issuer has many tenants, and this one is not accepted.
    Tenant { ours: Box<str> },
}

impl OtherIssuer {
    pub(super) fn new(ours: &str, theirs: &str) -> Self {
        let slash =
            ours.strip_suffix('/') == Some(theirs) || theirs.strip_suffix('/') == Some(ours);
        Self::Than { ours: shown(ours), slash }
    }
}

impl fmt::Display for OtherIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Than { ours, slash } => {
                write!(f, "the token is from another issuer than `{ours}`")?;
                if *slash { f.write_str(": they differ by the slash at the end") } else { Ok(()) }
            }
            Self::ThanAll(configured) => {
                write!(f, "the token is from another issuer than the {configured} configured")
            }
            Self::TwoTenants => {
                f.write_str("the token's `iss` names another tenant than its `tid`")
            }
            Self::Tenant { ours } => {
                write!(
                    f,
                    "the token is from a tenant of `{ours}` that is not accepted (setting `tenants`)"
                )
            }
        }
    }
}

/// Foreign values that neither the text nor the debug form shows.
pub(super) struct Hidden(pub(super) Vec<Box<str>>);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} hidden", self.0.len())
    }
}

/// A name of our own, fit for a line.
pub(super) fn shown(name: &str) -> Box<str> {
    name.escape_debug().to_string().into()
}

const MOST: usize = 4;

//! SPIFFE IDs, strictly as their specification writes them (SPIFFE-ID, sections 2.1 to 2.3).

use std::fmt;
use std::str::FromStr;

/// The SPIFFE ID of a workload, such as `spiffe://example.org/payments/api` (SPIFFE-ID, section 2).
///
/// Only the one canonical form is read: the scheme and the trust domain in lower case, no port, no
/// user information, no query, no fragment, no percent-encoding, no empty segment and no dots alone
/// in the path, at most 2048 bytes, of which the trust domain has at most 255.
///
/// ```
/// use jwks_core::verify::SpiffeId;
///
/// let id: SpiffeId = "spiffe://example.org/payments/api".parse()?;
/// assert_eq!((id.trust_domain(), id.path()), ("example.org", "/payments/api"));
/// assert!("spiffe://Example.org/payments".parse::<SpiffeId>().is_err());
/// # Ok::<(), jwks_core::verify::SpiffeIdError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SpiffeId(Box<str>);

/// Why a text is no SPIFFE ID. The text is not shown.
#[derive(Clone, Copy, Eq, PartialEq, thiserror::Error)]
#[error("not a SPIFFE ID: {0}")]
pub struct SpiffeIdError(&'static str);

impl fmt::Debug for SpiffeIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl SpiffeId {
    /// The ID as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the trust domain, such as `example.org`.
    #[must_use]
    pub fn trust_domain(&self) -> &str {
        self.parts().0
    }

    /// The path, with the slash that it begins with. Empty for the ID of the trust domain itself.
    #[must_use]
    pub fn path(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        let rest = self.0.strip_prefix(SCHEME).unwrap_or_default();
        rest.split_at(rest.find('/').unwrap_or(rest.len()))
    }
}

impl FromStr for SpiffeId {
    type Err = SpiffeIdError;

    fn from_str(text: &str) -> Result<Self, SpiffeIdError> {
        check(text).map(|()| Self(text.into()))
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The ID of the trust domain that an ID belongs to: `spiffe://example.org`. Nothing else of the ID
/// is looked at, so it only says whose keys are to be tried.
pub(super) fn domain_of(id: &str) -> Option<&str> {
    let rest = id.strip_prefix(SCHEME)?;
    let end = rest.find('/').unwrap_or(rest.len());
    id.get(..SCHEME.len() + end)
}

/// Whether it is an ID within this trust domain, which is given by its own ID.
pub(super) fn check_within(id: &str, domain: &str) -> Result<bool, SpiffeIdError> {
    check(id)?;
    Ok(domain_of(id) == Some(domain))
}

/// The ID of the trust domain with this name.
pub(super) fn domain(name: &str) -> String {
    format!("{SCHEME}{name}")
}

/// Whether it is the ID of a trust domain.
pub(super) fn check_domain(id: &str) -> Result<(), SpiffeIdError> {
    check(id)?;
    let is_bare = domain_of(id) == Some(id);
    is_bare
        .then_some(())
        .ok_or(SpiffeIdError("a trust domain is a name alone, such as `example.org`"))
}

fn check(text: &str) -> Result<(), SpiffeIdError> {
    let fault = |why| Err(SpiffeIdError(why));
    if text.len() > MOST {
        return fault("it has more than 2048 bytes");
    }
    let Some(rest) = text.strip_prefix(SCHEME) else {
        return fault("it does not begin with `spiffe://`");
    };
    let (domain, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if domain.is_empty() {
        return fault("it has no trust domain");
    }
    if domain.len() > MOST_DOMAIN {
        return fault("its trust domain has more than 255 bytes");
    }
    if !domain.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || is_mark(b)) {
        return fault(
            "its trust domain has other than lower case letters, digits, `.`, `-` and `_`",
        );
    }
    let Some(path) = path.strip_prefix('/') else { return Ok(()) };
    for segment in path.split('/') {
        if matches!(segment, "" | "." | "..") {
            return fault("its path has a segment that is empty, `.` or `..`, or ends in a slash");
        }
        if !segment.bytes().all(|b| b.is_ascii_alphanumeric() || is_mark(b)) {
            return fault("its path has other than letters, digits, `.`, `-` and `_`");
        }
    }
    Ok(())
}

const fn is_mark(byte: u8) -> bool {
    matches!(byte, b'-' | b'.' | b'_')
}

const MOST: usize = 2048;
const MOST_DOMAIN: usize = 255;
const SCHEME: &str = "spiffe://";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_the_specification_shows() {
        for (text, domain, path) in [
            ("spiffe://example.org", "example.org", ""),
            ("spiffe://example.org/billing/payments", "example.org", "/billing/payments"),
            (
                "spiffe://k8s-west.example.com/ns/staging/sa/default",
                "k8s-west.example.com",
                "/ns/staging/sa/default",
            ),
            (
                "spiffe://example.com/9eebccd2-12bf-40a6-b262-65fe0487d453",
                "example.com",
                "/9eebccd2-12bf-40a6-b262-65fe0487d453",
            ),
            ("spiffe://a_b.-1/A.b/...", "a_b.-1", "/A.b/..."),
        ] {
            let id: SpiffeId = text.parse().unwrap();
            assert_eq!((id.as_str(), id.trust_domain(), id.path()), (text, domain, path));
            assert_eq!(domain_of(text), Some(super::domain(domain).as_str()));
            assert!(check_within(text, &super::domain(domain)).unwrap());
            assert!(!check_within(text, "spiffe://other").unwrap());
        }
    }

    #[test]
    fn all_else_is_refused() {
        for text in [
            "",
            "spiffe:",
            "spiffe://",
            "spiffe:///path",
            "SPIFFE://example.org",
            "Spiffe://example.org",
            "https://example.org",
            " spiffe://example.org",
            "spiffe://example.org ",
            "spiffe://Example.org",
            "spiffe://ex\u{e4}mple.org",
            "spiffe://example.org:8080",
            "spiffe://user@example.org",
            "spiffe://example.org?query",
            "spiffe://example.org#fragment",
            "spiffe://example.org/a?b",
            "spiffe://example.org/a#b",
            "spiffe://example.org/",
            "spiffe://example.org/a/",
            "spiffe://example.org//a",
            "spiffe://example.org/a//b",
            "spiffe://example.org/.",
            "spiffe://example.org/a/../b",
            "spiffe://example.org/%61",
            "spiffe://example%2eorg/a",
            "spiffe://example.org/\u{e4}",
            "spiffe://example.org/a b",
            "spiffe://example.org/a\n",
            "spiffe://[::1]/a",
        ] {
            assert!(text.parse::<SpiffeId>().is_err(), "{text}");
            assert!(check_within(text, "spiffe://example.org").is_err(), "{text}");
        }
        for (domain, path, good) in
            [(255, 10, true), (256, 10, false), (11, 2027, true), (11, 2028, false)]
        {
            let text = format!("spiffe://{}/{}", "d".repeat(domain), "p".repeat(path));
            assert_eq!(text.parse::<SpiffeId>().is_ok(), good, "{}", text.len());
        }
        assert!(check_domain("spiffe://example.org").is_ok());
        assert!(check_domain("spiffe://example.org/a").is_err());
        assert!(check_domain("spiffe://").is_err());
    }

    proptest! {
        #![proptest_config(crate::proof::draws(512))]

        #[test]
        fn the_parts_are_the_whole(text in "(spiffe://)?[a-zA-Z0-9._:@?#%-]{0,8}(/[a-z.%]{0,4}){0,4}") {
            if let Ok(id) = text.parse::<SpiffeId>() {
                prop_assert_eq!(&text, &format!("{SCHEME}{}{}", id.trust_domain(), id.path()));
            }
        }
    }
}

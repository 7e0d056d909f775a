//! By what a key set can be recognised later.

use std::fmt;

use http::HeaderMap;
use http::header::{ETAG, HeaderValue};

/// The `ETag` that a server gave with a key set, strong or weak, to ask later whether the set is
/// still the same (RFC 9110, sections 8.8.3 and 13.1.2).
///
/// `Last-Modified` is not used: two sets of one second, or of a host that gives all its files one
/// date, would be the same.
///
/// The tag is opaque: it goes back as it came, so even a malformed one serves a server that knows
/// its own values.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct EntityTag(HeaderValue);

impl EntityTag {
    /// That of a response. Of several the first counts. None if it is empty or longer than
    /// [`MAX_LENGTH`], or if it is `*`: `If-None-Match: *` asks whether there is anything at all,
    /// and would be answered 304 whatever the keys are.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(ETAG)?;
        let text = value.as_bytes().trim_ascii();
        let fits = !text.is_empty() && text != b"*" && value.len() <= MAX_LENGTH;
        fits.then(|| Self(value.clone()))
    }

    /// Whether both name the same set, by the weak comparison (RFC 9110, section 8.8.3.2).
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        let opaque = |tag: &Self| {
            let text = tag.0.as_bytes().trim_ascii();
            text.strip_prefix(b"W/").unwrap_or(text).to_vec()
        };
        opaque(self) == opaque(other)
    }

    pub(crate) const fn value(&self) -> &HeaderValue {
        &self.0
    }
}

impl fmt::Debug for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The cache carries the tag for the server's sake: past this length it asks too much.
const MAX_LENGTH: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(lines: &[&[u8]]) -> Option<EntityTag> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ETAG, HeaderValue::from_bytes(line).unwrap());
        }
        EntityTag::of(&headers)
    }

    #[test]
    fn kept_as_it_came() {
        for value in [
            &b"\"abc\""[..],
            b"W/\"abc\"",
            b"unquoted",
            b"\"with \xff\"",
            b"\"a\", \"b\"",
            &[b'x'; MAX_LENGTH],
        ] {
            assert_eq!(tag(&[value]).unwrap().value().as_bytes(), value);
        }
    }

    #[test]
    fn dropped() {
        for value in [&b""[..], b" ", b"*", b" * ", &[b'x'; MAX_LENGTH + 1]] {
            assert_eq!(tag(&[value]), None);
        }
        assert_eq!(tag(&[]), None);
    }

    #[test]
    fn weak_comparison() {
        let same = |a: &[u8], b: &[u8]| tag(&[a]).unwrap().is_same_as(&tag(&[b]).unwrap());
        for (a, b) in [("\"1\"", "\"1\""), ("W/\"1\"", "\"1\""), ("W/\"1\"", "W/\"1\""), ("a", "a")]
        {
            assert!(same(a.as_bytes(), b.as_bytes()) && same(b.as_bytes(), a.as_bytes()));
        }
        for (a, b) in
            [("\"1\"", "\"2\""), ("W/\"1\"", "w/\"1\""), ("\"1\"", "1"), ("\"a\"", "\"A\"")]
        {
            assert!(!same(a.as_bytes(), b.as_bytes()) && !same(b.as_bytes(), a.as_bytes()));
        }
    }

    #[test]
    fn of_several_the_first() {
        assert_eq!(tag(&[b"1", b"2"]).unwrap().value(), "1");
    }
}

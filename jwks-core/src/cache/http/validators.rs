//! By what an answer can be recognised later.

use http::HeaderMap;
use http::header::{ETAG, HeaderName, HeaderValue, LAST_MODIFIED};

/// What a server gave with a representation, to ask later whether it is still the same
/// (RFC 9110, section 8.8): an entity tag, strong or weak, and a date of modification.
///
/// Both are opaque: they go back as they came, so even what is malformed serves a server that
/// knows its own values. Of several lines the first counts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Validators {
    etag: Option<HeaderValue>,
    last_modified: Option<HeaderValue>,
}

impl Validators {
    /// Those among the headers of a response.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self {
            // `If-None-Match: *` asks whether there is anything at all, and would be answered 304
            // whatever the keys are.
            etag: usable(headers, ETAG).filter(|etag| etag.as_bytes().trim_ascii() != b"*"),
            last_modified: usable(headers, LAST_MODIFIED),
        }
    }

    /// Those that were written down as [`texts`](Self::texts).
    pub(crate) fn from_texts(etag: Option<&str>, last_modified: Option<&str>) -> Self {
        let mut headers = HeaderMap::new();
        for (name, text) in [(ETAG, etag), (LAST_MODIFIED, last_modified)] {
            if let Some(Ok(value)) = text.map(HeaderValue::from_str) {
                headers.insert(name, value);
            }
        }
        Self::of(&headers)
    }

    /// Entity tag and date, as far as they are text; what is not, is left out: then the next
    /// request is less conditional, and that is all.
    pub(crate) fn texts(&self) -> (Option<String>, Option<String>) {
        let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
        (self.etag.as_ref().and_then(text), self.last_modified.as_ref().and_then(text))
    }

    pub(crate) const fn etag(&self) -> Option<&HeaderValue> {
        self.etag.as_ref()
    }

    pub(crate) const fn last_modified(&self) -> Option<&HeaderValue> {
        self.last_modified.as_ref()
    }

    /// Whether a request with them is not conditional.
    pub(crate) const fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    /// Ours, after a 304 that came with `newer`: what the 304 repeats or adds counts, what it
    /// leaves out stays (RFC 9111, section 4.3.4).
    pub(crate) fn confirmed_by(self, newer: Self) -> Self {
        Self {
            etag: newer.etag.or(self.etag),
            last_modified: newer.last_modified.or(self.last_modified),
        }
    }
}

/// We carry them for the server's sake: past this length it asks too much.
const MAX_LENGTH: usize = 1024;

fn usable(headers: &HeaderMap, name: HeaderName) -> Option<HeaderValue> {
    let value = headers.get(name)?;
    let fits = !value.as_bytes().trim_ascii().is_empty() && value.len() <= MAX_LENGTH;
    fits.then(|| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validators(lines: &[(HeaderName, &[u8])]) -> Validators {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        Validators::of(&headers)
    }

    #[test]
    fn kept_as_they_came() {
        for value in [
            &b"\"abc\""[..],
            b"W/\"abc\"",
            b"unquoted",
            b"\"with \xff\"",
            b"\"a\", \"b\"",
            &[b'x'; MAX_LENGTH],
        ] {
            let kept = validators(&[(ETAG, value), (LAST_MODIFIED, value)]);
            assert_eq!(kept.etag().unwrap().as_bytes(), value);
            assert_eq!(kept.last_modified().unwrap().as_bytes(), value);
            assert!(!kept.is_empty());
        }
    }

    #[test]
    fn dropped() {
        for value in [&b""[..], b" ", &[b'x'; MAX_LENGTH + 1]] {
            assert!(validators(&[(ETAG, value), (LAST_MODIFIED, value)]).is_empty());
        }
        assert!(validators(&[(ETAG, b"*")]).is_empty());
        assert!(validators(&[(ETAG, b" * ")]).is_empty());
        assert!(validators(&[]).is_empty());
    }

    #[test]
    fn of_several_the_first() {
        assert_eq!(validators(&[(ETAG, b"1"), (ETAG, b"2")]).etag().unwrap(), "1");
    }

    #[test]
    fn a_304_updates_what_it_brings() {
        let old = validators(&[(ETAG, b"1"), (LAST_MODIFIED, b"day")]);
        let etag = validators(&[(ETAG, b"2")]);
        assert_eq!(old.clone().confirmed_by(Validators::default()), old);
        let both = validators(&[(ETAG, b"2"), (LAST_MODIFIED, b"day")]);
        assert_eq!(old.confirmed_by(etag), both);
    }
}

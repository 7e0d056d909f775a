//! How long the response says that it is fresh.

use core::time::Duration;

use http::HeaderMap;
use http::header::CACHE_CONTROL;

/// The lifetime that a response gives itself: `max-age` less its [`age`](super::age::age)
/// (RFC 9111, sections 4.2, 5.1 and 5.2.2). `None` if it gives none that can be used: nothing left
/// of it, `no-store`, `no-cache` (with a list of fields too), no `max-age`, or a `Cache-Control`
/// that cannot be read.
///
/// Of several `max-age` the smallest counts. `s-maxage` is for shared caches, and `Expires` needs
/// a clock that agrees with the server's: neither is read.
pub(super) fn lifetime(headers: &HeaderMap, age: Duration) -> Option<Duration> {
    let mut max_age: Option<u64> = None;
    for line in headers.get_all(CACHE_CONTROL) {
        let mut rest = line.to_str().ok()?;
        while !rest.is_empty() {
            let (directive, next) = split_directive(rest)?;
            rest = next;
            let (name, value) = match directive.split_once('=') {
                Some((name, value)) => (name.trim(), Some(value.trim())),
                None => (directive.trim(), None),
            };
            match name.to_ascii_lowercase().as_str() {
                "max-age" => {
                    let seconds = delta_seconds(&unquoted(value?)?)?;
                    max_age = Some(max_age.map_or(seconds, |least| least.min(seconds)));
                }
                "no-cache" | "no-store" => return None,
                _ => {}
            }
        }
    }
    match max_age?.saturating_sub(age.as_secs()) {
        0 => None,
        seconds => Some(Duration::from_secs(seconds)),
    }
}

/// Seconds as HTTP writes them (RFC 9111, section 1.2.2): digits only. Too many are the largest.
pub(super) fn delta_seconds(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u64::MAX))
}

/// The text up to the next comma that is not in quotes, and what follows the comma. `None` if a
/// quote does not end.
fn split_directive(text: &str) -> Option<(&str, &str)> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                let (directive, rest) = text.split_at_checked(at)?;
                return Some((directive, rest.strip_prefix(',')?));
            }
            _ => {}
        }
    }
    (!quoted).then_some((text, ""))
}

/// The content of a quoted string (RFC 9110, section 5.6.4), or the text itself.
fn unquoted(text: &str) -> Option<String> {
    let Some(rest) = text.strip_prefix('"') else {
        return Some(text.to_owned());
    };
    let mut content = String::new();
    let mut chars = rest.strip_suffix('"')?.chars();
    while let Some(c) = chars.next() {
        content.push(if c == '\\' { chars.next()? } else { c });
    }
    Some(content)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(cache_control: &[&[u8]], age: u64) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for line in cache_control {
            headers.append(CACHE_CONTROL, HeaderValue::from_bytes(line).unwrap());
        }
        lifetime(&headers, Duration::from_secs(age)).map(|lifetime| lifetime.as_secs())
    }

    #[test]
    fn cache_control() {
        for (line, seconds) in [
            ("max-age=60", Some(60)),
            ("MAX-Age=60", Some(60)),
            ("max-age=\"60\"", Some(60)),
            ("max-age=\"6\\0\"", Some(60)),
            ("max-age = 60", Some(60)),
            ("public, max-age=60, must-revalidate", Some(60)),
            (" ,\t, public ,max-age=60 ,, ", Some(60)),
            ("max-age=60, max-age=30", Some(30)),
            ("max-age=30, max-age=60", Some(30)),
            ("s-maxage=5, max-age=60", Some(60)),
            ("max-age=0060", Some(60)),
            ("max-age=99999999999999999999999", Some(u64::MAX)),
            ("private=\"a, no-store, b\", max-age=60", Some(60)),
            ("private=\"a\\\", no-store\", max-age=60", Some(60)),
            ("stale-while-revalidate=5, immutable, max-age=60", Some(60)),
            ("x y z, max-age=60", Some(60)),
            ("no-storey, max-age=60", Some(60)),
            ("", None),
            ("public", None),
            ("s-maxage=60", None),
            ("max-age", None),
            ("max-age=", None),
            ("max-age=0", None),
            ("max-age=-1", None),
            ("max-age=+1", None),
            ("max-age=1.5", None),
            ("max-age=60s", None),
            ("max-age=60; public", None),
            ("max-age='60'", None),
            ("max-age=\"60", None),
            ("max-age=\"", None),
            ("max-age=60\"", None),
            ("max-age=\"60\\\"", None),
            ("max-age=60, max-age=0", None),
            ("max-age=60, max-age=x", None),
            ("max-age=60, no-store", None),
            ("No-Store, max-age=60", None),
            ("no-cache, max-age=60", None),
            ("no-cache=\"set-cookie\", max-age=60", None),
            ("max-age=60, private=\"a", None),
        ] {
            assert_eq!(of(&[line.as_bytes()], 0), seconds, "{line}");
        }
    }

    #[test]
    fn several_lines() {
        assert_eq!(of(&[], 0), None);
        assert_eq!(of(&[b"public", b"max-age=60"], 0), Some(60));
        assert_eq!(of(&[b"max-age=60", b"max-age=50"], 0), Some(50));
        assert_eq!(of(&[b"max-age=60", b"no-store"], 0), None);
        assert_eq!(of(&[b"max-age=60", b"\xff"], 0), None);
    }

    #[test]
    fn age_is_spent() {
        for (age, seconds) in [(0, Some(60)), (59, Some(1)), (60, None), (61, None)] {
            assert_eq!(of(&[b"max-age=60"], age), seconds, "{age}");
        }
        assert_eq!(of(&[b"max-age=60"], u64::MAX), None);
    }

    #[test]
    fn expires_and_date_are_not_read() {
        let mut headers = HeaderMap::new();
        headers.insert("expires", HeaderValue::from_static("Fri, 31 Dec 9999 23:59:59 GMT"));
        headers.insert("date", HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"));
        headers.insert("pragma", HeaderValue::from_static("no-cache"));
        assert_eq!(lifetime(&headers, Duration::ZERO), None);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
        assert_eq!(lifetime(&headers, Duration::ZERO), Some(Duration::from_secs(60)));
    }
}

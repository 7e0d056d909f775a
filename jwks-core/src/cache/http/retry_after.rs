//! How long a server asks not to be asked.

use core::time::Duration;
use std::time::SystemTime;

use http::HeaderMap;
use http::header::RETRY_AFTER;

use super::freshness::delta_seconds;

/// `Retry-After` (RFC 9110, section 10.2.3), in seconds or as a date, which `wall` turns into a
/// duration; a date that is over is zero. Seconds beyond all counting are the largest. What cannot
/// be read is ignored, and of several lines the first that can be read counts.
pub(super) fn retry_after(headers: &HeaderMap, wall: SystemTime) -> Option<Duration> {
    headers.get_all(RETRY_AFTER).iter().find_map(|line| {
        let text = line.to_str().ok()?.trim();
        if let Some(seconds) = delta_seconds(text) {
            return Some(Duration::from_secs(seconds));
        }
        let date = httpdate::parse_http_date(text).ok()?;
        Some(date.duration_since(wall).unwrap_or(Duration::ZERO))
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(lines: &[&[u8]], wall: u64) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(RETRY_AFTER, HeaderValue::from_bytes(line).unwrap());
        }
        retry_after(&headers, SystemTime::UNIX_EPOCH + Duration::from_secs(wall))
    }

    /// 1994-11-06 08:49:37 UTC, the RFC's example.
    const DATE: u64 = 784_111_777;

    #[test]
    fn one_line() {
        for (line, seconds) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 120 ", Some(120)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(7)),
            ("Sun Nov  6 08:49:37 1994", Some(7)),
            ("Sun, 06 Nov 1994 08:49:29 GMT", Some(0)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799 - (DATE - 7))),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("120, 60", None),
            ("soon", None),
            ("Sun, 06 Nov 1994 08:49:37 CET", None),
            ("Mon, 06 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 99999 08:49:37 GMT", None),
        ] {
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(of(&[line.as_bytes()], DATE - 7), expected, "{line}");
        }
    }

    #[test]
    fn several_lines() {
        assert_eq!(of(&[], 0), None);
        assert_eq!(of(&[b"\xff", b"soon", b"5", b"7"], 0), Some(Duration::from_secs(5)));
    }
}

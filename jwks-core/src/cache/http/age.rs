//! How long a response has been on its way.

use core::time::Duration;

use http::HeaderMap;
use http::header::AGE;

use super::freshness::delta_seconds;

/// The `Age` of a response (RFC 9111, section 5.1): for how long caches on the way have kept it.
/// Zero without the header: then no cache says that it answered in the issuer's place.
///
/// RFC 9111 takes the first of several ages, and ignores one that cannot be read. Here the largest
/// counts, and an unreadable one counts as the longest there is: either way a cache has answered,
/// and to believe that its copy is new would extend the trust in keys that may be withdrawn by
/// now. The cost is bounded, since no age takes more than half of `max_trust`.
pub(super) fn age(headers: &HeaderMap) -> Duration {
    let seconds = headers.get_all(AGE).iter().map(|line| {
        let text = line.to_str().ok()?;
        let ages = text.split(',').map(|age| delta_seconds(age.trim()));
        ages.collect::<Option<Vec<_>>>()?.into_iter().max()
    });
    let oldest = seconds.map(|age| age.unwrap_or(u64::MAX)).max();
    Duration::from_secs(oldest.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(lines: &[&[u8]]) -> u64 {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(AGE, HeaderValue::from_bytes(line).unwrap());
        }
        age(&headers).as_secs()
    }

    #[test]
    fn in_seconds() {
        assert_eq!(of(&[]), 0);
        for (line, seconds) in [
            ("0", 0),
            ("59", 59),
            (" 10 ", 10),
            ("0086400", 86_400),
            ("99999999999999999999999", u64::MAX),
        ] {
            assert_eq!(of(&[line.as_bytes()]), seconds, "{line}");
        }
    }

    #[test]
    fn unreadable_is_the_oldest() {
        for line in [&b""[..], b" ", b"-1", b"+1", b"1.5", b"1s", b"x", b"\xff", b"\"1\""] {
            assert_eq!(of(&[line]), u64::MAX, "{line:?}");
        }
    }

    #[test]
    fn of_several_the_largest() {
        for lines in [&["10, 20"][..], &["20,10"], &["10", "20"], &["20", "10"], &["0, 20", "10"]] {
            let lines: Vec<_> = lines.iter().map(|line| line.as_bytes()).collect();
            assert_eq!(of(&lines), 20);
        }
        for lines in [&["10", "x"][..], &["x", "10"], &["10, x"], &["10,"], &[",10"]] {
            let lines: Vec<_> = lines.iter().map(|line| line.as_bytes()).collect();
            assert_eq!(of(&lines), u64::MAX);
        }
    }
}

use std::time::{Duration, SystemTime};

use super::super::FetchError;
use super::shown::LAST_SECOND;
use super::{Event, EventKind};
use crate::refresh::Reason;

#[derive(Debug, thiserror::Error)]
#[error("outer")]
struct Outer(#[source] std::io::Error);

fn failed(trust_until: Option<SystemTime>) -> String {
    let error = FetchError::connect(Outer(std::io::Error::other("inner")));
    let next_in = Some(Duration::from_millis(1500));
    let (reason, took) = (Reason::Ahead, Duration::from_millis(20));
    let kind = EventKind::RefreshFailed { failures: 2, error, next_in, trust_until, reason, took };
    Event::new("staff".into(), kind).to_string()
}

#[test]
fn a_failure_is_shown_with_the_label_and_all_that_caused_it() {
    let expected = "staff: refresh failed (attempt 2): no connection to the key server: outer: \
                    inner; next try in 1.5s";
    assert_eq!(failed(None), expected);
}

#[test]
fn a_failure_and_a_stale_set_say_how_long_the_held_keys_serve() {
    for (seconds, until) in [
        (1_800_000_000, "2027-01-15T08:00:00Z"),
        (LAST_SECOND, "9999-12-31T23:59:59Z"),
        (LAST_SECOND + 1, "withdrawn"),
    ] {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        for text in [failed(Some(at)), EventKind::Stale { trust_until: Some(at) }.to_string()] {
            assert!(text.ends_with(&format!("; the held keys serve until {until}")), "{text}");
        }
    }
}

#[test]
fn a_recovery_says_how_long_and_how_many() {
    let shown = |failures, seconds| {
        EventKind::Recovered { failures, after: Duration::from_secs(seconds) }.to_string()
    };
    assert_eq!(shown(1, 2), "recovered after 2.0s and 1 failed fetch");
    assert_eq!(shown(12, 600), "recovered after 10m and 12 failed fetches");
}

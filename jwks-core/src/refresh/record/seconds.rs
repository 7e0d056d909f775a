//! Durations as decimal seconds in text: exact, short, and read by people.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer, Serializer};

use crate::refresh::Time;

pub(super) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{}", written(*duration)))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = <std::borrow::Cow<'_, str>>::deserialize(from)?;
    read(&text).ok_or_else(|| D::Error::custom("a duration is not decimal seconds in text"))
}

fn written(duration: Duration) -> String {
    let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
    if nanos == 0 {
        return seconds.to_string();
    }
    format!("{seconds}.{nanos:09}").trim_end_matches('0').to_owned()
}

fn read(text: &str) -> Option<Duration> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if !digits(seconds) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    Some(Duration::new(seconds.parse().ok()?, format!("{fraction:0<9}").parse().ok()?))
}

/// The same, where there may be none.
pub(super) mod optional {
    use super::{Deserializer, Duration, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => super::serialize(duration, to),
            None => to.serialize_none(),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Duration>, D::Error> {
        super::deserialize(from).map(Some)
    }
}

/// The same for times, since the adapter's origin.
pub(super) mod time {
    use super::{Deserializer, Serializer, Time};

    pub(in super::super) fn serialize<S: Serializer>(
        time: &Time,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        super::serialize(&time.since_origin(), to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Time, D::Error> {
        super::deserialize(from).map(Time::from_origin)
    }
}

#[test]
fn durations_are_exact() {
    for (text, duration) in [
        ("0", Duration::ZERO),
        ("0.25", Duration::from_millis(250)),
        ("60", Duration::from_secs(60)),
        ("0.000000001", Duration::from_nanos(1)),
        ("18446744073709551615.999999999", Duration::MAX),
    ] {
        assert_eq!((written(duration).as_str(), read(text)), (text, Some(duration)));
    }
    for text in ["", ".", "1.", ".5", "-1", "1e3", "0.0000000001", "18446744073709551616", "+1"] {
        assert_eq!(read(text), None, "{text}");
    }
}

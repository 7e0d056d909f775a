//! Which shared value does in place of a fetch.

use std::time::{Duration, SystemTime};

use http::Response;
use http::header::{AGE, HeaderMap, HeaderValue};
use jwks_core::adapter::{SharedFor, Worth};

use super::failure::taken;
use super::{Answer, Attempt};
use crate::event::{Event, Ignored};
use crate::mac::digest;
use crate::record::{Failure, Foreign, Record, What};
use crate::store::{Found, Raw};

impl Attempt {
    /// The answer to give, if one of the values does.
    pub(super) fn choose(&mut self, found: Found) -> Option<Answer> {
        let now = SystemTime::now();
        let answer = self.valid(found.answer, now);
        let failure = self.valid(found.failure, now);
        let number = |record: &Option<Record>| record.as_ref().map_or(0, |record| record.number);
        let last = number(&answer);
        // All that is known when this begins; Redis may have been emptied, and count anew.
        let known = found.number.max(last).max(number(&failure)).max(self.seen.floor());
        self.counted.get_or_insert(known);
        if let Some(answer) = answer.and_then(|record| self.answer(record, now)) {
            return Some(Ok(answer));
        }
        self.streak = 0;
        let Record { number, time, what: What::Failure(failure), .. } = failure? else {
            return None;
        };
        if number <= last {
            return None;
        }
        self.streak = failure.streak;
        self.failure(failure, age(now, time))
    }

    /// Whether the holder of the lock has said something new. What cannot be forged cannot be kept
    /// alive either, by whoever can write to Redis.
    pub(super) fn is_alive(&mut self, raw: Raw) -> bool {
        let Raw::Bytes(bytes) = raw else { return false };
        let beat = Record::decode(&bytes, &self.place, &self.inner.mac_keys);
        let Ok(Record { time, what: What::Beat, .. }) = beat else { return false };
        let now = SystemTime::now();
        let near = age(now, time) <= TOLERANCE && age(time, now) <= TOLERANCE;
        let is_news = time > self.last_beat;
        self.last_beat = self.last_beat.max(time);
        near && is_news
    }

    /// A record of ours, and none that was put back.
    fn valid(&mut self, raw: Raw, now: SystemTime) -> Option<Record> {
        let decoded =
            match raw {
                Raw::Nothing => return None,
                Raw::TooLong => Err(Ignored::TooLong),
                Raw::WrongType => Err(Ignored::WrongType),
                Raw::Bytes(bytes) => Record::decode(&bytes, &self.place, &self.inner.mac_keys)
                    .map_err(|foreign| match foreign {
                        Foreign::Malformed => Ignored::Malformed,
                        Foreign::Tag => Ignored::Tag,
                    }),
            };
        let judged = decoded.and_then(|record| {
            if record.number < self.seen.floor() {
                return Err(Ignored::Number);
            }
            let early = record.time.duration_since(now).unwrap_or_default();
            if early > TOLERANCE { Err(Ignored::Future) } else { Ok(record) }
        });
        judged.map_err(|why| self.ignored(why)).ok()
    }

    /// The response, if it does.
    fn answer(&mut self, record: Record, now: SystemTime) -> Option<Response<Vec<u8>>> {
        let Record { number, time, past_caches, what: What::Answer { headers, body } } = record
        else {
            self.ignored(Ignored::Malformed);
            return None;
        };
        if self.passed_over == Some((number, time)) {
            return None;
        }
        self.passed_over = Some((number, time));
        let mut response = Response::new(body);
        *response.headers_mut() = headers;
        let worth = self.guards.weigh(&response);
        if worth == Worth::Refused {
            self.ignored(Ignored::Unusable);
            return None;
        }
        let (serves, old) = (self.serves_for(&response), age(now, time));
        // A clock that is ahead of ours must not make an answer younger than it is.
        if time.duration_since(now).is_ok_and(|early| early > serves) {
            self.ignored(Ignored::Future);
            return None;
        }
        let digest = digest(response.body());
        // Sent since this attempt began, so it is worth what a fetch of our own would be.
        let is_after = self.counted.is_some_and(|counted| number > counted)
            && (past_caches || !self.past_caches)
            && old <= self.begun.elapsed() + serves;
        let finds = self.past_caches && self.guards.wants_keys();
        let does = is_after
            || (old <= if finds { FINDS * serves } else { serves }
                && time >= self.seen.sent()
                && worth == Worth::Accepted
                && !(self.past_caches && self.seen.is_body(digest)));
        if !does {
            return None;
        }
        grow_older(response.headers_mut(), old);
        response.extensions_mut().insert(SharedFor(old));
        self.inner.seen.numbered(&self.place.url, number, remembered(serves), Some(digest));
        self.inner.tell(&Event::Taken { age: old });
        Some(response)
    }

    fn failure(&self, failure: Failure, old: Duration) -> Option<Answer> {
        if old > failure.holds.min(super::failure::LONGEST) {
            return None;
        }
        self.inner.tell(&Event::TakenFailure);
        Some(taken(failure.kind, old))
    }

    pub(super) fn ignored(&mut self, why: Ignored) {
        if !self.told.contains(&why) {
            self.told.push(why);
            self.inner.tell(&Event::Ignored { why });
        }
    }
}

/// How long ago a time was; none of the future.
fn age(now: SystemTime, time: SystemTime) -> Duration {
    now.duration_since(time).unwrap_or_default()
}

/// Adds to the `Age` (RFC 9111, section 5.1), in whole seconds, and at least one: an answer that
/// was not made for this cache may find a key, and never says for good that there is none.
fn grow_older(headers: &mut HeaderMap, old: Duration) {
    let mut ages =
        headers.get_all(AGE).iter().map(|value| value.to_str().ok()?.parse::<u64>().ok());
    // One that cannot be read counts as the oldest there is: it stays.
    let Some(longest) = ages.try_fold(0, |longest, age| age.map(|age| longest.max(age))) else {
        return;
    };
    let more = old.as_secs().saturating_add(u64::from(old.subsec_nanos() > 0)).max(1);
    headers.insert(AGE, HeaderValue::from(longest.saturating_add(more)));
}

/// So many times as long as others an answer serves that has the keys which callers wait for, and
/// is another than the one that this instance took last.
pub(super) const FINDS: u32 = 5;

/// For how long the number of an answer is remembered: until none of before it could be taken.
pub(super) fn remembered(serves: Duration) -> Duration {
    FINDS * serves + 2 * TOLERANCE
}

/// By how much the clocks of two instances may differ.
const TOLERANCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_second_old_at_least() {
        for (lines, old, expected) in [
            (&[][..], 0, "1"),
            (&[], 1, "1"),
            (&[], 1000, "1"),
            (&[], 1001, "2"),
            (&["7"], 5000, "12"),
            (&["7", "9"], 0, "10"),
            (&["18446744073709551615"], 5000, "18446744073709551615"),
            (&["x"], 5000, "x"),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(AGE, HeaderValue::from_static(line));
            }
            grow_older(&mut headers, Duration::from_millis(old));
            let ages: Vec<_> = headers.get_all(AGE).iter().collect();
            assert_eq!(ages, [expected]);
        }
    }
}

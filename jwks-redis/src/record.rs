//! What stands in Redis: an answer of the issuer, or how it failed, with a number, a time, and a tag.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{
    AGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    LOCATION, RETRY_AFTER,
};

use crate::mac::{MacKey, Place, TAG};

/// One shared value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Record {
    /// What the fetch took from the counter before it was sent.
    pub(crate) number: u64,
    /// When it was sent (an answer), or had failed (a failure), by the wall clock of its instance.
    pub(crate) time: SystemTime,
    /// Whether the request passed caches by.
    pub(crate) past_caches: bool,
    pub(crate) what: What,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum What {
    /// A 200 that the guards of its instance took.
    Answer {
        headers: HeaderMap,
        body: Vec<u8>,
    },
    /// The holder of a lock is alive.
    Beat,
    Failure(Failure),
}

/// How a fetch failed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    /// For how long it may be taken for one's own.
    pub(crate) holds: Duration,
    /// So many attempts of the fleet have failed in a row.
    pub(crate) streak: u8,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum FailureKind {
    /// There was no connection.
    Connect,
    /// Something else went wrong with the exchange.
    Other,
    /// The issuer answered with this status.
    Status(u16, HeaderMap),
    /// There was no answer in time.
    Timeout,
    /// The issuer's answer could not be used.
    Unusable,
}

/// Why a value is no record of ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Foreign {
    Malformed,
    Tag,
}

impl Record {
    /// The bytes, tagged by the key, if there is one.
    pub(crate) fn encode(&self, place: &Place, key: Option<&MacKey>) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(u8::from(self.past_caches) * PAST_CACHES + u8::from(key.is_some()) * TAGGED);
        bytes.extend(self.number.to_be_bytes());
        let time = self.time.duration_since(UNIX_EPOCH).unwrap_or_default();
        bytes.extend(millis(time).to_be_bytes());
        match &self.what {
            What::Answer { headers, body } => {
                bytes.push(ANSWER);
                put_headers(&mut bytes, headers);
                bytes.extend(body);
            }
            What::Beat => bytes.push(BEAT),
            What::Failure(Failure { kind, holds, streak }) => {
                bytes.extend([FAILURE, *streak]);
                bytes.extend(millis(*holds).to_be_bytes());
                bytes.push(match kind {
                    FailureKind::Connect => CONNECT,
                    FailureKind::Other => OTHER,
                    FailureKind::Status(..) => STATUS,
                    FailureKind::Timeout => TIMEOUT,
                    FailureKind::Unusable => UNUSABLE,
                });
                if let FailureKind::Status(status, headers) = kind {
                    bytes.extend(status.to_be_bytes());
                    put_headers(&mut bytes, headers);
                }
            }
        }
        if let Some(key) = key {
            let tag = key.tag(place, &bytes);
            bytes.extend(tag);
        }
        bytes
    }

    /// Reads bytes of whatever origin. With keys, the tag must be that of one of them.
    pub(crate) fn decode(bytes: &[u8], place: &Place, keys: &[MacKey]) -> Result<Self, Foreign> {
        let flags = *bytes.strip_prefix(MAGIC).and_then(<[u8]>::first).ok_or(Foreign::Malformed)?;
        let (bytes, tag) = match flags & TAGGED {
            0 => (bytes, &[][..]),
            _ => bytes
                .len()
                .checked_sub(TAG)
                .and_then(|at| bytes.split_at_checked(at))
                .ok_or(Foreign::Malformed)?,
        };
        if !keys.is_empty() && !keys.iter().any(|key| key.is_tag(place, bytes, tag)) {
            return Err(Foreign::Tag);
        }
        Self::read(bytes, flags).ok_or(Foreign::Malformed)
    }

    fn read(bytes: &[u8], flags: u8) -> Option<Self> {
        let mut rest = bytes.get(MAGIC.len() + 1..)?;
        let number = u64::from_be_bytes(take(&mut rest)?);
        let time = Duration::from_millis(u64::from_be_bytes(take(&mut rest)?));
        let [kind] = take(&mut rest)?;
        let what = match kind {
            ANSWER => {
                let headers = take_headers(&mut rest)?;
                What::Answer { headers, body: std::mem::take(&mut rest).to_vec() }
            }
            BEAT => What::Beat,
            FAILURE => {
                let [streak] = take(&mut rest)?;
                let holds = Duration::from_millis(u64::from_be_bytes(take(&mut rest)?));
                let kind = match take(&mut rest)? {
                    [CONNECT] => FailureKind::Connect,
                    [OTHER] => FailureKind::Other,
                    [STATUS] => {
                        let status = u16::from_be_bytes(take(&mut rest)?);
                        FailureKind::Status(status, take_headers(&mut rest)?)
                    }
                    [TIMEOUT] => FailureKind::Timeout,
                    [UNUSABLE] => FailureKind::Unusable,
                    _ => return None,
                };
                What::Failure(Failure { kind, holds, streak })
            }
            _ => return None,
        };
        let time = UNIX_EPOCH.checked_add(time)?;
        let past_caches = flags & PAST_CACHES != 0;
        rest.is_empty().then_some(Self { number, time, past_caches, what })
    }
}

/// Those of the headers that a cache reads, or shows. No validator: a genuine 304 would confirm
/// what a forger wrote.
pub(crate) fn headers_that_matter(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for name in HEADERS {
        for value in headers.get_all(&name).iter().filter(|value| value.len() <= LONGEST) {
            if kept.len() < MOST {
                kept.append(name.clone(), value.clone());
            }
        }
    }
    kept
}

fn put_headers(bytes: &mut Vec<u8>, headers: &HeaderMap) {
    let kept = headers_that_matter(headers);
    bytes.push(u8::try_from(kept.len()).unwrap_or(u8::MAX));
    for (name, value) in &kept {
        let index = HEADERS.iter().position(|it| it == name).unwrap_or_default();
        bytes.push(u8::try_from(index).unwrap_or_default());
        bytes.extend(u16::try_from(value.len()).unwrap_or_default().to_be_bytes());
        bytes.extend(value.as_bytes());
    }
}

fn take_headers(rest: &mut &[u8]) -> Option<HeaderMap> {
    let [count] = take(rest)?;
    let mut headers = HeaderMap::new();
    for _ in 0..count {
        let [index] = take(rest)?;
        let name = HEADERS.get(usize::from(index))?;
        let length = u16::from_be_bytes(take(rest)?);
        let (value, after) = rest.split_at_checked(length.into())?;
        headers.append(name.clone(), HeaderValue::from_bytes(value).ok()?);
        *rest = after;
    }
    Some(headers)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*taken)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// More than a record has beside its body.
pub(crate) const OVERHEAD: usize = 64 + MOST * (LONGEST + 3);

const HEADERS: [HeaderName; 6] =
    [AGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, LOCATION, RETRY_AFTER];
/// The most header lines.
const MOST: usize = 16;
/// The longest header line.
const LONGEST: usize = 1024;

const MAGIC: &[u8] = b"jwks1";
const PAST_CACHES: u8 = 1;
const TAGGED: u8 = 2;
const ANSWER: u8 = 1;
const FAILURE: u8 = 2;
const BEAT: u8 = 3;
const CONNECT: u8 = 1;
const OTHER: u8 = 2;
const STATUS: u8 = 3;
const TIMEOUT: u8 = 4;
const UNUSABLE: u8 = 5;

#[cfg(test)]
mod tests;

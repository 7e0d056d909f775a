//! A signed header as AWS writes it, read before anything is believed.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, de::IgnoredAny};

use super::error::AlbError;

pub(super) struct Token<'t> {
    pub(super) header: Header,
    pub(super) payload: Vec<u8>,
    pub(super) signature: Vec<u8>,
    /// Header and payload as they were sent, with their padding, which is what is signed.
    pub(super) signed: &'t str,
}

#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) kid: String,
    pub(super) signer: String,
    pub(super) exp: f64,
    pub(super) client: Option<String>,
    pub(super) iss: Option<String>,
    typ: Option<String>,
    #[serde(default, deserialize_with = "there")]
    crit: bool,
    #[serde(default, deserialize_with = "there")]
    b64: bool,
}

/// What of the claims is looked at.
#[derive(Deserialize)]
pub(super) struct Known {
    pub(super) exp: Option<f64>,
    pub(super) nbf: Option<f64>,
}

impl<'t> Token<'t> {
    pub(super) fn read(text: &'t str) -> Result<Self, AlbError> {
        if text.len() > LONGEST {
            return Err(AlbError::malformed("longer than 16384 bytes"));
        }
        let parts = || AlbError::malformed("not three parts");
        let (signed, signature) = text.rsplit_once('.').ok_or_else(parts)?;
        let (header, payload) = signed.split_once('.').ok_or_else(parts)?;
        if payload.contains('.') {
            return Err(parts());
        }
        let decode = |text, what| decode(text).ok_or_else(|| AlbError::malformed(what));
        let header = decode(header, "the header is not base64url")?;
        let payload = decode(payload, "the payload is not base64url")?;
        let signature = decode(signature, "the signature is not base64url")?;
        // serde's message may quote a value, so nothing of it goes on.
        let header: Header = serde_json::from_slice(&header)
            .map_err(|_| AlbError::malformed("the header is not like one of AWS's"))?;
        if header.crit || header.b64 {
            return Err(AlbError::malformed("the header demands an extension"));
        }
        if header.typ.as_deref().is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
            return Err(AlbError::malformed("the `typ` is not `JWT`"));
        }
        Ok(Self { header, payload, signature, signed })
    }
}

/// With its padding, as AWS sends it, or without. Each text has one value.
fn decode(text: &str) -> Option<Vec<u8>> {
    let bare = text.trim_end_matches('=');
    let padding = text.len() - bare.len();
    if padding > 2 || padding > 0 && !text.len().is_multiple_of(4) {
        return None;
    }
    URL_SAFE_NO_PAD.decode(bare).ok()
}

/// Whether `now` is at or after this date, in seconds since 1970.
pub(super) fn is_over(date: f64, now: SystemTime, leeway: Duration) -> bool {
    seconds(now) - leeway.as_secs_f64() >= date
}

pub(super) fn is_to_come(date: f64, now: SystemTime, leeway: Duration) -> bool {
    seconds(now) + leeway.as_secs_f64() < date
}

fn seconds(time: SystemTime) -> f64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => after.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    }
}

fn there<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(value).map(|_| true)
}

/// In bytes, as long as web servers usually take.
const LONGEST: usize = 16 * 1024;

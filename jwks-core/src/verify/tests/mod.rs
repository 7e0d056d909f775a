//! The straight line as a whole: attacks, properties.

mod attacks;
mod calls;
mod explain;
mod id_tokens;
mod known;
mod lenient;
mod memo;
mod mutations;
mod properties;
mod rules;
mod shapes;
mod spiffe;
mod wycheproof;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::error::{Error, ErrorKind};
use super::expectations::{AudienceRule, Expectations};
use super::expected::Expected;
use super::known::Known;
use super::one_pass;
use super::select::{Selection, WithoutKid, select};
use super::token::{DEFAULT_MAX_LEN, Token};
use super::verified::Verified;
use crate::keys::{Algorithm, KeySet};

const ISSUER: &str = "https://id.example.com";
const PAYLOAD: &str = r#"{"iss":"https://id.example.com","aud":"my-api","exp":2000,"nbf":1000}"#;

/// What the verifier does above the cache, with a set at hand and no way to fetch.
fn verify(
    keys: &KeySet,
    token: &str,
    expectations: &Expectations,
    without_kid: WithoutKid,
    now: u64,
) -> Result<Verified<Value>, Error> {
    let (token, room) = Token::kept(token, DEFAULT_MAX_LEN)?;
    let header = token.header(room)?;
    let expected = Expected::configured(expectations);
    expected.check_header(&header)?;
    let candidates = match select(keys, &token, &header, without_kid, expectations.templated())? {
        Selection::Found(candidates) => candidates,
        Selection::UnknownKid => {
            if let Some(refusal) = token.certain_refusal(expectations, at(now)) {
                return Err(refusal);
            }
            return Err(Error::unknown_kid(ISSUER, header.kid.as_deref().unwrap_or("")));
        }
    };
    candidates.check(&token, None)?;
    let (claims, expires) = one_pass::read_or_refuse(&token, expected, at(now))?;
    let header = Known::new(token.header_text(), &header, expected.shared_issuer());
    Ok(Verified::new(claims, expires, Arc::new(header), None))
}

/// As [`verify`], at second 1500 with the usual expectations.
fn kind(keys: &KeySet, token: &str) -> Result<(), ErrorKind> {
    verify(keys, token, &expected(), WithoutKid::OnlyIfUnique, 1500)
        .map(drop)
        .map_err(|error| error.kind())
}

fn expected() -> Expectations {
    Expectations::new(ISSUER, AudienceRule::OneOf(vec!["my-api".into()])).unwrap()
}

fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(second)
}

fn header(algorithm: Algorithm, kid: &str) -> String {
    format!(r#"{{"alg":"{algorithm}","kid":"{kid}","typ":"JWT"}}"#)
}

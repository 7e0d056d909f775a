//! A JWK Set document (RFC 7517 section 5), read key by key.

use super::error::{KeySetError, Repr};
use super::json::{self, Fault, Object};
use super::jwk::Jwk;
use super::key::Key;
use super::set::KeyLimits;
use super::skip::{SkipReason, Skipped};

/// Usable and skipped keys in the document's order.
pub(super) fn read(
    body: &[u8],
    limits: &KeyLimits,
) -> Result<(Vec<Key>, Vec<Skipped>), KeySetError> {
    if body.len() > limits.max_body {
        return Err(Repr::TooLarge { len: body.len(), limit: limits.max_body }.into());
    }
    let text = std::str::from_utf8(body).map_err(|error| {
        let before = body.get(..error.valid_up_to()).unwrap_or_default();
        let mut lines = before.rsplit(|byte| *byte == b'\n');
        let column = lines.next().map_or(0, <[u8]>::len) + 1;
        Repr::NotJson { column, line: lines.count() + 1 }
    })?;
    if !json::nests_within(text, MAX_DEPTH) {
        return Err(Repr::TooDeep { limit: MAX_DEPTH }.into());
    }
    let set = Object::parse(text).map_err(|fault| match fault {
        Fault::NotAnObject => Repr::NotAKeySet,
        Fault::NotJson { column, line } => Repr::NotJson { column, line },
        Fault::RepeatedMember => Repr::DuplicateMember,
    })?;
    let elements = set.get("keys").and_then(json::elements).ok_or(Repr::NotAKeySet)?;
    let total = elements.len();
    if total > limits.max_keys {
        return Err(Repr::TooManyKeys { limit: limits.max_keys, total }.into());
    }

    let (mut keys, mut skipped) = (Vec::<Key>::new(), Vec::new());
    for (index, element) in elements.into_iter().enumerate() {
        let jwk = match Jwk::read(element) {
            Ok(jwk) => jwk,
            Err(unusable) => {
                let kid = unusable.kid.as_deref();
                skipped.push(Skipped::new(index, kid, unusable.reason));
                continue;
            }
        };
        let kid = jwk.kid.clone();
        match Key::from_jwk(jwk) {
            Ok(key) if keys.iter().any(|earlier| earlier.same_as(&key)) => {
                skipped.push(Skipped::new(index, kid.as_deref(), SkipReason::DuplicateKey));
            }
            Ok(key) => keys.push(key),
            Err(reason) => skipped.push(Skipped::new(index, kid.as_deref(), reason)),
        }
    }
    if keys.len() < limits.min_keys {
        let (needed, usable) = (limits.min_keys, keys.len());
        return Err(Repr::TooFewKeys { needed, skipped, total, usable }.into());
    }
    Ok((keys, skipped))
}

/// A set with all that RFC 7517 and 7518 describe nests 5 deep.
const MAX_DEPTH: usize = 32;

//! A document of keys, read key by key: a JWK Set (RFC 7517 section 5), or keys in PEM or DER.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::value::RawValue;

use super::algorithm::Algorithm;
use super::bundle::Bundle;
use super::der::{self, Form};
use super::error::{KeySetError, Repr};
use super::json::{self, Fault, Object};
use super::jwk::{Jwk, Purpose, Unusable};
use super::key::Key;
use super::limits::KeyLimits;
use super::pem::{self, Block};
use super::skip::{SkipReason, Skipped};
use super::unicode::without_byte_order_mark;

/// What a document holds, in its order.
pub(super) struct Document {
    /// The usable keys with their places.
    pub(super) keys: Vec<(usize, Key)>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) bundle: Bundle,
}

/// The keys are made ready for these algorithms, if they are given.
pub(super) fn read(
    body: &[u8],
    limits: &KeyLimits,
    algorithms: Option<&[Algorithm]>,
) -> Result<Document, KeySetError> {
    if body.len() > limits.max_body {
        return Err(Repr::TooLarge { len: body.len(), limit: limits.max_body }.into());
    }
    let (elements, bundle) = elements(body, limits)?;
    let total = elements.len();
    if total > limits.max_keys {
        return Err(Repr::TooManyKeys { limit: limits.max_keys, total }.into());
    }

    let purpose = if limits.spiffe { Purpose::JwtSvid } else { Purpose::Signatures };
    let (mut keys, mut skipped) = (Vec::new(), Vec::new());
    for (index, element) in elements.into_iter().enumerate() {
        let (kid, reason) = match element.read(purpose) {
            Ok(jwk) => {
                let kid = jwk.kid.clone();
                match Key::from_jwk(jwk, algorithms) {
                    Ok(key) => {
                        keys.push((index, key));
                        continue;
                    }
                    Err(reason) => (kid, reason),
                }
            }
            Err(unusable) => (unusable.kid, unusable.reason),
        };
        skipped.push(Skipped::new(index, kid.as_deref(), reason));
    }
    let mut document = Document { keys, skipped, bundle };
    document.skip_repeated_keys();
    if document.keys.len() < limits.min_keys && !(limits.spiffe && document.is_revocation()) {
        let (needed, usable) = (limits.min_keys, document.keys.len());
        return Err(Repr::TooFewKeys { needed, skipped: document.skipped, total, usable }.into());
    }
    Ok(document)
}

/// One key as it is written.
enum Element<'a> {
    Der(&'a [u8]),
    Jwk(&'a RawValue),
    Pem(Block<'a>),
    /// A `kid`, and the text of its key in PEM.
    Named(Cow<'a, str>, &'a RawValue),
}

impl<'a> Element<'a> {
    fn read(self, purpose: Purpose) -> Result<Jwk<'a>, Unusable<'a>> {
        match self {
            Self::Der(bytes) => {
                let found = Form::of(bytes).and_then(|form| form.read(bytes));
                Jwk::bare(found, None)
            }
            Self::Jwk(element) => Jwk::read(element, purpose),
            Self::Pem(block) => Jwk::bare(block.read(), None),
            Self::Named(kid, text) => Jwk::bare(pem::only(text), Some(kid)),
        }
    }
}

/// What the document holds, by its form. A SPIFFE bundle is always a JWK Set.
fn elements<'b>(body: &'b [u8], limits: &KeyLimits) -> Result<(Vec<Element<'b>>, Bundle), Repr> {
    if !limits.spiffe && body.first() == Some(&der::SEQUENCE) {
        return Ok((vec![Element::Der(body)], Bundle::default()));
    }
    let text = text(body)?;
    let is_json = text.trim_ascii_start().starts_with(['{', '[']);
    if !limits.spiffe && !is_json && pem::is_pem(text) {
        let blocks = pem::blocks(text).map_err(Repr::NotPem)?;
        return Ok((blocks.into_iter().map(Element::Pem).collect(), Bundle::default()));
    }
    if !json::nests_within(text, MAX_DEPTH) {
        return Err(Repr::TooDeep { limit: MAX_DEPTH });
    }
    let set = Object::parse(text).map_err(|fault| match fault {
        Fault::NotAnObject => Repr::NotAKeySet,
        Fault::NotJson { column, line } => Repr::NotJson { column, line },
        Fault::NotUnicode => Repr::NotUnicode,
        Fault::RepeatedMember => Repr::DuplicateMember,
    })?;
    let Some(keys) = set.get("keys") else {
        if !limits.spiffe && set.values().any(pem::is_named) {
            let named = set.into_members().map(|(kid, text)| Element::Named(kid, text));
            return Ok((named.collect(), Bundle::default()));
        }
        // The URL of the one is easily taken for that of the other.
        let discovery = set.get("jwks_uri").is_some();
        return Err(if discovery { Repr::DiscoveryDocument } else { Repr::NotAKeySet });
    };
    let keys = json::elements(keys).ok_or(Repr::NotAKeySet)?;
    let bundle = if limits.spiffe { Bundle::read(&set)? } else { Bundle::default() };
    Ok((keys.into_iter().map(Element::Jwk).collect(), bundle))
}

impl Document {
    /// Of keys that are the same the first stays.
    fn skip_repeated_keys(&mut self) {
        let mut seen = HashSet::with_capacity(self.keys.len());
        let repeats = self.keys.iter().map(|(_, key)| !seen.insert(key.identity()));
        let repeats: Vec<_> = repeats.collect();
        let mut repeats = repeats.into_iter();
        self.keys.retain(|(index, key)| {
            let repeated = repeats.next().unwrap_or_default();
            if repeated {
                self.skipped.push(Skipped::new(*index, key.kid(), SkipReason::DuplicateKey));
            }
            !repeated
        });
        self.skipped.sort_by_key(Skipped::index);
    }

    /// Whether a SPIFFE bundle has no key of JWT-SVIDs, rather than some that cannot be used: that
    /// revokes all earlier ones (SPIFFE Trust Domain and Bundle section 4.1.3).
    fn is_revocation(&self) -> bool {
        let other = |reason: &SkipReason| {
            matches!(reason, SkipReason::OtherUse(_) | SkipReason::MissingMember("use"))
        };
        self.keys.is_empty() && self.skipped.iter().all(|skipped| other(skipped.reason()))
    }
}

/// The text, which is not empty.
fn text(body: &[u8]) -> Result<&str, Repr> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let before = body.get(..error.valid_up_to()).unwrap_or_default();
        let mut lines = before.rsplit(|byte| *byte == b'\n');
        let column = lines.next().map_or(0, <[u8]>::len) + 1;
        Repr::NotJson { column, line: lines.count() + 1 }
    })?;
    let text = without_byte_order_mark(text);
    if text.trim_ascii().is_empty() {
        return Err(Repr::Empty);
    }
    Ok(text)
}

/// A set with all that RFC 7517 and 7518 describe nests 5 deep.
const MAX_DEPTH: usize = 32;

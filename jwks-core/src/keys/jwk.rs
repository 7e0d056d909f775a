//! The members of one JSON Web Key (RFC 7517 section 4).

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::algorithm::Algorithm;
use super::base64url;
use super::json::{self, Fault, Object};
use super::material::{Curve, Material};
use super::skip::SkipReason;
use super::text;

/// A key that may verify signatures, its material checked but not yet parsed by a backend.
pub(super) struct Jwk<'a> {
    pub(super) algorithm: Option<Algorithm>,
    pub(super) kid: Option<Cow<'a, str>>,
    pub(super) material: Material,
}

/// Why the element is not used, with its `kid` if that could be read.
pub(super) struct Unusable<'a> {
    pub(super) kid: Option<Cow<'a, str>>,
    pub(super) reason: SkipReason,
}

impl<'a> Jwk<'a> {
    pub(super) fn read(element: &'a RawValue) -> Result<Self, Unusable<'a>> {
        let object = Object::parse(element.get()).map_err(|fault| {
            let reason = match fault {
                Fault::NotAnObject | Fault::NotJson { .. } => SkipReason::NotAnObject,
                Fault::RepeatedMember => SkipReason::DuplicateMember,
            };
            Unusable { kid: None, reason }
        })?;
        let members = Members(object);
        let kid = members.optional("kid").map_err(|reason| Unusable { kid: None, reason })?;
        match members.public_key(kid.as_deref()) {
            Ok((algorithm, material)) => Ok(Self { algorithm, kid, material }),
            Err(reason) => Err(Unusable { kid, reason }),
        }
    }
}

struct Members<'a>(Object<'a>);

impl<'a> Members<'a> {
    fn public_key(&self, kid: Option<&str>) -> Result<(Option<Algorithm>, Material), SkipReason> {
        if kid.is_some_and(|kid| kid.len() > MAX_KID) {
            return Err(SkipReason::KidTooLong);
        }
        let kty = self.required("kty")?;
        if kty == "oct" {
            return Err(SkipReason::SymmetricKey);
        }
        // Only the names are looked at: the values stay in the body and go with it.
        if PRIVATE.iter().any(|name| self.0.get(name).is_some()) {
            return Err(SkipReason::PrivateMaterial);
        }
        self.check_purpose()?;
        let material = match &*kty {
            "EC" => self.ec()?,
            "OKP" => self.okp()?,
            "RSA" => Material::rsa(&self.bytes("n")?, &self.bytes("e")?)?,
            _ => return Err(SkipReason::UnsupportedKeyType(text::escaped(&kty))),
        };
        Ok((self.algorithm(&material)?, material))
    }

    fn check_purpose(&self) -> Result<(), SkipReason> {
        if self.optional("use")?.is_some_and(|purpose| purpose != "sig") {
            return Err(SkipReason::NotForSignatures);
        }
        if let Some(operations) = self.0.get("key_ops") {
            let operations =
                json::strings(operations).ok_or(SkipReason::MalformedMember("key_ops"))?;
            if !operations.iter().any(|operation| operation == "verify") {
                return Err(SkipReason::NotForSignatures);
            }
        }
        Ok(())
    }

    fn algorithm(&self, material: &Material) -> Result<Option<Algorithm>, SkipReason> {
        let Some(name) = self.optional("alg")? else { return Ok(None) };
        let algorithm: Algorithm =
            name.parse().map_err(|_| SkipReason::UnsupportedAlgorithm(text::escaped(&name)))?;
        if material.algorithms().contains(&algorithm) {
            Ok(Some(algorithm))
        } else {
            Err(SkipReason::AlgorithmMismatch)
        }
    }

    fn ec(&self) -> Result<Material, SkipReason> {
        let name = self.required("crv")?;
        let curve = Curve::by_name(&name)
            .ok_or_else(|| SkipReason::UnsupportedCurve(text::escaped(&name)))?;
        Material::ec(curve, self.bytes("x")?, self.bytes("y")?)
    }

    fn okp(&self) -> Result<Material, SkipReason> {
        let name = self.required("crv")?;
        if name != "Ed25519" {
            return Err(SkipReason::UnsupportedCurve(text::escaped(&name)));
        }
        Material::ed25519(&self.bytes("x")?)
    }

    fn bytes(&self, name: &'static str) -> Result<Vec<u8>, SkipReason> {
        base64url::decode(&self.required(name)?).ok_or(SkipReason::BadEncoding(name))
    }

    fn required(&self, name: &'static str) -> Result<Cow<'a, str>, SkipReason> {
        self.optional(name)?.ok_or(SkipReason::MissingMember(name))
    }

    /// A member that is not a string is malformed, not absent: a key whose `use` is `1` must not
    /// pass as one without `use`.
    fn optional(&self, name: &'static str) -> Result<Option<Cow<'a, str>>, SkipReason> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        json::string(value).map(Some).ok_or(SkipReason::MalformedMember(name))
    }
}

/// Longest `kid` in bytes, in sets and in tokens.
pub(crate) const MAX_KID: usize = 256;

/// RFC 7518 sections 6.2.2, 6.3.2 and 6.4; `priv` is that of the `AKP` keys of ML-DSA.
const PRIVATE: [&str; 9] = ["d", "dp", "dq", "k", "oth", "p", "priv", "q", "qi"];

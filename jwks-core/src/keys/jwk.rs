//! The members of one JSON Web Key (RFC 7517 section 4), read leniently: see [`super`].

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::algorithm::Algorithm;
use super::base64url;
use super::der::Found;
use super::issuer::KeyIssuer;
use super::json::{self, Fault, NotText, Object};
use super::limits::MAX_KID;
use super::material::{Curve, Material};
use super::skip::SkipReason;
use super::text;
use super::validity::Validity;

/// A key that may verify signatures, its material checked but not yet parsed by a backend.
pub(super) struct Jwk<'a> {
    pub(super) algorithm: Option<Algorithm>,
    pub(super) issuer: Option<KeyIssuer>,
    pub(super) kid: Option<Cow<'a, str>>,
    pub(super) material: Material,
    pub(super) purpose: Purpose,
    /// The dates of its certificate.
    pub(super) validity: Option<Validity>,
}

/// What the keys of a set must be for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    /// To check the signatures of JWT-SVIDs: only those of a SPIFFE bundle that say so.
    JwtSvid,
    /// To check signatures, which is taken for granted where a key does not say.
    Signatures,
}

/// Why the element is not used, with its `kid` if that could be read.
pub(super) struct Unusable<'a> {
    pub(super) kid: Option<Cow<'a, str>>,
    pub(super) reason: SkipReason,
}

impl<'a> Jwk<'a> {
    /// A key that was not written as a JWK. Without a `kid` it is called by its thumbprint.
    pub(super) fn bare(
        found: Result<Found, SkipReason>,
        kid: Option<Cow<'a, str>>,
    ) -> Result<Self, Unusable<'a>> {
        let found = match &kid {
            Some(kid) if kid.len() > MAX_KID => Err(SkipReason::KidTooLong),
            _ => found,
        };
        let (material, validity) = match found {
            Ok(found) => found,
            Err(reason) => return Err(Unusable { kid, reason }),
        };
        let kid = kid.unwrap_or_else(|| material.thumbprint().to_string().into());
        let purpose = Purpose::Signatures;
        Ok(Self { algorithm: None, issuer: None, kid: Some(kid), material, purpose, validity })
    }

    pub(super) fn read(element: &'a RawValue, purpose: Purpose) -> Result<Self, Unusable<'a>> {
        let object = Object::parse_repeating(element.get()).map_err(|fault| {
            let reason = match fault {
                Fault::NotAnObject | Fault::NotJson { .. } => SkipReason::NotAnObject,
                Fault::NotUnicode => SkipReason::BadMemberName,
                Fault::RepeatedMember => SkipReason::DuplicateMember,
            };
            Unusable { kid: None, reason }
        })?;
        if object.repeats() {
            let kid = object.get_unrepeated("kid").and_then(|kid| json::string(kid).ok());
            return Err(Unusable { kid, reason: SkipReason::DuplicateMember });
        }
        let members = Members(object);
        let kid = members.optional("kid").map_err(|reason| Unusable { kid: None, reason })?;
        match members.public_key(kid.as_deref(), purpose) {
            Ok((algorithm, material, issuer)) => {
                Ok(Self { algorithm, issuer, kid, material, purpose, validity: None })
            }
            Err(reason) => Err(Unusable { kid, reason }),
        }
    }
}

struct Members<'a>(Object<'a>);

type Parts = (Option<Algorithm>, Material, Option<KeyIssuer>);

impl<'a> Members<'a> {
    fn public_key(&self, kid: Option<&str>, purpose: Purpose) -> Result<Parts, SkipReason> {
        if kid.is_some_and(|kid| kid.len() > MAX_KID) {
            return Err(SkipReason::KidTooLong);
        }
        let kty = self.required("kty")?;
        if kty == "oct" {
            return Err(SkipReason::SymmetricKey);
        }
        // Only whether they are there is looked at: the values stay in the body and go with it.
        if PRIVATE.iter().any(|name| self.get(name).is_some()) {
            return Err(SkipReason::PrivateMaterial);
        }
        self.check_use(purpose)?;
        self.check_operations()?;
        if purpose == Purpose::JwtSvid && kid.is_none() {
            return Err(SkipReason::MissingMember("kid"));
        }
        let issuer = self.issuer()?;
        let material = match &*kty {
            "EC" => self.ec()?,
            "OKP" => self.okp()?,
            "RSA" => Material::rsa(&self.bytes("n")?, &self.bytes("e")?)?,
            _ => return Err(SkipReason::UnsupportedKeyType(text::escaped(&kty))),
        };
        Ok((self.algorithm(&material)?, material, issuer))
    }

    fn check_use(&self, purpose: Purpose) -> Result<(), SkipReason> {
        let used = self.optional("use")?.filter(|used| !used.is_empty());
        match (purpose, used.as_deref()) {
            (Purpose::JwtSvid, Some(JWT_SVID)) | (Purpose::Signatures, None | Some("sig")) => {
                Ok(())
            }
            (Purpose::JwtSvid, None) => Err(SkipReason::MissingMember("use")),
            (Purpose::Signatures, Some(JWT_SVID)) => Err(SkipReason::SpiffeKey),
            (_, Some(other)) => Err(SkipReason::OtherUse(text::escaped(other))),
        }
    }

    fn check_operations(&self) -> Result<(), SkipReason> {
        let Some(operations) = self.get("key_ops") else { return Ok(()) };
        let operations =
            json::strings(operations).map_err(|fault| skip_reason("key_ops", fault))?;
        if operations.is_empty() || operations.iter().any(|operation| operation == "verify") {
            Ok(())
        } else {
            Err(SkipReason::NotForSignatures)
        }
    }

    /// An issuer without a name has no tokens, so what is meant is not known.
    fn issuer(&self) -> Result<Option<KeyIssuer>, SkipReason> {
        match self.optional("issuer")? {
            Some(issuer) if issuer.is_empty() => Err(SkipReason::OtherIssuer(Box::default())),
            issuer => Ok(issuer.map(|issuer| KeyIssuer::new(&issuer))),
        }
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
        Material::ec(curve, &self.bytes("x")?, &self.bytes("y")?)
    }

    fn okp(&self) -> Result<Material, SkipReason> {
        let name = self.required("crv")?;
        if name != "Ed25519" {
            return Err(SkipReason::UnsupportedCurve(text::escaped(&name)));
        }
        Material::ed25519(&self.bytes("x")?)
    }

    fn bytes(&self, name: &'static str) -> Result<Vec<u8>, SkipReason> {
        base64url::lenient(&self.required(name)?).ok_or(SkipReason::BadEncoding(name))
    }

    fn required(&self, name: &'static str) -> Result<Cow<'a, str>, SkipReason> {
        self.optional(name)?.ok_or(SkipReason::MissingMember(name))
    }

    /// A member that is not a string is malformed, not absent: a key whose `use` is `1` must not
    /// pass as one without `use`.
    fn optional(&self, name: &'static str) -> Result<Option<Cow<'a, str>>, SkipReason> {
        let Some(value) = self.get(name) else { return Ok(None) };
        json::string(value).map(Some).map_err(|fault| skip_reason(name, fault))
    }

    /// A member; one that is `null` is absent.
    fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.get(name).filter(|value| !json::is_null(value))
    }
}

const fn skip_reason(name: &'static str, fault: NotText) -> SkipReason {
    match fault {
        NotText::NotUnicode => SkipReason::NotUnicode(name),
        NotText::WrongType => SkipReason::MalformedMember(name),
    }
}

/// The `use` of the keys of JWT-SVIDs (SPIFFE JWT-SVID section 4.2).
pub(super) const JWT_SVID: &str = "jwt-svid";

/// RFC 7518 sections 6.2.2, 6.3.2 and 6.4; `priv` is that of the `AKP` keys of ML-DSA.
const PRIVATE: [&str; 9] = ["d", "dp", "dq", "k", "oth", "p", "priv", "q", "qi"];

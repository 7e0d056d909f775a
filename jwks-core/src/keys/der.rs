//! Public keys and certificates in DER (ITU-T X.690): a `SubjectPublicKeyInfo` (RFC 5280, section
//! 4.1.2.7), the older `RSAPublicKey` (RFC 8017, appendix A.1.1), and a `Certificate` (RFC 5280,
//! section 4.1).
//!
//! The `der` crate reads the encoding, and takes no other than the one that DER prescribes. What the
//! numbers must be like is judged by [`Material`], as for a JWK. Of a certificate the key and the
//! dates are read, and nothing is judged.

use der::asn1::{AnyRef, BitStringRef, GeneralizedTime, ObjectIdentifier, UintRef, UtcTime};
use der::{Decode as _, Reader, SliceReader, Tag, TagNumber, Tagged as _};

use super::material::{Curve, Material};
use super::skip::SkipReason;
use super::validity::Validity;

/// What a text in DER is taken for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    Certificate,
    PublicKeyInfo,
    RsaPublicKey,
}

/// A key, and the dates of its certificate.
pub(super) type Found = (Material, Option<Validity>);

impl Form {
    pub(super) fn read(self, bytes: &[u8]) -> Result<Found, SkipReason> {
        let read = |mut reader: SliceReader<'_>| {
            let found = match self {
                Self::Certificate => certificate(&mut reader)?,
                Self::PublicKeyInfo => (public_key_info(&mut reader)?, None),
                Self::RsaPublicKey => (rsa_public_key(&mut reader)?, None),
            };
            reader.finish()?;
            Ok(found)
        };
        SliceReader::new(bytes).map_err(Fault::from).and_then(read).map_err(|fault| match fault {
            Fault::Skip(reason) => reason,
            Fault::Encoding => SkipReason::NotDer(self.name()),
        })
    }

    /// A key that is on its own, or a certificate. A private key begins with the number of a
    /// version (RFC 5208, section 5; RFC 8017, appendix A.1.2; RFC 5915, section 3).
    pub(super) fn of(bytes: &[u8]) -> Result<Self, SkipReason> {
        let is_certificate = |mut reader: SliceReader<'_>| {
            reader.sequence(|outer| match Tag::peek(outer)? {
                Tag::Integer => Err(Fault::Skip(SkipReason::PrivateKey("DER".into()))),
                // Not read to the end, which `read` does.
                _ => {
                    let mut inner = SliceReader::new(outer.tlv_bytes()?)?;
                    while !outer.is_finished() {
                        outer.tlv_bytes()?;
                    }
                    inner.sequence(|inner| {
                        let tag = Tag::peek(inner)?;
                        while !inner.is_finished() {
                            inner.tlv_bytes()?;
                        }
                        Ok(tag != Tag::ObjectIdentifier)
                    })
                }
            })
        };
        match SliceReader::new(bytes).map_err(Fault::from).and_then(is_certificate) {
            Ok(true) => Ok(Self::Certificate),
            Ok(false) => Ok(Self::PublicKeyInfo),
            Err(Fault::Skip(reason)) => Err(reason),
            Err(Fault::Encoding) => Err(SkipReason::NotDer("public key or certificate")),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::PublicKeyInfo => "public key",
            Self::RsaPublicKey => "RSA public key",
        }
    }
}

/// Why nothing was found.
enum Fault {
    Encoding,
    Skip(SkipReason),
}

impl From<der::Error> for Fault {
    fn from(_: der::Error) -> Self {
        Self::Encoding
    }
}

impl From<SkipReason> for Fault {
    fn from(reason: SkipReason) -> Self {
        Self::Skip(reason)
    }
}

fn certificate(reader: &mut SliceReader<'_>) -> Result<Found, Fault> {
    reader.sequence(|certificate| {
        let found = certificate.sequence(|signed| {
            let version = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };
            if Tag::peek(signed)? == version {
                pass(signed, version)?;
            }
            pass(signed, Tag::Integer)?;
            pass(signed, Tag::Sequence)?;
            pass(signed, Tag::Sequence)?;
            let validity = signed.sequence(|dates| {
                let not_before = date(AnyRef::decode(dates)?);
                Ok::<_, Fault>(Validity { not_before, not_after: date(AnyRef::decode(dates)?) })
            })?;
            pass(signed, Tag::Sequence)?;
            let material = public_key_info(signed)?;
            while !signed.is_finished() {
                if !AnyRef::decode(signed)?.tag().is_context_specific() {
                    return Err(Fault::Encoding);
                }
            }
            Ok((material, Some(validity)))
        })?;
        pass(certificate, Tag::Sequence)?;
        pass(certificate, Tag::BitString)?;
        Ok(found)
    })
}

/// Goes over a value that is of no interest.
fn pass(reader: &mut SliceReader<'_>, tag: Tag) -> Result<(), Fault> {
    AnyRef::decode(reader)?.tag().assert_eq(tag)?;
    Ok(())
}

/// `None` if it is no date that is known: it is shown, and decides nothing.
fn date(value: AnyRef<'_>) -> Option<std::time::SystemTime> {
    let since = match value.tag() {
        Tag::UtcTime => value.decode_as::<UtcTime>().ok()?.to_unix_duration(),
        Tag::GeneralizedTime => value.decode_as::<GeneralizedTime>().ok()?.to_unix_duration(),
        _ => return None,
    };
    std::time::UNIX_EPOCH.checked_add(since)
}

fn public_key_info(reader: &mut SliceReader<'_>) -> Result<Material, Fault> {
    reader.sequence(|info| {
        let (kind, parameters) = info.sequence(|algorithm| {
            let kind = ObjectIdentifier::decode(algorithm)?;
            Ok::<_, Fault>((kind, Option::<AnyRef<'_>>::decode(algorithm)?))
        })?;
        let bits = BitStringRef::decode(info)?.as_bytes().ok_or(Fault::Encoding)?;
        match (kind, parameters) {
            // RFC 3279, section 2.3.1, asks for NULL, which some leave out.
            (RSA, parameters) if parameters.is_none_or(|it| it == AnyRef::NULL) => {
                let mut reader = SliceReader::new(bits)?;
                let material = rsa_public_key(&mut reader)?;
                reader.finish()?;
                Ok(material)
            }
            (EC, Some(curve)) if curve.tag() == Tag::ObjectIdentifier => {
                point(curve.decode_as::<ObjectIdentifier>()?, bits)
            }
            // RFC 5480, section 2.1.1, forbids curves that are written out.
            (EC, _) => Err(SkipReason::UnsupportedCurve("not named".into()).into()),
            (ED25519, None) if bits.len() == ED25519_LEN => Ok(Material::ed25519(bits)?),
            (ED25519, None) => Err(SkipReason::WrongLength("x").into()),
            (RSA | ED25519, _) => Err(Fault::Encoding),
            _ => Err(SkipReason::UnsupportedKeyType(kind.to_string().into()).into()),
        }
    })
}

fn rsa_public_key(reader: &mut SliceReader<'_>) -> Result<Material, Fault> {
    reader.sequence(|key| {
        let (n, e) = (UintRef::decode(key)?, UintRef::decode(key)?);
        if !key.is_finished() {
            // The prime factors follow: it is private (RFC 8017, appendix A.1.2).
            return Err(SkipReason::PrivateKey("DER".into()).into());
        }
        Ok(Material::rsa(n.as_bytes(), e.as_bytes())?)
    })
}

/// SEC 1, section 2.3.3.
fn point(curve: ObjectIdentifier, octets: &[u8]) -> Result<Material, Fault> {
    let curve = match curve {
        P256 => Curve::P256,
        P384 => Curve::P384,
        P521 => Curve::P521,
        _ => return Err(SkipReason::UnsupportedCurve(curve.to_string().into()).into()),
    };
    let len = curve.coordinate_len();
    match octets.split_first() {
        Some((4, both)) if both.len() == 2 * len => {
            let (x, y) = both.split_at(len);
            Ok(Material::ec(curve, x, y)?)
        }
        Some((2 | 3, x)) if x.len() == len => Err(SkipReason::CompressedPoint.into()),
        _ => Err(SkipReason::InvalidKey.into()),
    }
}

/// The first byte of all that is read here, and of no JSON object and no PEM: the digit 0.
pub(super) const SEQUENCE: u8 = 0x30;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const ED25519_LEN: usize = 32;
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

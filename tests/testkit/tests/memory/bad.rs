//! Bad tokens are bad, each in one way alone.

use std::collections::BTreeSet;

use jwks_core::{
    keys::Algorithm,
    verify::{ErrorKind, Registered},
};
use jwks_testkit::{InMemory, Signer};

#[test]
fn a_verifier_accepts_none_of_them_whatever_the_key() {
    use Algorithm::{ES256, ES384, ES512, EdDSA, PS256, RS256};
    for algorithm in [ES256, ES384, ES512, EdDSA, PS256, RS256] {
        let mut world = InMemory::new();
        let issuer = world.issuer_with("https://id.example.com", Signer::new(algorithm, "k"));
        let verifier = world.verifier([issuer.configured()]);
        for bad in issuer.bad_tokens() {
            let verdict = verifier.try_verify::<Registered>(bad.token());
            let kind = verdict.as_ref().map_err(jwks_core::verify::Error::kind);
            let name = format!("{algorithm}: {}", bad.name());
            match (bad.row(), kind) {
                // What a token is bound to is for the service to check.
                ("14", Ok(_)) => {}
                ("4", Err(ErrorKind::Malformed)) => {}
                ("5", Err(ErrorKind::Expired)) => {}
                ("7", Err(ErrorKind::UnknownKid)) => {}
                ("6", Err(kind)) => assert!(kind != ErrorKind::UnknownKid, "{name}: {kind:?}"),
                (row, kind) => panic!("{name}: row {row}, but {kind:?}"),
            }
        }
    }
}

#[test]
fn names_are_unique_and_no_fault_hides_another() {
    let mut world = InMemory::new();
    let issuer = world.issuer("https://id.example.com");
    let tokens = issuer.bad_tokens();
    let names: BTreeSet<_> = tokens.iter().map(jwks_testkit::BadToken::name).collect();
    assert_eq!(names.len(), tokens.len());
    let verifier = world.verifier([issuer.configured()]);
    let kind = |name: &str| {
        let bad = tokens.iter().find(|bad| bad.name() == name).expect(name);
        verifier.try_verify::<Registered>(bad.token()).unwrap_err().kind()
    };
    assert_eq!(kind("another key under the same kid"), ErrorKind::InvalidSignature);
    assert_eq!(kind("a signature of zeros"), ErrorKind::InvalidSignature);
    assert_eq!(kind("claims changed after signing"), ErrorKind::InvalidSignature);
    assert_eq!(kind("its own key in the header (jwk)"), ErrorKind::InvalidSignature);
    assert_eq!(kind("alg none, no signature"), ErrorKind::AlgorithmNotAllowed);
    assert_eq!(kind("HS256 with the public key as PEM"), ErrorKind::AlgorithmNotAllowed);
    assert_eq!(kind("a critical extension"), ErrorKind::CriticalHeader);
    assert_eq!(kind("typ of another kind of token"), ErrorKind::TypeNotAllowed);
    assert_eq!(kind("another aud"), ErrorKind::WrongAudience);
    assert_eq!(kind("iss but for the slash"), ErrorKind::WrongIssuer);
}

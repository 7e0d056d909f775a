//! SPIFFE bundles.

use super::*;

fn bundle(jwks: &[String]) -> Result<KeySet, KeySetError> {
    let limits = KeyLimits { spiffe: true, ..KeyLimits::default() };
    KeySet::parse(set_json(jwks).as_bytes(), &limits)
}

#[test]
fn only_the_keys_of_jwt_svids_are_used() {
    let keys = bundle(&[
        P256.jwk(r#""kid":"a","use":"jwt-svid""#),
        RSA.jwk(r#""use":"x509-svid","x5c":["MIIB"]"#),
        RSA.jwk(r#""kid":"b","use":"sig""#),
        RSA.jwk(r#""kid":"c""#),
        RSA.jwk(r#""kid":"d","use":"""#),
        RSA.jwk(r#""use":"jwt-svid""#),
        RSA.jwk(r#""kid":null,"use":"jwt-svid""#),
        RSA.jwk(r#""kid":"e","use":"jwt-svid","key_ops":["sign"]"#),
        RSA.jwk(r#""kid":"f","use":"JWT-SVID""#),
        P256.jwk(&format!(r#""kid":"g","use":"jwt-svid","d":"{}""#, P256.secret())),
    ])
    .unwrap();
    assert!(keys.len() == 1 && keys.contains("a"));
    let reasons: Vec<_> = keys.skipped().iter().map(|skipped| skipped.reason().clone()).collect();
    assert_eq!(
        reasons,
        [
            SkipReason::OtherUse("x509-svid".into()),
            SkipReason::OtherUse("sig".into()),
            SkipReason::MissingMember("use"),
            SkipReason::MissingMember("use"),
            SkipReason::MissingMember("kid"),
            SkipReason::MissingMember("kid"),
            SkipReason::NotForSignatures,
            SkipReason::OtherUse("JWT-SVID".into()),
            SkipReason::PrivateMaterial,
        ]
    );
}

#[test]
fn an_empty_bundle_revokes_all_keys() {
    assert!(bundle(&[]).unwrap().is_empty());
    let x509 = || RSA.jwk(r#""use":"x509-svid""#);
    let keys = bundle(&[x509(), RSA.jwk(r#""kid":"a""#)]).unwrap();
    assert!(keys.is_empty() && keys.skipped().len() == 2);
    // Keys that are there and cannot be used are no revocation but a mistake.
    for jwk in [
        P256.jwk(r#""kid":"a","use":"jwt-svid","alg":"ES384""#),
        P256.jwk(r#""use":"jwt-svid""#),
        "1".into(),
        "{}".into(),
    ] {
        let error = bundle(&[x509(), jwk.clone()]).unwrap_err();
        assert_eq!(error.kind(), KeySetErrorKind::TooFewKeys, "{jwk}");
    }
    // Nor is a document that is none.
    for body in ["{}", r#"{"keys":null}"#, "[]", ""] {
        let limits = KeyLimits { spiffe: true, ..KeyLimits::default() };
        assert!(KeySet::parse(body.as_bytes(), &limits).is_err(), "{body}");
    }
    assert_eq!(kind(r#"{"keys":[]}"#), KeySetErrorKind::TooFewKeys);
}

#[test]
fn the_least_number_of_keys_holds_where_there_are_some() {
    let jwks = [P256.jwk(r#""kid":"a","use":"jwt-svid""#), RSA.jwk(r#""use":"x509-svid""#)];
    let limits = KeyLimits { spiffe: true, min_keys: 2, ..KeyLimits::default() };
    let error = KeySet::parse(set_json(&jwks).as_bytes(), &limits).unwrap_err();
    assert_eq!(error.kind(), KeySetErrorKind::TooFewKeys);
}

#[test]
fn an_export_of_a_bundle_is_one() {
    let keys = bundle(&[P256.jwk(r#""kid":"a","use":"jwt-svid""#)]).unwrap();
    let jwks: Vec<_> = keys.iter().map(PublicJwk::from).collect();
    let text = serde_json::to_string(&PublicJwks { keys: &jwks }).unwrap();
    let limits = KeyLimits { spiffe: true, ..KeyLimits::default() };
    assert_eq!(KeySet::parse(text.as_bytes(), &limits).unwrap(), keys);
    assert_eq!(parse(&text).unwrap_err().skipped()[0].reason(), &SkipReason::SpiffeKey);
}

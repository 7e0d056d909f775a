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

#[test]
fn a_bundle_says_when_to_ask_again_and_which_it_is() {
    let bundle = |more: &str| {
        let limits = KeyLimits { spiffe: true, ..KeyLimits::default() };
        KeySet::parse(format!(r#"{{"keys":[]{more}}}"#).as_bytes(), &limits)
    };
    for (hint, seconds) in [
        ("300", Some(300)),
        ("18446744073709551615", Some(u64::MAX)),
        ("0", None),
        ("-1", None),
        ("1.5", None),
        ("\"300\"", None),
        ("null", None),
        ("18446744073709551616", None),
    ] {
        let keys = bundle(&format!(r#","spiffe_refresh_hint":{hint}"#)).unwrap();
        let hinted = keys.bundle().refresh_hint;
        assert_eq!(hinted, seconds.map(std::time::Duration::from_secs), "{hint}");
    }
    for (sequence, number) in
        [("0", Some(0)), ("18446744073709551615", Some(u64::MAX)), ("null", None)]
    {
        let keys = bundle(&format!(r#","spiffe_sequence":{sequence}"#)).unwrap();
        assert_eq!(keys.bundle().sequence, number, "{sequence}");
    }
    for sequence in ["-1", "1.0", "\"1\"", "18446744073709551616", "[]"] {
        let error = bundle(&format!(r#","spiffe_sequence":{sequence}"#)).unwrap_err();
        assert_eq!(error.kind(), KeySetErrorKind::NotAKeySet, "{sequence}");
    }
    // Elsewhere they are members like any other.
    let set = set_json(&[P256.jwk("")]).replace("]}", r#"],"spiffe_sequence":-1}"#);
    assert!(parse(&set).is_ok());
    let numbered = |number: &str| bundle(&format!(r#","spiffe_sequence":{number}"#)).unwrap();
    let (one, two, none) = (numbered("1"), numbered("2"), numbered("null"));
    assert_eq!(one.check_not_older(&two).unwrap_err().kind(), KeySetErrorKind::Older);
    for (new, held) in [(&two, &one), (&one, &one), (&none, &two), (&one, &none)] {
        assert!(new.check_not_older(held).is_ok());
    }
}

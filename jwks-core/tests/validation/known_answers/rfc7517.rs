//! RFC 7517 appendix A: example key sets; and RFC 7638 section 3.1, which has the thumbprint of one
//! of its keys.

use jwks_core::keys::{Algorithm, KeyLimits, KeySet, KeySetErrorKind, SkipReason};

fn parse(body: &str) -> KeySet {
    let mut limits = KeyLimits::default();
    limits.min_keys = 0;
    KeySet::parse(body.as_bytes(), &limits).expect("a key set")
}

fn reasons(keys: &KeySet) -> Vec<&SkipReason> {
    keys.skipped().iter().map(|skipped| skipped.reason()).collect()
}

#[test]
fn a_1_public_keys() {
    let body = format!(
        r#"{{"keys":[{{{EC},"use":"enc","kid":"1"}},
            {{{RSA},"alg":"RS256","kid":"2011-04-29"}}]}}"#
    );
    let keys = parse(&body);
    assert_eq!(reasons(&keys), [&SkipReason::OtherUse("enc".into())]);
    let key = keys.candidates("2011-04-29").next().unwrap();
    assert_eq!(key.algorithm(), Some(Algorithm::RS256));
    assert!(key.fits(Algorithm::RS256) && !key.fits(Algorithm::PS256));
    // The same key, were it for signatures.
    let keys = parse(&body.replace("enc", "sig"));
    assert!(keys.candidates("1").next().unwrap().fits(Algorithm::ES256));
}

#[test]
fn rfc_7638_thumbprint() {
    let keys = parse(&format!(r#"{{"keys":[{{{RSA},"alg":"RS256","kid":"2011-04-29"}}]}}"#));
    let thumbprint = keys.iter().next().unwrap().thumbprint().to_string();
    assert_eq!(thumbprint, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

/// Nobody may publish them. The RSA key's five other private members are left out here: each is
/// refused alone, see the tests of the key set.
#[test]
fn a_2_private_keys() {
    let keys = parse(&format!(
        r#"{{"keys":[
        {{{EC},"d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE","use":"enc","kid":"1"}},
        {{{RSA},"d":"{RSA_D}","alg":"RS256","kid":"2011-04-29"}}]}}"#
    ));
    assert_eq!(reasons(&keys), [&SkipReason::PrivateMaterial, &SkipReason::PrivateMaterial]);
    assert!(keys.is_empty());
}

#[test]
fn a_3_symmetric_keys() {
    let body = r#"{"keys":[
        {"kty":"oct","alg":"A128KW","k":"GawgguFyGrWKav7AX4VKUg"},
        {"kty":"oct",
         "k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
         "kid":"HMAC key used in JWS spec Appendix A.1 example"}]}"#;
    assert_eq!(reasons(&parse(body)), [&SkipReason::SymmetricKey, &SkipReason::SymmetricKey]);
    let error = KeySet::parse(body.as_bytes(), &KeyLimits::default()).unwrap_err();
    assert_eq!(error.kind(), KeySetErrorKind::TooFewKeys);
}

const EC: &str = "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\",\"y\"\
    :\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"";
const RSA: &str = "\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1R\
    K7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4\
    QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyr\
    dkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\"\
    ,\"e\":\"AQAB\"";
const RSA_D: &str = "X4cTteJY_gn4FYPsXB8rdXix5vwsg1FLN5E3EaG6RJoVH-HLLKD9M7dx5oo7GURknchnrRweUkC7hT5fJLM0WbFAKNLW\
    Y2vv7B6NqXSzUvxT0_YSfqijwp3RTzlBaCxWp4doFk5N2o8Gy_nHNKroADIkJ46pRUohsXywbReAdYaMwFs9tv8d_cPV\
    Y3i07a3t8MN6TNwm0dSawm9v47UiCl3Sk5ZiG7xojPLu4sbg1U2jx4IBTNBznbJSzFHK66jT8bgkuqsk0GjskDJk19Z4\
    qwjwbsnn4j2WBii3RL-Us2lGVkY8fkFzme1z0HbIkfz0Y6mqnOYtqc0X4jfcKoAC8Q";

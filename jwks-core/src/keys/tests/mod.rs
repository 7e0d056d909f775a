//! Key sets, good and bad.

mod bound;
mod lenient;
mod once;
mod panics;
mod pem;
mod rewriting;
mod spiffe;
mod work;

use proptest::prelude::*;

use super::testing::{ED25519, P256, RSA, Signer, set, set_json};
use super::*;

fn parse(body: &str) -> Result<KeySet, KeySetError> {
    KeySet::parse(body.as_bytes(), &KeyLimits::default())
}

fn kind(body: &str) -> KeySetErrorKind {
    parse(body).unwrap_err().kind()
}

/// Why this JWK is skipped; a good key stands beside it and must be spared.
fn skip(jwk: &str) -> SkipReason {
    let keys = parse(&set_json(&[jwk.into(), P256.jwk(r#""kid":"good""#)])).unwrap();
    assert!(keys.contains("good") && keys.len() == 1, "{jwk}");
    let [skipped] = keys.skipped() else { panic!("{jwk}") };
    assert_eq!(skipped.index(), 0);
    skipped.reason().clone()
}

/// RFC 7517 appendix A.1: one key for encryption, one for signatures.
#[test]
fn rfc_7517_a_1() {
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSo\
        c_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YG\
        jQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt\
        -bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDK\
        gw";
    let keys = parse(&format!(
        r#"{{"keys":[
        {{"kty":"EC","crv":"P-256",
         "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
         "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"}},
        {{"kty":"RSA","n":"{n}",
         "e":"AQAB","alg":"RS256","kid":"2011-04-29"}}]}}"#,
    ))
    .unwrap();
    assert_eq!(keys.skipped().len(), 1);
    assert_eq!(keys.skipped()[0].reason(), &SkipReason::OtherUse("enc".into()));
    let key = keys.candidates("2011-04-29").next().unwrap();
    assert_eq!(key.algorithm(), Some(Algorithm::RS256));
    assert!(key.fits(Algorithm::RS256) && !key.fits(Algorithm::PS256));
    // RFC 7638 section 3.1 has the thumbprint of this very key.
    assert_eq!(key.thumbprint().to_string(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

/// RFC 8037 appendix A.3.
#[test]
fn rfc_8037_a_3() {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let keys = set(&[format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#)]);
    let thumbprint = keys.kidless().next().unwrap().thumbprint().to_string();
    assert_eq!(thumbprint, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn each_kind_of_key_fits_its_algorithms() {
    use Algorithm::*;
    for (signer, fits) in [
        (&Signer::new(ES256), &[ES256][..]),
        (&Signer::new(ES384), &[ES384]),
        (&Signer::new(ES512), &[ES512]),
        (&*ED25519, &[EdDSA]),
        (&*RSA, &[PS256, PS384, PS512, RS256, RS384, RS512]),
    ] {
        let keys = set(&[signer.jwk("")]);
        let key = keys.kidless().next().unwrap();
        let actual: Vec<_> = Algorithm::ALL.iter().copied().filter(|a| key.fits(*a)).collect();
        assert_eq!(actual, fits);
        for algorithm in Algorithm::ALL {
            let expected = fits.contains(algorithm);
            let signing = if expected { *algorithm } else { fits[0] };
            let signature = signer.sign(signing, b"message");
            assert_eq!(key.verifies(*algorithm, b"message", &signature), expected, "{algorithm}");
            assert!(!key.verifies(*algorithm, b"massage", &signature));
        }
        // Declared, it fits that one alone.
        let keys = set(&[signer.jwk(&format!(r#""alg":"{}""#, fits[0]))]);
        let key = keys.kidless().next().unwrap();
        let actual: Vec<_> = Algorithm::ALL.iter().filter(|a| key.fits(**a)).collect();
        assert_eq!(actual, [&fits[0]]);
    }
}

#[test]
fn one_bad_key_spares_its_neighbours() {
    let ec = |x: &str, y: &str| format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#);
    let (g, h) = ("A".repeat(43), "A".repeat(42));
    let rsa_e = |e: &str| RSA.jwk("").replace(r#""e":"AQAB""#, &format!(r#""e":"{e}""#));
    let n = base64url::encode(&[0xff; 255]);
    for (jwk, reason) in [
        ("1".into(), SkipReason::NotAnObject),
        ("null".into(), SkipReason::NotAnObject),
        ("{}".into(), SkipReason::MissingMember("kty")),
        (r#"{"kty":1}"#.into(), SkipReason::MalformedMember("kty")),
        (r#"{"kty":"AKP"}"#.into(), SkipReason::UnsupportedKeyType("AKP".into())),
        (r#"{"kty":"rsa"}"#.into(), SkipReason::UnsupportedKeyType("rsa".into())),
        (r#"{"kty":"oct","k":"AA"}"#.into(), SkipReason::SymmetricKey),
        (P256.jwk(r#""kid":1"#), SkipReason::MalformedMember("kid")),
        (P256.jwk(r#""use":1"#), SkipReason::MalformedMember("use")),
        (P256.jwk(r#""alg":["ES256"]"#), SkipReason::MalformedMember("alg")),
        (P256.jwk(r#""use":"enc""#), SkipReason::OtherUse("enc".into())),
        (P256.jwk(r#""use":"Sig""#), SkipReason::OtherUse("Sig".into())),
        (P256.jwk(r#""use":" ""#), SkipReason::OtherUse(" ".into())),
        (P256.jwk(r#""use":"jwt-svid""#), SkipReason::SpiffeKey),
        (P256.jwk(r#""key_ops":["sign"]"#), SkipReason::NotForSignatures),
        (P256.jwk(r#""use":"sig","key_ops":["encrypt"]"#), SkipReason::NotForSignatures),
        (P256.jwk(r#""key_ops":"verify""#), SkipReason::MalformedMember("key_ops")),
        (P256.jwk(r#""key_ops":["verify",1]"#), SkipReason::MalformedMember("key_ops")),
        (P256.jwk(r#""kty":"EC""#), SkipReason::DuplicateMember),
        (P256.jwk(r#""own":1,"own":1"#), SkipReason::DuplicateMember),
        (P256.jwk(r#""key_ops":[null]"#), SkipReason::MalformedMember("key_ops")),
        (P256.jwk(r#""key_ops":["\udead"]"#), SkipReason::NotUnicode("key_ops")),
        (P256.jwk(r#""kid":"\ud800""#), SkipReason::NotUnicode("kid")),
        (P256.jwk(r#""alg":"\ud800""#), SkipReason::NotUnicode("alg")),
        (P256.jwk(r#""\ud800":1"#), SkipReason::BadMemberName),
        (P256.jwk(r#""issuer":1"#), SkipReason::MalformedMember("issuer")),
        (P256.jwk(r#""issuer":"""#), SkipReason::OtherIssuer("".into())),
        (P256.jwk(r#""alg":"""#), SkipReason::UnsupportedAlgorithm("".into())),
        (P256.jwk(r#""alg":"ES384""#), SkipReason::AlgorithmMismatch),
        (P256.jwk(r#""alg":"RS256""#), SkipReason::AlgorithmMismatch),
        (RSA.jwk(r#""alg":"ES256""#), SkipReason::AlgorithmMismatch),
        (RSA.jwk(r#""alg":"RSA-OAEP""#), SkipReason::UnsupportedAlgorithm("RSA-OAEP".into())),
        (RSA.jwk(r#""alg":"HS256""#), SkipReason::UnsupportedAlgorithm("HS256".into())),
        (P256.jwk(&format!(r#""kid":"{}""#, "k".repeat(257))), SkipReason::KidTooLong),
        (P256.jwk(&format!(r#""d":"{}""#, P256.secret())), SkipReason::PrivateMaterial),
        (ED25519.jwk(&format!(r#""d":"{}""#, ED25519.secret())), SkipReason::PrivateMaterial),
        (RSA.jwk(r#""p":"""#), SkipReason::PrivateMaterial),
        (RSA.jwk(r#""oth":[]"#), SkipReason::PrivateMaterial),
        (r#"{"kty":"EC","x":"","y":""}"#.into(), SkipReason::MissingMember("crv")),
        (
            r#"{"kty":"EC","crv":"secp256k1"}"#.into(),
            SkipReason::UnsupportedCurve("secp256k1".into()),
        ),
        (r#"{"kty":"OKP","crv":"X25519"}"#.into(), SkipReason::UnsupportedCurve("X25519".into())),
        (r#"{"kty":"OKP","crv":"Ed448"}"#.into(), SkipReason::UnsupportedCurve("Ed448".into())),
        (r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#.into(), SkipReason::WrongLength("x")),
        (ec(&g, &format!("{h}B")), SkipReason::BadEncoding("y")),
        (ec(&g, &g), SkipReason::InvalidKey),
        (ec(&g, "AA"), SkipReason::InvalidKey),
        (ec(&g, ""), SkipReason::WrongLength("y")),
        (ec(&format!("{g}{g}A"), &g), SkipReason::InvalidKey),
        (ec(&format!("_{h}"), &g), SkipReason::InvalidKey),
        (ec(&format!("_{g}"), &g), SkipReason::WrongLength("x")),
        (ec(&format!("{g}=="), &g), SkipReason::BadEncoding("x")),
        (ec(&format!("{g}\\n"), &g), SkipReason::BadEncoding("x")),
        (rsa_e("AQ"), SkipReason::WeakExponent),
        (rsa_e("Ag"), SkipReason::WeakExponent),
        (rsa_e("AgAAAAE"), SkipReason::WeakExponent),
        (rsa_e("AQAB=="), SkipReason::BadEncoding("e")),
        (rsa_e("_+8B"), SkipReason::BadEncoding("e")),
        (rsa_e("AQAC"), SkipReason::WeakExponent),
        (format!(r#"{{"kty":"RSA","n":"{n}","e":"AQAB"}}"#), SkipReason::WeakModulus),
        (r#"{"kty":"RSA","n":"AQAB"}"#.into(), SkipReason::MissingMember("e")),
    ] {
        assert_eq!(skip(&jwk), reason, "{jwk}");
    }
}

#[test]
fn what_does_not_matter_is_ignored() {
    for more in [
        r#""x5c":["not base64"],"x5t":7,"x5u":{},"own":null"#,
        r#""use":"sig","key_ops":["sign","verify"],"alg":"ES256""#,
        r#""ext":true,"kid":"""#,
    ] {
        assert_eq!(set(&[P256.jwk(more)]).len(), 1, "{more}");
    }
}

#[test]
fn neither_secrets_nor_raw_kids_are_shown() {
    let secret = P256.secret();
    let jwk = P256.jwk(&format!(r#""d":"{secret}","kid":"a\n\u001b[2Jb""#));
    let keys = set(&[jwk.clone(), ED25519.jwk(r#""kid":"x\u0000y""#)]);
    let shown = format!("{keys:?} {:?} {}", keys.skipped(), keys.skipped()[0]);
    assert!(!shown.contains(&secret) && !shown.contains(['\n', '\u{1b}', '\0']), "{shown}");
    assert_eq!(keys.skipped()[0].kid(), Some(r"a\n\u{1b}[2Jb"));
    assert_eq!(format!("{keys:?}"), r"KeySet [x\u{0}y]");
    let error = KeySet::parse(set_json(&[jwk]).as_bytes(), &KeyLimits::default()).unwrap_err();
    let shown = format!("{error:?} {error}");
    assert!(!shown.contains(&secret) && !shown.contains(['\n', '\u{1b}']), "{shown}");
    assert_eq!(error.skipped().len(), 1);
}

#[test]
fn a_document_that_is_no_key_set_is_refused() {
    use KeySetErrorKind::*;
    let key = P256.jwk("");
    for (body, expected) in [
        (String::new(), NotJson),
        (" \u{feff}{}".into(), NotJson),
        (format!(r#"{{"keys":[{key}],"\ud800":1}}"#), NotJson),
        ("<html>".into(), NotJson),
        (r#"{"keys":[}"#.into(), NotJson),
        (format!(r#"{{"keys":[{key}]}} x"#), NotJson),
        ("[]".into(), NotAKeySet),
        ("{}".into(), NotAKeySet),
        (key.clone(), NotAKeySet),
        (r#"{"keys":{}}"#.into(), NotAKeySet),
        (r#"{"keys":null}"#.into(), NotAKeySet),
        (r#"{"keys":[]}"#.into(), TooFewKeys),
        (r#"{"keys":[1,{},"x"]}"#.into(), TooFewKeys),
        (format!(r#"{{"keys":[{key}],"keys":[{key}]}}"#), DuplicateMember),
        (format!(r#"{{"own":1,"keys":[{key}],"own":1}}"#), DuplicateMember),
        (format!(r#"{{"keys":[{key}],"own":{}{}}}"#, "[".repeat(99), "]".repeat(99)), TooDeep),
        (format!(r#"{{"keys":[{}]}}"#, vec!["1"; 257].join(",")), TooManyKeys),
        (format!(r#"{{"keys":[{key}]}}{}"#, " ".repeat(512 * 1024)), TooLarge),
    ] {
        let shown = body.get(..80).unwrap_or(&body);
        assert_eq!(kind(&body), expected, "{shown}");
    }
    let error = KeySet::parse(b"{\"keys\":[\n \"\xff", &KeyLimits::default()).unwrap_err();
    assert_eq!(error.to_string(), "not JSON in UTF-8 (line 2, column 3)");
    for empty in ["", " \r\n", "\u{feff}", "\u{feff}\n"] {
        let error = parse(empty).unwrap_err();
        assert_eq!(error.to_string(), "the key set is empty: no JSON at all");
    }
    let discovery = parse(r#"{"issuer":"https://a","jwks_uri":"https://a/keys"}"#).unwrap_err();
    assert_eq!(discovery.kind(), NotAKeySet);
    assert!(discovery.to_string().contains("discovery document: "), "{discovery}");
    let error = parse(r#"{"keys":[],"\ud800":1}"#).unwrap_err();
    let name = "a member's name in the key set is not valid Unicode text";
    assert_eq!(error.to_string(), name);
    let error = parse(r#"{"keys":[{"kty":"AKP","kid":"a"}]}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the key set has 0 usable keys of 1, at least 1 needed (setting `min_keys`): key 0 `a`: \
         unsupported kty `AKP`"
    );
}

#[test]
fn limits_are_inclusive() {
    let body = set_json(&[P256.jwk(""), ED25519.jwk("")]);
    let limits = |max_body, max_keys, min_keys| {
        let limits = KeyLimits { max_body, max_keys, min_keys, spiffe: false };
        KeySet::parse(body.as_bytes(), &limits).is_ok()
    };
    assert!(limits(body.len(), 2, 2));
    assert!(!limits(body.len() - 1, 2, 2));
    assert!(!limits(body.len(), 1, 1));
    assert!(!limits(body.len(), 2, 3));
    let none = KeyLimits { min_keys: 0, ..KeyLimits::default() };
    assert!(KeySet::parse(br#"{"keys":[]}"#, &none).unwrap().is_empty());
}

#[test]
fn a_kid_leads_to_a_list() {
    let keys = set(&[
        P256.jwk(r#""kid":"b""#),
        RSA.jwk(r#""kid":"a""#),
        ED25519.jwk(r#""kid":"b""#),
        RSA.jwk(""),
        RSA.jwk(r#""kid":"""#),
        P256.jwk(r#""kid":"b","use":"sig""#),
    ]);
    assert_eq!(keys.len(), 5);
    assert_eq!(keys.skipped()[0].reason(), &SkipReason::DuplicateKey);
    let fits = |kid, algorithm| keys.candidates(kid).filter(|key| key.fits(algorithm)).count();
    assert_eq!(keys.candidates("b").count(), 2);
    assert_eq!((fits("b", Algorithm::ES256), fits("b", Algorithm::EdDSA)), (1, 1));
    let order: Vec<_> = keys.candidates("b").map(|key| key.fits(Algorithm::ES256)).collect();
    assert_eq!(order, [true, false]);
    assert_eq!(keys.candidates("a").count(), 1);
    assert_eq!(keys.candidates("").count(), 1);
    assert_eq!(keys.kidless().count(), 1);
    for unknown in ["A", "aa", "c", "\0"] {
        assert!(!keys.contains(unknown) && keys.candidates(unknown).next().is_none());
    }
}

#[test]
fn equality_is_of_content() {
    let (a, b) = (P256.jwk(r#""kid":"a""#), ED25519.jwk(r#""kid":"b""#));
    let one = set(&[a.clone(), b.clone(), RSA.jwk("")]);
    assert_eq!(one, set(&[RSA.jwk(""), b.clone(), "{}".into(), a.clone()]));
    assert_ne!(one, set(&[a.clone(), b.clone()]));
    assert_ne!(one, set(&[a.clone(), b.clone(), RSA.jwk(r#""kid":"c""#)]));
    assert_ne!(one, set(&[a, b, RSA.jwk(r#""alg":"RS256""#)]));
}

#[test]
fn a_diff_names_what_came_went_and_changed() {
    let other = Signer::new(Algorithm::ES256);
    let old = set(&[
        P256.jwk(r#""kid":"stays""#),
        P256.jwk(r#""kid":"changes""#),
        RSA.jwk(r#""kid":"goes""#),
        RSA.jwk(""),
    ]);
    let new = set(&[
        other.jwk(r#""kid":"changes""#),
        ED25519.jwk(r#""kid":"comes""#),
        P256.jwk(r#""kid":"stays","alg":"ES256""#),
        other.jwk(""),
    ]);
    let diff = new.diff(&old);
    let kid = |kid: &str| KeyId::Kid(kid.into());
    let thumbprint = |set: &KeySet| set.kidless().next().unwrap().id();
    assert_eq!(diff.added, [kid("comes"), thumbprint(&new)]);
    assert_eq!(diff.removed, [kid("goes"), thumbprint(&old)]);
    assert_eq!(diff.replaced, [kid("changes")]);
    assert!(!diff.is_empty() && new.diff(&new).is_empty());
    let text = diff.to_string();
    assert!(text.starts_with("added comes thumbprint:") && text.ends_with(", replaced changes"));
    assert!(serde_json::to_string(&diff).unwrap().contains(r#""replaced":["changes"]"#));
}

#[test]
fn keys_are_made_ready_for_the_algorithms_that_are_wanted() {
    use Algorithm::*;
    let jwks = [
        RSA.jwk(r#""kid":"any""#),
        RSA.jwk(r#""kid":"one","alg":"PS256""#),
        P256.jwk(r#""kid":"other""#),
    ];
    let ready = |wanted: &[Algorithm], kid| {
        let tokens = TokensOf { issuer: None, algorithms: Some(wanted) };
        let limits = KeyLimits::default();
        let keys = KeySet::parse_for(tokens, set_json(&jwks).as_bytes(), &limits).unwrap();
        assert_eq!(keys.len(), 3);
        let key = keys.candidates(kid).next().unwrap();
        Algorithm::ALL.iter().copied().filter(|one| key.fits(*one)).collect::<Vec<_>>()
    };
    assert_eq!(ready(&[RS256, ES256], "any"), [RS256]);
    assert_eq!(ready(&[PS512, RS256], "any"), [PS512, RS256]);
    assert_eq!(ready(Algorithm::ALL, "any").len(), 6);
    assert_eq!(ready(&[PS256], "one"), [PS256]);
    assert_eq!(ready(&[RS256, ES256], "other"), [ES256]);
    // One is needed to see whether it is a key.
    assert_eq!((ready(&[ES256], "any").len(), ready(&[RS256], "other").len()), (1, 1));
}

#[test]
fn sets_are_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<KeySet>();
    shared::<KeySetError>();
}

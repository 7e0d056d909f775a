//! Tokens that somebody would like to pass.

use super::*;
use crate::keys::base64url::{decode, encode};
use crate::keys::testing::{ED25519, P256, RSA, Signer, set};

fn keys() -> KeySet {
    set(&[
        RSA.jwk(r#""kid":"rsa""#),
        P256.jwk(r#""kid":"ec""#),
        ED25519.jwk(r#""kid":"ed""#),
        RSA.jwk(r#""kid":"rs256","alg":"RS256""#),
    ])
}

fn good() -> String {
    P256.token(Algorithm::ES256, &header(Algorithm::ES256, "ec"), PAYLOAD)
}

#[test]
fn the_token_all_others_are_made_from_passes() {
    assert_eq!(kind(&keys(), &good()), Ok(()));
}

#[test]
fn no_signature_in_any_spelling() {
    for name in ["none", "None", "NONE", "nOnE", "none ", ""] {
        let head = encode(format!(r#"{{"alg":"{name}","kid":"ec"}}"#).as_bytes());
        let unsigned = format!("{head}.{}.", encode(PAYLOAD.as_bytes()));
        assert_eq!(kind(&keys(), &unsigned), Err(ErrorKind::AlgorithmNotAllowed), "{name}");
        let signed = format!("{unsigned}{}", good().rsplit_once('.').unwrap().1);
        assert_eq!(kind(&keys(), &signed), Err(ErrorKind::AlgorithmNotAllowed), "{name}");
    }
    let stripped = format!("{}.", good().rsplit_once('.').unwrap().0);
    assert_eq!(kind(&keys(), &stripped), Err(ErrorKind::InvalidSignature));
}

#[test]
fn an_hmac_with_the_public_key_as_secret() {
    use aws_lc_rs::hmac;
    for secret in [RSA.members(), RSA.jwk("")] {
        let head = encode(br#"{"alg":"HS256","kid":"rsa"}"#);
        let signed = format!("{head}.{}", encode(PAYLOAD.as_bytes()));
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let mac = encode(hmac::sign(&key, signed.as_bytes()).as_ref());
        let token = format!("{signed}.{mac}");
        assert_eq!(kind(&keys(), &token), Err(ErrorKind::AlgorithmNotAllowed));
    }
}

#[test]
fn an_algorithm_that_the_key_is_not_for() {
    use Algorithm::*;
    for (signer, signing, kid, claimed) in [
        (&*RSA, RS256, "rsa", ES256),
        (&*RSA, RS256, "rsa", EdDSA),
        (&*RSA, PS256, "rs256", PS256),
        (&*RSA, RS512, "rs256", RS512),
        (&*P256, ES256, "ec", ES384),
        (&*P256, ES256, "ec", EdDSA),
        (&*P256, ES256, "rsa", ES256),
        (&*ED25519, EdDSA, "ec", EdDSA),
    ] {
        let token = signer.token(signing, &header(claimed, kid), PAYLOAD);
        assert_eq!(kind(&keys(), &token), Err(ErrorKind::NoUsableKey), "{claimed} by {kid}");
    }
    for (signing, claimed) in [(RS256, PS256), (PS256, RS256), (RS256, RS384), (PS512, PS384)] {
        let token = RSA.token(signing, &header(claimed, "rsa"), PAYLOAD);
        assert_eq!(kind(&keys(), &token), Err(ErrorKind::InvalidSignature), "{claimed}");
    }
}

#[test]
fn a_key_of_the_attackers_own() {
    let own = Signer::new(Algorithm::ES256);
    let jwk = own.jwk(r#""kid":"ec""#);
    for more in [
        format!(r#""jwk":{jwk}"#),
        r#""jku":"https://evil.example/keys","x5u":"https://evil.example/cert""#.into(),
        r#""x5c":["AAAA"],"x5t":"AAAA""#.into(),
    ] {
        let head = format!(r#"{{"alg":"ES256","kid":"ec",{more}}}"#);
        let forged = own.token(Algorithm::ES256, &head, PAYLOAD);
        assert_eq!(kind(&keys(), &forged), Err(ErrorKind::InvalidSignature), "{more}");
        let honest = P256.token(Algorithm::ES256, &head, PAYLOAD);
        assert_eq!(kind(&keys(), &honest), Ok(()), "{more}");
    }
}

#[test]
fn extensions_that_change_what_is_signed() {
    for (more, refused) in [
        (r#""crit":["exp"],"exp":1"#, ErrorKind::CriticalHeader),
        (r#""crit":["b64"],"b64":false"#, ErrorKind::CriticalHeader),
        (r#""b64":false"#, ErrorKind::CriticalHeader),
        (r#""crit":[]"#, ErrorKind::Malformed),
        (r#""crit":["a","a"]"#, ErrorKind::Malformed),
    ] {
        let head = format!(r#"{{"alg":"ES256","kid":"ec",{more}}}"#);
        let token = P256.token(Algorithm::ES256, &head, PAYLOAD);
        assert_eq!(kind(&keys(), &token), Err(refused), "{more}");
    }
}

#[test]
fn members_that_stand_twice() {
    for head in [
        r#"{"alg":"ES256","kid":"ec","alg":"none"}"#,
        r#"{"alg":"ES256","kid":"x","kid":"ec"}"#,
        r#"{"alg":"ES256","kid":"ec","own":1,"own":2}"#,
    ] {
        let token = P256.token(Algorithm::ES256, head, PAYLOAD);
        assert_eq!(kind(&keys(), &token), Err(ErrorKind::Malformed), "{head}");
    }
    for more in [r#","exp":9999"#, r#","aud":"x""#, r#","\u0069ss":"x""#, r#","a":1,"a":2"#] {
        let payload = format!("{}{more}}}", PAYLOAD.strip_suffix('}').unwrap());
        let token = P256.token(Algorithm::ES256, &header(Algorithm::ES256, "ec"), &payload);
        assert_eq!(kind(&keys(), &token), Err(ErrorKind::Malformed), "{more}");
    }
}

#[test]
fn other_spellings_of_the_same_bytes() {
    let good = good();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    for spelling in [
        format!("{good}="),
        format!("{good}=="),
        format!("{good}\n"),
        format!(" {good}"),
        format!("{good}."),
        format!("{good}.{signature}"),
        format!("{signed}=.{signature}"),
        good.replacen('.', "..", 1),
        good.replacen('.', "", 1),
    ] {
        assert_eq!(kind(&keys(), &spelling), Err(ErrorKind::Malformed), "{spelling}");
    }
    // The last of 86 characters carries 4 bits; the 2 that are unused may only be 0.
    let same = |last: char| format!("{}{last}", &good[..good.len() - 1]);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let passing = alphabet.chars().filter(|last| kind(&keys(), &same(*last)).is_ok()).count();
    assert_eq!(passing, 1);
}

#[test]
fn bytes_behind_or_before_the_signature() {
    let good = good();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let bytes = decode(signature).unwrap();
    for changed in [
        [&bytes[..], &[0]].concat(),
        [&[0], &bytes[..]].concat(),
        bytes[..63].to_vec(),
        vec![0; 64],
        vec![],
        vec![0; 1000],
    ] {
        let token = format!("{signed}.{}", encode(&changed));
        assert_eq!(kind(&keys(), &token), Err(ErrorKind::InvalidSignature));
    }
}

#[test]
fn a_token_of_another_kind() {
    for typ in ["logout+jwt", "dpop+jwt", "secevent+jwt", ""] {
        let head = format!(r#"{{"alg":"ES256","kid":"ec","typ":"{typ}"}}"#);
        let token = P256.token(Algorithm::ES256, &head, PAYLOAD);
        assert_eq!(kind(&keys(), &token), Err(ErrorKind::TypeNotAllowed), "{typ}");
    }
}

#[test]
fn sizes_that_exhaust() {
    let long = format!("{}{}", good(), "A".repeat(1 << 20));
    assert_eq!(kind(&keys(), &long), Err(ErrorKind::Malformed));
    let wide = |twice: &str| {
        let members: String = (0..1000).map(|i| format!(",\"{i}\":1")).collect();
        let payload = format!("{}{members}{twice}}}", PAYLOAD.trim_end_matches('}'));
        P256.token(Algorithm::ES256, &header(Algorithm::ES256, "ec"), &payload)
    };
    assert_eq!(kind(&keys(), &wide("")), Ok(()));
    assert_eq!(kind(&keys(), &wide(",\"777\":2")), Err(ErrorKind::Malformed));
    let deep = format!(
        r#"{},"a":{}{}}}"#,
        PAYLOAD.trim_end_matches('}'),
        "[".repeat(4000),
        "]".repeat(4000)
    );
    let token = P256.token(Algorithm::ES256, &header(Algorithm::ES256, "ec"), &deep);
    assert_eq!(kind(&keys(), &token), Err(ErrorKind::Malformed));
    let kid = "k".repeat(257);
    let token = P256.token(Algorithm::ES256, &header(Algorithm::ES256, &kid), PAYLOAD);
    assert_eq!(kind(&keys(), &token), Err(ErrorKind::Malformed));
}

#[test]
fn many_keys_of_one_kid_cost_four_checks() {
    let others: Vec<_> = (0..7).map(|_| Signer::new(Algorithm::ES256)).collect();
    let jwks = |place: usize| {
        let mut jwks: Vec<_> = others.iter().map(|key| key.jwk(r#""kid":"ec""#)).collect();
        // Keys that do not fit are not counted.
        jwks.insert(0, RSA.jwk(r#""kid":"ec""#));
        jwks.insert(place + 1, P256.jwk(r#""kid":"ec""#));
        set(&jwks)
    };
    assert_eq!(kind(&jwks(3), &good()), Ok(()));
    assert_eq!(kind(&jwks(4), &good()), Err(ErrorKind::InvalidSignature));
}

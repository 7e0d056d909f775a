//! The header brings a key, an extension, a type, or a name that hurts.

use super::*;

#[test]
fn a_key_of_the_attackers_own() {
    let service = service();
    let own = Signer::new(ES256);
    let x = encode(&[1; 32]);
    for member in [
        format!(r#""jwk":{}"#, own.jwk(r#""kid":"p256""#)),
        r#""jku":"https://evil.example/keys""#.into(),
        r#""x5u":"https://evil.example/cert""#.into(),
        format!(r#""x5c":["{x}"],"x5t":"{x}","x5t#S256":"{x}""#),
    ] {
        let head = format!(r#"{{"alg":"ES256","kid":"p256",{member}}}"#);
        let forged = own.token(ES256, &head, PAYLOAD);
        assert_eq!(service.kind(&forged), Err(ErrorKind::InvalidSignature), "{member}");
        // An honest token may carry them: they are ignored, not followed.
        assert_eq!(service.kind(&with_member(&member)), Ok(()), "{member}");
    }
}

#[test]
fn crit_unknown_empty_duplicate() {
    let service = service();
    for (member, refused) in [
        (r#""crit":["x"],"x":1"#, ErrorKind::CriticalHeader),
        (r#""crit":["x"]"#, ErrorKind::CriticalHeader),
        (r#""crit":["exp"],"exp":2000"#, ErrorKind::CriticalHeader),
        (r#""crit":["alg"]"#, ErrorKind::CriticalHeader),
        (r#""crit":[]"#, ErrorKind::Malformed),
        (r#""crit":["x","x"],"x":1"#, ErrorKind::Malformed),
        (r#""crit":["x"],"crit":["x"],"x":1"#, ErrorKind::Malformed),
        (r#""crit":"x","x":1"#, ErrorKind::Malformed),
        (r#""crit":null"#, ErrorKind::Malformed),
        (r#""crit":[1]"#, ErrorKind::Malformed),
    ] {
        assert_eq!(service.kind(&with_member(member)), Err(refused), "{member}");
    }
}

#[test]
fn a_payload_that_is_not_encoded() {
    let service = service();
    for member in [r#""b64":false"#, r#""b64":true"#, r#""crit":["b64"],"b64":false"#] {
        let refused = Err(ErrorKind::CriticalHeader);
        assert_eq!(service.kind(&with_member(member)), refused, "{member}");
        // RFC 7797 section 3: what is signed is then the payload itself.
        let head = encode(format!(r#"{{"alg":"ES256","kid":"p256",{member}}}"#).as_bytes());
        let raw = r#"{"sub":"me"}"#;
        let signature = encode(&P256.sign(ES256, format!("{head}.{raw}").as_bytes()));
        let token = format!("{head}.{raw}.{signature}");
        assert_eq!(service.kind(&token), Err(ErrorKind::Malformed), "{member}");
    }
}

#[test]
fn unicode_and_control_characters_in_kid() {
    // Each is another name, so they are never taken for one another.
    let names = ["p\\u0000", "p\\n", "p\\u202e", "\\u00e9", "e\\u0301", "p\\\"", "\\ud83d\\udd11"];
    let jwks: Vec<_> = names.iter().map(|kid| P256.jwk(&format!(r#""kid":"{kid}""#))).collect();
    for (i, kid) in names.iter().enumerate() {
        let token = P256.token(ES256, &format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#), PAYLOAD);
        assert_eq!(Service::new(&jwks).kind(&token), Ok(()), "{kid}");
        let mut others = jwks.clone();
        others.remove(i);
        let error = Service::new(&others).verify(&token).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownKid, "{kid}");
        for shown in [error.to_string(), format!("{error:?}")] {
            assert!(shown.is_ascii() && !shown.contains(|c: char| c.is_control()), "{shown:?}");
        }
    }
    let lone = P256.token(ES256, r#"{"alg":"ES256","kid":"\ud800"}"#, PAYLOAD);
    assert_eq!(Service::new(&jwks).kind(&lone), Err(ErrorKind::Malformed));
    let long = format!(r#"{{"alg":"ES256","kid":"{}"}}"#, "k".repeat(257));
    let long = P256.token(ES256, &long, PAYLOAD);
    assert_eq!(Service::new(&jwks).kind(&long), Err(ErrorKind::Malformed));
}

#[test]
fn a_token_of_another_kind() {
    let service = service();
    for typ in ["logout+jwt", "dpop+jwt", "secevent+jwt", "token-introspection+jwt", "", "JWE"] {
        let token = with_member(&format!(r#""typ":"{typ}""#));
        assert_eq!(service.kind(&token), Err(ErrorKind::TypeNotAllowed), "{typ}");
    }
}

#[test]
fn an_id_token_where_an_access_token_is_wanted() {
    let jwks = [P256.jwk(r#""kid":"p256""#)];
    let service = Service::with(usual().types(["at+jwt"]), &jwks, 1500);
    assert_eq!(service.kind(&with_member(r#""typ":"at+jwt""#)), Ok(()));
    assert_eq!(service.kind(&with_member(r#""typ":"application/AT+JWT""#)), Ok(()));
    for member in [r#""typ":"JWT""#, r#""typ":"logout+jwt""#, r#""x":1"#] {
        assert_eq!(service.kind(&with_member(member)), Err(ErrorKind::TypeNotAllowed), "{member}");
    }
}

//! The token chooses an algorithm that is weaker, or means something else for the same key.

use aws_lc_rs::hmac;

use super::*;

#[test]
fn alg_none_in_all_spellings() {
    let service = service();
    let good = good();
    let signature = good.rsplit_once('.').unwrap().1;
    for name in ["none", "None", "NONE", "nOnE", "none ", " none", "n\\u006fne", "no\\u0000ne", ""]
    {
        let head = encode(format!(r#"{{"alg":"{name}","kid":"p256"}}"#).as_bytes());
        for signature in ["", signature] {
            let token = format!("{head}.{}.{signature}", encode(PAYLOAD.as_bytes()));
            assert_eq!(service.kind(&token), Err(ErrorKind::AlgorithmNotAllowed), "{name}");
        }
    }
    for alg in ["null", "false", "0", "[]", r#"["ES256"]"#, "{}"] {
        let token = P256.token(ES256, &format!(r#"{{"alg":{alg},"kid":"p256"}}"#), PAYLOAD);
        assert_eq!(service.kind(&token), Err(ErrorKind::Malformed), "{alg}");
    }
    let absent = P256.token(ES256, r#"{"kid":"p256"}"#, PAYLOAD);
    assert_eq!(service.kind(&absent), Err(ErrorKind::Malformed));
    let stripped = format!("{}.", good.rsplit_once('.').unwrap().0);
    assert_eq!(service.kind(&stripped), Err(ErrorKind::InvalidSignature));
}

#[test]
fn hmac_with_the_public_key_as_secret() {
    let service = service();
    let n = RSA.members().split('"').nth(11).unwrap().to_owned();
    let secrets =
        [RSA.members().into_bytes(), RSA.jwk("").into_bytes(), decode(&n), n.into_bytes()];
    for (name, mac) in
        [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
    {
        for secret in &secrets {
            let head = format!(r#"{{"alg":"{name}","kid":"rsa"}}"#);
            let signed = format!("{}.{}", encode(head.as_bytes()), encode(PAYLOAD.as_bytes()));
            let tag = hmac::sign(&hmac::Key::new(mac, secret), signed.as_bytes());
            let token = format!("{signed}.{}", encode(tag.as_ref()));
            assert_eq!(service.kind(&token), Err(ErrorKind::AlgorithmNotAllowed), "{name}");
            // And with a name that passes, for a check that looks at the key alone.
            let head = header(RS256, "rsa");
            let signed = format!("{}.{}", encode(head.as_bytes()), encode(PAYLOAD.as_bytes()));
            let tag = hmac::sign(&hmac::Key::new(mac, secret), signed.as_bytes());
            let token = format!("{signed}.{}", encode(tag.as_ref()));
            assert_eq!(service.kind(&token), Err(ErrorKind::InvalidSignature), "{name}");
        }
    }
}

#[test]
fn rs_for_ps_and_one_hash_for_another() {
    let service = service();
    let all = [RS256, RS384, RS512, PS256, PS384, PS512];
    for signing in all {
        for claimed in all.into_iter().filter(|claimed| *claimed != signing) {
            let token = RSA.token(signing, &header(claimed, "rsa"), PAYLOAD);
            let refused = Err(ErrorKind::InvalidSignature);
            assert_eq!(service.kind(&token), refused, "{signing} as {claimed}");
        }
    }
}

#[test]
fn es_of_another_curve() {
    let service = service();
    for (signer, kid, own) in
        [(&*P256, "p256", ES256), (&*P384, "p384", ES384), (&*P521, "p521", ES512)]
    {
        for claimed in [ES256, ES384, ES512, EdDSA, RS256].into_iter().filter(|it| *it != own) {
            let token = signer.token(own, &header(claimed, kid), PAYLOAD);
            assert_eq!(service.kind(&token), Err(ErrorKind::NoUsableKey), "{own} as {claimed}");
        }
    }
    let token = ED25519.token(EdDSA, &header(ES256, "ed"), PAYLOAD);
    assert_eq!(service.kind(&token), Err(ErrorKind::NoUsableKey));
}

#[test]
fn alg_of_the_header_against_alg_of_the_key() {
    let service = service();
    for claimed in [RS384, RS512, PS256, PS384, PS512] {
        let token = RSA.token(claimed, &header(claimed, "rs256"), PAYLOAD);
        assert_eq!(service.kind(&token), Err(ErrorKind::NoUsableKey), "{claimed}");
    }
    // What we configured counts before what the key says.
    let jwks = [RSA.jwk(r#""kid":"rsa""#)];
    let service = Service::with(usual().algorithms([PS256]), &jwks, 1500);
    let token = RSA.token(RS256, &header(RS256, "rsa"), PAYLOAD);
    assert_eq!(service.kind(&token), Err(ErrorKind::AlgorithmNotAllowed));
    let token = RSA.token(PS256, &header(PS256, "rsa"), PAYLOAD);
    assert_eq!(service.kind(&token), Ok(()));
}

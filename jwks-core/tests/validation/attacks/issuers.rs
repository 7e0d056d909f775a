//! One issuer's key for another's token.

use jwks_core::verify::Issuer;

use super::*;

/// The issuers `one` and `two`, whose keys have the same kid.
fn service(one: &Signer, two: &Signer) -> Service {
    let issuer = |name: &str| {
        Issuer::new(format!("https://{name}.example"))
            .jwks_uri(format!("https://{name}.example/keys"))
            .audience("my-api")
    };
    let (ones, twos) = ([one.jwk(r#""kid":"1""#)], [two.jwk(r#""kid":"1""#)]);
    Service::several(vec![(issuer("one"), &ones[..]), (issuer("two"), &twos[..])], 1500)
}

#[test]
fn two_issuers_that_share_a_kid() {
    let (one, two) = (Signer::new(ES256), Signer::new(ES256));
    let service = service(&one, &two);
    let payload =
        |name| PAYLOAD.replace("https://id.example.com", &format!("https://{name}.example"));
    let token = |signer: &Signer, name| signer.token(ES256, &header(ES256, "1"), &payload(name));

    assert_eq!(service.verify(&token(&one, "one")).unwrap().issuer(), "https://one.example");
    assert_eq!(service.verify(&token(&two, "two")).unwrap().issuer(), "https://two.example");
    for (signer, name) in [(&one, "two"), (&two, "one")] {
        let refused = Err(ErrorKind::InvalidSignature);
        assert_eq!(service.kind(&token(signer, name)), refused, "{name}");
    }
    for name in ["three", "one.example/", "ONE"] {
        assert_eq!(service.kind(&token(&one, name)), Err(ErrorKind::WrongIssuer), "{name}");
    }
    let none = one.token(ES256, &header(ES256, "1"), r#"{"aud":"my-api","exp":2000}"#);
    assert_eq!(service.kind(&none), Err(ErrorKind::MissingClaim));
}

/// Whoever cannot sign learns nothing of what is wrong with the claims.
#[test]
fn a_payload_that_breaks_off_after_its_iss_is_that_issuers() {
    let (one, two) = (Signer::new(ES256), Signer::new(ES256));
    let service = service(&one, &two);
    let broken = r#"{"iss":"https://one.example","exp":"#;
    for (signer, kind) in [(&one, ErrorKind::Malformed), (&two, ErrorKind::InvalidSignature)] {
        let token = signer.token(ES256, &header(ES256, "1"), broken);
        assert_eq!(service.kind(&token), Err(kind));
    }
}

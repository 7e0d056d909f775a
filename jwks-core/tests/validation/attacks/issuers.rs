//! One issuer's key for another's token.

use jwks_core::verify::Issuer;

use super::*;

#[test]
fn two_issuers_that_share_a_kid() {
    let (one, two) = (Signer::new(ES256), Signer::new(ES256));
    let issuer = |name: &str| {
        Issuer::new(format!("https://{name}.example"))
            .jwks_uri(format!("https://{name}.example/keys"))
            .audience("my-api")
    };
    let (ones, twos) = ([one.jwk(r#""kid":"1""#)], [two.jwk(r#""kid":"1""#)]);
    let service =
        Service::several(vec![(issuer("one"), &ones[..]), (issuer("two"), &twos[..])], 1500);
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

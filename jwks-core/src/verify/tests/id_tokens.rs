//! `nonce` and `azp`, asked for by name.

use super::calls::{issuer, refused, serving, token};
use super::*;
use crate::verify::Call;

fn payload(claims: &str) -> String {
    PAYLOAD.replace("\"nbf\"", &format!("{claims},\"nbf\""))
}

#[test]
fn the_nonce_is_that_of_the_request() {
    let (verifier, _drivers) = serving([issuer(ISSUER)]);
    let call = || verifier.call().nonce("n-0S6");
    for (claims, kind) in [
        (r#""nonce":"n-0S6""#, None),
        (r#""nonce":"n-0s6""#, Some(ErrorKind::WrongClaim)),
        (r#""nonce":"n-0S6 ""#, Some(ErrorKind::WrongClaim)),
        (r#""nonce":"""#, Some(ErrorKind::WrongClaim)),
        // It is there, so it is not missing.
        (r#""nonce":7"#, Some(ErrorKind::Malformed)),
        (r#""nonce":["n-0S6"]"#, Some(ErrorKind::Malformed)),
        (r#""nonce":null"#, Some(ErrorKind::MissingClaim)),
        (r#""nounce":"n-0S6""#, Some(ErrorKind::MissingClaim)),
    ] {
        assert_eq!(refused(&call(), &payload(claims)), kind, "{claims}");
        assert_eq!(refused(&verifier.call(), &payload(claims)), None, "{claims}");
    }
    // The last one counts, and one that was lost never passes.
    assert_eq!(refused(&call().nonce("x"), &payload(r#""nonce":"x""#)), None);
    assert_eq!(
        refused(&call().nonce("x"), &payload(r#""nonce":"n-0S6""#)),
        Some(ErrorKind::WrongClaim)
    );
    assert_eq!(refused(&call().nonce(""), &payload(r#""nonce":"""#)), Some(ErrorKind::WrongClaim));
}

#[test]
fn azp_is_one_of_the_clients() {
    let (verifier, _drivers) = serving([issuer(ISSUER).azp("app").azp("web")]);
    for (claims, kind) in [
        (r#""azp":"app""#, None),
        (r#""azp":"web""#, None),
        (r#""azp":"other""#, Some(ErrorKind::WrongClaim)),
        (r#""azp":["app"]"#, Some(ErrorKind::Malformed)),
        (r#""x":"app""#, Some(ErrorKind::MissingClaim)),
    ] {
        assert_eq!(refused(&verifier.call(), &payload(claims)), kind, "{claims}");
    }
    // A call narrows it down, and widens nothing.
    let call = verifier.call().azp("web").azp("other");
    assert_eq!(refused(&call, &payload(r#""azp":"web""#)), None);
    for azp in ["app", "other"] {
        let claims = format!("\"azp\":\"{azp}\"");
        assert_eq!(refused(&call, &payload(&claims)), Some(ErrorKind::WrongClaim), "{azp}");
    }
}

#[test]
fn a_refusal_names_the_claim_and_no_value() {
    let (verifier, _drivers) = serving([issuer(ISSUER).azp("app").check(|_| Err("never".into()))]);
    let told = |call: Call, claims: &str| {
        call.try_verify::<Value>(&token(&payload(claims))).unwrap_err().to_string()
    };
    let call = || verifier.call().nonce("secret");
    let azp = r#""azp":"app""#;
    assert_eq!(told(call(), r#""azp":"evil""#), "the claim `azp` is not the expected one",);
    // Whose token it is comes before what a check of the issuer's says.
    for (nonce, text) in [
        ("evil", "the claim `nonce` is not the expected one"),
        ("secret", "a check of this service refused the token: never"),
    ] {
        assert_eq!(told(call(), &format!("{azp},\"nonce\":\"{nonce}\"")), text);
    }
    let (verifier, _drivers) = serving([issuer(ISSUER)]);
    let call = || verifier.call().nonce("secret");
    assert_eq!(told(call(), "\"nonce\":\"evil\""), "the claim `nonce` is not the expected one");
    assert_eq!(told(call(), azp), "the claim `nonce` is missing");
    assert_eq!(told(call(), "\"nonce\":1"), "malformed token: `nonce` is not a string");
    assert!(!format!("{:?}", call()).contains("secret"));
}

//! Good signatures under claims that must not pass.

use serde_json::{Value, json};

use super::BadToken;
use crate::{TestIssuer, TokenBuilder};

pub(super) fn tokens(issuer: &TestIssuer) -> Vec<BadToken> {
    let token = || issuer.token();
    let text = |name: &str| {
        let claims = token();
        claims.claims()[name].as_str().unwrap_or_default().to_owned()
    };
    let (iss, aud) = (text("iss"), text("aud"));
    let slash = if iss.ends_with('/') { issuer.base().to_owned() } else { format!("{iss}/") };
    let exp = token().claims()["exp"].to_string();
    let wrong = |name, token: TokenBuilder| BadToken::new("6", name, token.sign());
    let bound = |name, token: TokenBuilder| BadToken::new("14", name, token.sign());
    vec![
        BadToken::new("5", "expired", token().expired().sign()),
        wrong("no exp", token().without("exp")),
        wrong("exp null", token().claim("exp", Value::Null)),
        wrong("exp as text", token().claim("exp", exp)),
        wrong("exp negative", token().claim("exp", -1)),
        wrong("not valid yet", token().not_yet_valid()),
        wrong("no iss", token().without("iss")),
        wrong("another iss", token().issuer("https://attacker.invalid")),
        wrong("iss and more", token().issuer(&format!("{iss}.attacker.invalid"))),
        wrong("iss but for the slash", token().issuer(&slash)),
        wrong("iss as a list", token().claim("iss", json!([iss]))),
        wrong("no aud", token().without("aud")),
        wrong("another aud", token().audience("another-api")),
        wrong("aud and more", token().audience(format!("{aud}-2"))),
        wrong("aud in capitals", token().audience(aud.to_uppercase())),
        wrong("aud as an empty list", token().audience(json!([]))),
        bound(
            "bound to a certificate (cnf x5t#S256)",
            token().bound_to_certificate(b"certificate"),
        ),
        bound("bound to a key (cnf jkt)", token().bound_to_key(&"A".repeat(43))),
    ]
}

//! What key sets may be, tokens may not.

use super::*;

/// The token with one of its parts written in another way.
fn rewritten(part: usize, how: impl Fn(&str) -> String) -> String {
    let token = good();
    let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts[part] = how(&parts[part]);
    parts.join(".")
}

fn refused(token: &str) -> String {
    let error = service().verify(token).expect_err("a refused token");
    assert_eq!(error.kind(), ErrorKind::Malformed, "{token}");
    error.to_string()
}

#[test]
fn padding_and_the_standard_alphabet() {
    let mut standard = 0;
    for part in 0..3 {
        let padded = rewritten(part, |text| {
            let mut text = text.to_owned();
            while !text.len().is_multiple_of(4) {
                text.push('=');
            }
            if text.ends_with('=') { text } else { format!("{text}====") }
        });
        assert!(refused(&padded).ends_with("is not base64url"));
    }
    // Each signature is another: one with such characters comes soon.
    while standard < 3 {
        let token = rewritten(2, |text| text.replace('-', "+").replace('_', "/"));
        if token.contains(['+', '/']) {
            assert_eq!(refused(&token), "malformed token: the signature is not base64url");
            standard += 1;
        }
    }
}

#[test]
fn a_byte_order_mark() {
    let mark = |text: &str| encode(format!("\u{feff}{text}").as_bytes());
    let head = header(ES256, "p256");
    let tokens = [
        (mark(&head), encode(PAYLOAD.as_bytes()), "the header is not JSON"),
        (encode(head.as_bytes()), mark(PAYLOAD), "the payload is not JSON"),
    ];
    for (head, payload, told) in tokens {
        let signed = format!("{head}.{payload}");
        let signature = encode(&P256.sign(ES256, signed.as_bytes()));
        assert_eq!(refused(&format!("{signed}.{signature}")), format!("malformed token: {told}"));
    }
    assert_eq!(
        refused(&format!("\u{feff}{}", good())),
        "malformed token: the header is not base64url"
    );
}

#[test]
fn members_that_are_null() {
    for name in ["kid", "typ", "alg", "crit"] {
        let head = match name {
            "kid" => r#"{"alg":"ES256","kid":null}"#.to_owned(),
            "alg" => r#"{"alg":null,"kid":"p256"}"#.to_owned(),
            _ => format!(r#"{{"alg":"ES256","kid":"p256","{name}":null}}"#),
        };
        refused(&P256.token(ES256, &head, PAYLOAD));
    }
    for name in ["iss", "aud", "exp", "nbf", "iat", "sub", "jti"] {
        let claims = PAYLOAD.replace(&format!(r#""{name}":"#), r#""own":"#);
        let payload = claims.replacen('{', &format!(r#"{{"{name}":null,"#), 1);
        refused(&P256.token(ES256, &header(ES256, "p256"), &payload));
    }
}

/// Each error says what is wrong, and not what else could be.
#[test]
fn halves_of_characters_are_called_what_they_are() {
    let head = |head: &str| refused(&P256.token(ES256, head, PAYLOAD));
    let claims = |more: &str| {
        let payload = PAYLOAD.replacen('{', &format!("{{{more},"), 1);
        refused(&P256.token(ES256, &header(ES256, "p256"), &payload))
    };
    for (told, expected) in [
        (head(r#"{"alg":"ES256","kid":"\ud800"}"#), "`kid` is not valid Unicode text"),
        (head(r#"{"alg":"ES256","kid":"p256","typ":"\ud800"}"#), "`typ` is not valid Unicode text"),
        (head(r#"{"alg":"\ud800","kid":"p256"}"#), "`alg` is not valid Unicode text"),
        (
            head(r#"{"alg":"ES256","kid":"p256","crit":["\ud800"]}"#),
            "`crit` is not valid Unicode text",
        ),
        (
            head(r#"{"alg":"ES256","\ud800":1}"#),
            "the header has a name that is not valid Unicode text",
        ),
        (head(r#"{"alg":"ES256","kid":"p256","crit":"exp"}"#), "`crit` is not a list of names"),
        (claims(r#""\ud800":1"#), "the payload has a name that is not valid Unicode text"),
        (claims(r#""sub":"\ud800""#), "`sub` is not valid Unicode text"),
        (claims(r#""jti":"\udc00\ud800""#), "`jti` is not valid Unicode text"),
        (claims(r#""iat":1e400"#), "`iat` is out of range"),
        (claims(r#""iat":"1""#), "`iat` is not a number"),
        (claims(r#""own":"\ud800""#), "the payload has text that is not valid Unicode"),
        (claims(r#""own":[{"a":["\uDFFF"]}]"#), "the payload has text that is not valid Unicode"),
        (claims(r#""own":1e400"#), "the payload has a number out of range"),
        (
            claims(&format!(r#""own":{}{}"#, "[".repeat(127), "]".repeat(127))),
            "the payload nests too deep",
        ),
    ] {
        assert_eq!(told, format!("malformed token: {expected}"));
    }
    for (aud, expected) in [
        (r#""\ud800""#, "`aud` is not valid Unicode text"),
        (r#"["my-api","\ud800"]"#, "`aud` is not valid Unicode text"),
        ("[1]", "`aud` is neither a string nor an array of strings"),
    ] {
        let payload = PAYLOAD.replace(r#""my-api""#, aud);
        let told = refused(&P256.token(ES256, &header(ES256, "p256"), &payload));
        assert_eq!(told, format!("malformed token: {expected}"));
    }
    // As deep as can be read.
    let deep = format!(r#"{{"own":{}{},"#, "[".repeat(126), "]".repeat(126));
    let payload = PAYLOAD.replacen('{', &deep, 1);
    let token = P256.token(ES256, &header(ES256, "p256"), &payload);
    assert_eq!(service().kind(&token), Ok(()));
}

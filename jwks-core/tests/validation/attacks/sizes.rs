//! Sizes and numbers that exhaust, overflow, or round.

use super::*;

fn verdict(service: &Service, payload: &str) -> Result<(), ErrorKind> {
    service.kind(&P256.token(ES256, &header(ES256, "p256"), payload))
}

#[test]
fn tokens_of_megabytes() {
    let service = service();
    let good = good();
    let many = ".".repeat(4 << 20);
    for token in [format!("{good}{}", "A".repeat(4 << 20)), many, "A".repeat(4 << 20)] {
        assert_eq!(service.kind(&token), Err(ErrorKind::Malformed));
    }
    let long = format!(r#"{},"a":"{}"}}"#, PAYLOAD.trim_end_matches('}'), "a".repeat(1 << 20));
    assert_eq!(verdict(&service, &long), Err(ErrorKind::Malformed));
}

#[test]
fn deep_json() {
    let service = service();
    let (open, close) = ("[".repeat(4000), "]".repeat(4000));
    let deep = format!(r#"{},"a":{open}{close}}}"#, PAYLOAD.trim_end_matches('}'));
    assert_eq!(verdict(&service, &deep), Err(ErrorKind::Malformed));
    // Members of the header that we do not know are passed over, without recursion.
    let token = with_member(&format!(r#""a":{open}{close}"#));
    assert_eq!(service.kind(&token), Ok(()));
    assert_eq!(service.kind(&with_member(&format!(r#""a":{open}"#))), Err(ErrorKind::Malformed));
    let open = r#"{"a":"#.repeat(1500);
    assert_eq!(verdict(&service, &open), Err(ErrorKind::Malformed));
}

#[test]
fn numbers_of_any_size() {
    let service = service();
    let with = |exp: &str| PAYLOAD.replace("2000", exp);
    for exp in ["1500.5", "2e3", "9223372036854775808", "18446744073709551616", "1e300"] {
        assert_eq!(verdict(&service, &with(exp)), Ok(()), "{exp}");
    }
    let long = "9".repeat(400);
    for exp in ["\"2000\"", "\"\"", "null", "true", "[2000]", "1e999", "-1e999", &long] {
        assert_eq!(verdict(&service, &with(exp)), Err(ErrorKind::Malformed), "{exp}");
    }
    for exp in ["1500", "1499.9", "-1", "-0.0", "-18446744073709551616", "1e-300", "0"] {
        assert_eq!(verdict(&service, &with(exp)), Err(ErrorKind::Expired), "{exp}");
    }
    for exp in ["0x7d0", "02000", "2000.", ".5", "+2000", "NaN", "Infinity", "2_000"] {
        assert_eq!(verdict(&service, &with(exp)), Err(ErrorKind::Malformed), "{exp}");
    }
    for nbf in ["1501", "1500.5", "1e300", "18446744073709551616"] {
        let payload = PAYLOAD.replace("1000", nbf);
        assert_eq!(verdict(&service, &payload), Err(ErrorKind::NotYetValid), "{nbf}");
    }
}

#[test]
fn many_keys_with_one_kid() {
    let others: Vec<_> = (0..255).map(|_| Signer::new(EdDSA)).collect();
    let token = ED25519.token(EdDSA, &header(EdDSA, "1"), PAYLOAD);
    let verdict = |place: usize| {
        let mut jwks: Vec<_> = others.iter().map(|other| other.jwk(r#""kid":"1""#)).collect();
        jwks.insert(place, ED25519.jwk(r#""kid":"1""#));
        Service::new(&jwks).kind(&token)
    };
    // Four are tried: 256 would make one forged token cost 256 checks.
    assert_eq!(verdict(3), Ok(()));
    assert_eq!(verdict(4), Err(ErrorKind::InvalidSignature));
    assert_eq!(verdict(255), Err(ErrorKind::InvalidSignature));
}

//! What passes was signed, and no error shows the token.

use std::sync::LazyLock;

use jwks_core::verify::{Issuer, Registered};
use serde_json::Value;

use crate::service::{Service, ed25519, encode, is_fit_for_a_log, jwk, signed};

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Known { service, inputs } = &*KNOWN;
    let verifier = &service.verifier;
    let outcome = verifier.try_verify::<Value>(text);
    let explained = verifier.explain(text);
    match &outcome {
        Ok(verified) => {
            let input = text.rsplit_once('.').map(|(input, _)| input);
            let known = inputs.iter().any(|known| input == Some(known));
            assert!(known, "nobody has signed {text}");
            assert_eq!(verified.issuer(), "joe");
            assert!(verifier.try_verify::<Registered>(text).is_ok());
        }
        Err(error) => {
            let shown = format!("{error:?}");
            is_fit_for_a_log(&shown);
            shows_nothing_of(text, &shown);
            // The same again, and in the other manner of reading claims.
            let again = verifier.try_verify::<Registered>(text).expect_err("refused before");
            assert_eq!(error.kind(), again.kind(), "{shown} became {again:?}");
        }
    }
    assert_eq!(explained.accepted, outcome.is_ok(), "{explained}");
    shows_nothing_of(text, &explained.to_string());
}

/// Payload and signature are nobody's business. (A part that is no base64url may be words of the error
/// itself, which the fuzzer has learnt.)
fn shows_nothing_of(token: &str, shown: &str) {
    let is_text =
        |part: &str| part.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it));
    for part in token.split('.').skip(1).filter(|part| part.len() >= 24 && is_text(part)) {
        assert!(!shown.contains(part), "{shown}");
    }
}

struct Known {
    service: Service,
    /// All that was ever signed by the keys of the service.
    inputs: Vec<String>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let pair = ed25519(7);
    let own = signed(&pair, br#"{"alg":"EdDSA","kid":"a"}"#, PAYLOAD);
    let typed = signed(&pair, br#"{"alg":"EdDSA","kid":"a","typ":"JWT"}"#, PAYLOAD);
    let inputs =
        [own, typed].map(|token| token.rsplit_once('.').expect("three parts").0.to_owned());
    let rfc = [r#"{"alg":"RS256"}"#, r#"{"alg":"ES256"}"#];
    let rfc = rfc.map(|header| format!("{}.{JOE}", encode(header)));
    let issuer = Issuer::new("joe").jwks_uri("https://joe.example/keys").any_audience();
    let keys = format!(r#"{{"keys":[{},{RSA},{P256}]}}"#, jwk(&pair, "a"));
    let service = Service::new(issuer, &keys, 1_300_000_000);
    // Each of them is good: what is mutated is not refused for something else.
    for (input, signature) in [(&rfc[0], RS256), (&rfc[1], ES256)] {
        let token = format!("{input}.{signature}");
        service.verifier.try_verify::<Registered>(&token).expect("a token of RFC 7515");
    }
    Known { service, inputs: inputs.into_iter().chain(rfc).collect() }
});

const PAYLOAD: &[u8] = br#"{"iss":"joe","sub":"alice","exp":1300819380}"#;

// RFC 7515, appendices A.2 and A.3.
const JOE: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const RSA: &str = r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#;
const P256: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
const RS256: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const ES256: &str =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

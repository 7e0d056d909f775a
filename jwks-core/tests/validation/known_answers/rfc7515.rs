//! RFC 7515: JSON Web Signature.

use serde_json::Value;

use super::*;
use crate::service::at;

fn passes(jwk: &str, header: &str, signature: &str) {
    let token = format!("{header}.{JOE}.{signature}");
    let verified = service(&[jwk]).verify(&token).expect("a good token");
    assert_eq!(verified.issuer(), "joe");
    assert_eq!(verified.claims()["http://example.com/is_root"], Value::Bool(true));
    assert_eq!(verified.expires_at(), Some(at(1_300_819_380)));
    assert_eq!(service(&[jwk]).kind(&forged(&token)), Err(ErrorKind::InvalidSignature));
}

/// Symmetric: neither the token nor the key is for us.
#[test]
fn a_1_hs256() {
    let token = format!(
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{JOE}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    for jwks in [&[SYMMETRIC, RSA][..], &[P256]] {
        assert_eq!(service(jwks).kind(&token), Err(ErrorKind::AlgorithmNotAllowed));
    }
}

#[test]
fn a_2_rs256() {
    passes(RSA, "eyJhbGciOiJSUzI1NiJ9", RS256);
}

#[test]
fn a_3_es256() {
    passes(P256, "eyJhbGciOiJFUzI1NiJ9", ES256);
}

#[test]
fn a_4_es512() {
    signature_passes(&service(&[P521]), ES512);
}

#[test]
fn a_5_none() {
    let token = format!("eyJhbGciOiJub25lIn0.{JOE}.");
    assert_eq!(service(&[RSA, P256]).kind(&token), Err(ErrorKind::AlgorithmNotAllowed));
}

/// A JWT has the compact form alone (RFC 7519 section 3).
#[test]
fn a_6_and_a_7_json_serialization() {
    let general = format!(
        r#"{{"payload":"{JOE}","signatures":[{{"protected":"eyJhbGciOiJSUzI1NiJ9",
            "header":{{"kid":"2010-12-29"}},"signature":"{RS256}"}}]}}"#
    );
    let flattened = format!(
        r#"{{"payload":"{JOE}","protected":"eyJhbGciOiJFUzI1NiJ9",
            "header":{{"kid":"e9bc097a-ce51-4036-9562-d2ade882db0d"}},"signature":"{ES256}"}}"#
    );
    for token in [general, flattened] {
        assert_eq!(service(&[RSA, P256]).kind(&token), Err(ErrorKind::Malformed));
    }
}

/// Its `crit` names an extension that nobody has; its `alg` is `none`.
#[test]
fn e_must_be_rejected() {
    let token = "eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIl0sDQogI\
        mh0dHA6Ly9leGFtcGxlLmNvbS9VTkRFRklORUQiOnRydWUNCn0.RkFJTA.";
    assert_eq!(service(&[RSA, P256]).kind(token), Err(ErrorKind::AlgorithmNotAllowed));
}

const JOE: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl\
    fQ";
const SYMMETRIC: &str = "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4\
    hcgUuTwjAzZr1Z9CAow\"}";
const RSA: &str = "{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Va\
    w-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg\
    0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5Z\
    wKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\
    \",\"e\":\"AQAB\"}";
const RS256: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5\
    jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb\
    1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO\
    YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const P256: &str = "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\
    \":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}";
const ES256: &str =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const P521: &str = "{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5\
    EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk\",\"y\":\"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2\
    Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2\"}";
const ES512: &str = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-\
    mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNr\
    mxYbSW9ERBXukOXolLzeO_Jn";

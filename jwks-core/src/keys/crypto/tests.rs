//! What the rules leave open, and both backends must decide alike.

use crate::keys::Algorithm;
use crate::keys::base64url::decode;
use crate::keys::testing::set;

/// RFC 8032 section 5.1.7 lets a verifier multiply by the cofactor or not. Neither backend does:
/// for a key with a part of small order, which only its owner can have made, that tells.
#[test]
fn ed25519_without_cofactor() {
    let x = "10qTI68jOQ2HjBVurlciVBghE6II1faEtw_Vu2_i6vE";
    let keys = set(&[format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#)]);
    let key = keys.kidless().next().unwrap();
    for (signature, holds) in [
        (
            "9VqwhwhAE5vfBATgTeg8Aur97b2O3QVFhcKLsc8rFS14W7Mh0LQ39OFWGOKQex0JySOvfXKL_LbFKqZ5uhN\
             wAg",
            true,
        ),
        (
            "4xRtNtHTqRxjOVF-heQidelFw8Cc0t0dYlBh6eWgbKojNH5nfpBvknOveWulqPNoiH20_xJaj5EK-Q9sl4g\
             yBg",
            true,
        ),
        (
            "6XwlpZkncUBNZwVfVPkkKf0Cnje2ChLmzvJEKaanVhPKvcYuyv8fr0rVZAtVWdFk-hJmh2BPclBjOKoKyCV\
             GCg",
            false,
        ),
    ] {
        let signature = decode(signature).unwrap();
        assert_eq!(key.verifies(Algorithm::EdDSA, b"message", &signature), holds);
    }
}

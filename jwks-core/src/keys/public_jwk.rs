//! Keys given back as JSON Web Keys: public members only.

use serde::{Deserialize, Serialize, Serializer};

use super::base64url::encode;
use super::jwk::{JWT_SVID, Purpose};
use super::key::Key;
use super::material::Material;

/// A public key as a JWK (RFC 7517 section 4). It has no place for private members, and none is
/// read into it either.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublicJwk {
    kty: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    /// Only where it decides whether the key is used.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<String>,
}

/// A JWK Set (RFC 7517 section 5) of public keys.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PublicJwks<'a> {
    pub(crate) keys: &'a [PublicJwk],
}

/// As a JWK.
impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        PublicJwk::from(self).serialize(serializer)
    }
}

impl From<&Key> for PublicJwk {
    fn from(key: &Key) -> Self {
        let jwk = Self {
            kid: key.kid().map(str::to_owned),
            alg: key.algorithm().map(|algorithm| algorithm.name().to_owned()),
            issuer: key.issuer().map(str::to_owned),
            purpose: (key.purpose() == Purpose::JwtSvid).then(|| JWT_SVID.to_owned()),
            ..Self::default()
        };
        match key.material() {
            Material::Ec { curve, x, y } => Self {
                kty: "EC".to_owned(),
                crv: Some(curve.name().to_owned()),
                x: Some(encode(x)),
                y: Some(encode(y)),
                ..jwk
            },
            Material::Ed25519 { x } => Self {
                kty: "OKP".to_owned(),
                crv: Some("Ed25519".to_owned()),
                x: Some(encode(x)),
                ..jwk
            },
            Material::Rsa { e, n } => {
                Self { kty: "RSA".to_owned(), e: Some(encode(e)), n: Some(encode(n)), ..jwk }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken_11::{DecodingKey, Validation, decode};

    use super::*;
    use crate::keys::testing::{ED25519, P256, RSA, Signer};
    use crate::keys::{Algorithm, KeyLimits, KeySet};

    #[test]
    fn a_set_comes_back_as_it_was() {
        let p521 = Signer::new(Algorithm::ES512).members();
        let set = format!(
            r#"{{"keys":[{{{},"kid":"a\"\u00e9","alg":"PS256","use":"sig","x5c":["x"]}},{{{}}},
                {{{},"kid":"c","key_ops":["verify"]}},{{{p521},"kid":"d"}}]}}"#,
            RSA.members(),
            P256.members(),
            ED25519.members(),
        );
        let keys = KeySet::parse(set.as_bytes(), &KeyLimits::default()).unwrap();
        let jwks: Vec<_> = keys.iter().map(PublicJwk::from).collect();
        let text = serde_json::to_vec(&PublicJwks { keys: &jwks }).unwrap();
        let again = KeySet::parse(&text, &KeyLimits::default()).unwrap();
        assert_eq!(keys, again);
        assert_eq!(again.len(), 4);
    }

    #[test]
    fn jsonwebtoken_11_decodes_with_the_jwk() {
        for &algorithm in Algorithm::ALL.iter().filter(|it| **it != Algorithm::ES512) {
            let signer = Signer::new(algorithm);
            let set =
                format!(r#"{{"keys":[{{{},"kid":"a","alg":"{algorithm}"}}]}}"#, signer.members());
            let keys = KeySet::parse(set.as_bytes(), &KeyLimits::default()).unwrap();
            let jwk = serde_json::to_value(keys.iter().next().unwrap()).unwrap();
            let key = DecodingKey::from_jwk(&serde_json::from_value(jwk).unwrap()).unwrap();

            let header = format!(r#"{{"alg":"{algorithm}"}}"#);
            let token = signer.token(algorithm, &header, r#"{"exp":4102444800}"#);
            let validation = Validation::new(algorithm.name().parse().unwrap());
            let decoded = decode::<serde_json::Value>(&token, &key, &validation);
            assert!(decoded.is_ok(), "{algorithm}: {decoded:?}");
        }
    }

    #[test]
    fn there_is_no_place_for_private_members() {
        for private in ["d", "dp", "k", "oth", "p", "priv", "x5c"] {
            let text = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"AA","{private}":"AA"}}"#);
            assert!(serde_json::from_str::<PublicJwk>(&text).is_err(), "{private}");
        }
    }
}

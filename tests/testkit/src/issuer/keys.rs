//! The keys that an issuer publishes, the one that signs, and its document.

use serde_json::json;

use super::Reply;
use crate::Signer;

/// The `kid` of an issuer's first key.
pub(super) const FIRST: &str = "key-1";

#[derive(Debug)]
pub(super) struct Keys {
    /// How many there have been.
    made: usize,
    pub(super) published: Vec<Signer>,
    pub(super) signing: Signer,
}

impl Keys {
    pub(super) fn new(key: Signer) -> Self {
        Self { made: 1, published: vec![key.clone()], signing: key }
    }

    /// One more, for the algorithm of the one that signs.
    pub(super) fn add(&mut self) -> Signer {
        self.made += 1;
        let key = Signer::new(self.signing.algorithm(), &format!("key-{}", self.made));
        self.published.push(key.clone());
        key
    }

    pub(super) fn replace(&mut self, keys: &[&Signer]) {
        self.published = keys.iter().map(|&key| key.clone()).collect();
        let signs = keys.iter().any(|key| key.public_jwk() == self.signing.public_jwk());
        if let (false, Some(first)) = (signs, self.published.first()) {
            self.signing = first.clone();
        }
    }
}

/// The issuer's document, with what the standard asks of a provider (OpenID Connect Discovery 1.0,
/// section 3). Nobody answers at its other endpoints.
pub(super) fn document(iss: &str, jwks_uri: &str) -> Reply {
    let base = iss.trim_end_matches('/');
    let document = json!({
        "issuer": iss,
        "jwks_uri": jwks_uri,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "ES256", "RS256"],
    });
    Reply::keys(document.to_string())
}

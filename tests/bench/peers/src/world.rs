//! An issuer on the loopback, and its token.

use std::time::{SystemTime, UNIX_EPOCH};

use jwks_testkit::{IssuerServer, Reply, Signer, jwk_set};
use serde_json::Value;

pub(crate) const AUDIENCE: &str = "my-api";
/// `https`, since one of the peers refuses any other; nothing asks it.
pub(crate) const ISSUER: &str = "https://id.example.com";

pub(crate) struct World {
    server: IssuerServer,
    signer: Signer,
    pub(crate) token: &'static str,
}

impl World {
    pub(crate) fn eddsa() -> Self {
        Self::new(Signer::eddsa("key-of-this-month"), &Signer::eddsa("key-of-the-next"))
    }

    pub(crate) fn es256() -> Self {
        Self::new(Signer::es256("key-of-this-month"), &Signer::es256("key-of-the-next"))
    }

    pub(crate) fn rs256() -> Self {
        Self::new(Signer::rs256("key-of-this-month"), &Signer::rs256("key-of-the-next"))
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        self.signer.algorithm().name()
    }

    pub(crate) fn jwk(&self) -> Value {
        self.signer.public_jwk()
    }

    pub(crate) fn keys(&self) -> String {
        self.server.url()
    }

    fn new(signer: Signer, other: &Signer) -> Self {
        let server = IssuerServer::start();
        // By the header, for those that read it: nobody is to refresh while we measure.
        let keys = jwk_set(&[&signer, other]);
        server.always(Reply::keys(keys).cache_control("max-age=86400"));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is past 1970").as_secs();
        let (before, after) = (now - 60, now + 36_000);
        let payload = format!(
            r#"{{"iss":"{ISSUER}","sub":"8f14e45f-ceea-467f-a0e6-7b9c5b0f4a51","aud":"{AUDIENCE}","#,
        ) + &format!(r#""exp":{after},"iat":{before},"nbf":{before},"#)
            + r#""jti":"0d6a2a54-3b0e-4a5e-9d2f-5f1e6b1f0c11","client_id":"4f7example","#
            + r#""scope":"read write","email":"ada@example.com","email_verified":true}"#;
        let token = signer.sign_bytes(signer.header().to_string().as_bytes(), payload.as_bytes());
        Self { server, signer, token: token.leak() }
    }
}

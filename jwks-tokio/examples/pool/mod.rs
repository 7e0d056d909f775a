//! A user pool in this process, for the examples about Cognito.

use std::time::Duration;

use jwks_cognito::CognitoSettings;
use jwks_testkit::{IssuerServer, Signer, claims};

pub(crate) struct FakePool {
    pub(crate) server: IssuerServer,
    key: Signer,
}

impl FakePool {
    pub(crate) fn start() -> Self {
        let (server, key) = (IssuerServer::start(), Signer::rs256_shared(0, "key-1"));
        server.publish(&[&key]);
        Self { server, key }
    }

    /// As for a pool of Amazon's, but for the URL of its keys.
    pub(crate) fn settings(&self) -> Result<CognitoSettings, Box<dyn std::error::Error>> {
        let settings = CognitoSettings::new(POOL.parse()?).client_id(CLIENT);
        Ok(settings.jwks_uri(self.server.url()).allow_loopback_http())
    }

    /// A user's access token with these scopes.
    pub(crate) fn access_token(&self, scope: &str) -> String {
        let iss = format!("https://cognito-idp.eu-west-1.amazonaws.com/{POOL}");
        let mut claims = claims(&iss, CLIENT, Duration::from_secs(60));
        claims["token_use"] = "access".into();
        claims["client_id"] = CLIENT.into();
        claims["username"] = "somebody".into();
        claims["scope"] = scope.into();
        self.key.sign(&claims)
    }
}

const CLIENT: &str = "4f7example";
const POOL: &str = "eu-west-1_Ab12Cd34E";

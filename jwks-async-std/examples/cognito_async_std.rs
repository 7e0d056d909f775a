//! Amazon Cognito on async-std: from a user pool's id to the claims of an access token.

#![expect(clippy::print_stdout, reason = "an example speaks on standard output")]

use std::time::Duration;

use jwks_cognito::{AccessClaims, CognitoSettings, CognitoVerifier, IdClaims, Refusal};
use jwks_testkit::{IssuerServer, Signer, claims};

#[async_std::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // In place of Amazon's: a pool in this process. Of a real one the first line is all.
    let pool = CognitoSettings::new("eu-west-1_Ab12Cd34E".parse()?).client_id("4f7example");
    let (server, key) = (IssuerServer::start(), Signer::rs256_shared(0, "key-1"));
    server.publish(&[&key]);
    let pool = pool.jwks_uri(server.url()).allow_loopback_http();

    let verifier = jwks_async_std::start(CognitoVerifier::builder().pool(pool))?;

    let token = access_token(&key);
    let verified = verifier.verify::<AccessClaims>(&token).await?;
    let claims = verified.claims();
    println!("accepted: {:?} of client {}", claims.username, claims.client_id);

    // The type decides which tokens pass; a route may need more than is configured.
    for refused in [
        verifier.try_verify::<IdClaims>(&token).map(|_| ()),
        verifier.call().scope("orders/write").try_verify::<AccessClaims>(&token).map(|_| ()),
    ] {
        if let Err(error) = refused {
            println!("refused: {error}: {:?}", Refusal::of(&error));
        }
    }
    Ok(())
}

fn access_token(key: &Signer) -> String {
    let iss = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E";
    let mut claims = claims(iss, "4f7example", Duration::from_secs(60));
    claims["token_use"] = "access".into();
    claims["client_id"] = "4f7example".into();
    claims["username"] = "somebody".into();
    claims["scope"] = "openid orders/read".into();
    key.sign(&claims)
}

//! Amazon Cognito: from a user pool's id to the claims of an access token, and what is refused.

#![expect(clippy::print_stdout, reason = "an example speaks on standard output")]

mod pool;

use jwks_cognito::{AccessClaims, CognitoVerifier, IdClaims, Refusal};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let fake = pool::FakePool::start();

    // Of a real pool: CognitoSettings::new("eu-west-1_Ab12Cd34E".parse()?).client_id("4f7example")
    // or CognitoSettings::from_vars(std::env::vars_os())?
    let settings = fake.settings()?;
    let verifier = jwks_tokio::start(CognitoVerifier::builder().pool(settings))?;

    let token = fake.access_token("openid orders/read");
    let verified = verifier.verify::<AccessClaims>(&token).await?;
    let claims = verified.claims();
    println!("accepted: {:?} of client {}", claims.username, claims.client_id);
    println!("scopes: {:?}", claims.scopes().collect::<Vec<_>>());

    // A route that needs more than is configured: made once, used for every request.
    let may_write = verifier.call().scope("orders/write");
    if let Err(error) = may_write.verify::<AccessClaims>(&token).await {
        println!("refused: {error}: {:?}", Refusal::of(&error));
    }

    // The type decides which tokens pass.
    if let Err(error) = verifier.try_verify::<IdClaims>(&token) {
        println!("refused: {error}: {:?}", Refusal::of(&error));
    }
    Ok(())
}

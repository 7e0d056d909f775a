//! Whose token is this?

use jwks_tokio::{Issuer, Verifier};
use serde::Deserialize;

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let issuer = Issuer::new("https://id.example.com").discover().audience("my-api");
        let verifier = jwks_tokio::start(Verifier::builder().issuer(issuer))?;
        let token = std::env::args().nth(1).unwrap_or_default();
        println!("{}", verifier.verify::<Claims>(&token).await?.claims().sub);
        Ok(())
    })
}

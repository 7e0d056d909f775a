//! Whose token is this?

use jwks_client_rs::JwksClient;
use jwks_client_rs::source::WebSource;
use serde::Deserialize;

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let url = url::Url::parse("https://id.example.com/keys")?;
        let client = JwksClient::builder().build(WebSource::builder().build(url)?);
        let token = std::env::args().nth(1).unwrap_or_default();
        println!("{}", client.decode::<Claims>(&token, &["my-api"]).await?.sub);
        Ok(())
    })
}

//! The cache's keys for one's own `jsonwebtoken::decode`, with and without waiting for them.

#![expect(clippy::print_stdout, reason = "an example speaks on standard output")]

use std::time::Duration;

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use jwks_core::keys::{Algorithm, Key};
use jwks_testkit::{IssuerServer, Signer, claims};
use jwks_tokio::{KeyCache, Source};

type Claims = std::collections::HashMap<String, serde_json::Value>;
type Error = Box<dyn std::error::Error>;

/// What we accept. Never what the token's header says: that is the attacker's to write.
const ALGORITHM: Algorithm = Algorithm::ES256;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let provider = IssuerServer::start();
    let signer = Signer::es256("key-1");
    provider.publish(&[&signer]);
    let token = signer.sign(&claims(provider.base(), "my-api", Duration::from_secs(60)));

    let source = Source::builder().allow_loopback_http().jwks_uri(provider.url())?;
    let cache = jwks_tokio::start(KeyCache::builder(source))?;
    let mut validation = Validation::new(ALGORITHM.try_into()?);
    validation.set_issuer(&[provider.base()]);
    validation.set_audience(&["my-api"]);

    let first = without_waiting(&cache, &validation, &token);
    println!("without waiting, no keys yet: {}", first.err().ok_or("keys came by themselves")?);
    let verified = waiting(&cache, &validation, &token).await?;
    println!("waiting: {}", verified["iss"]);
    let verified = without_waiting(&cache, &validation, &token)?;
    println!("without waiting, keys at hand: {}", verified["iss"]);
    Ok(())
}

async fn waiting(cache: &KeyCache, validation: &Validation, token: &str) -> Result<Claims, Error> {
    let kid = decode_header(token)?.kid.ok_or("the token names no key")?;
    let keys = cache.with_keys(&kid, |keys| fitting(keys)).await?;
    claims_of(&keys, validation, token)
}

fn without_waiting(
    cache: &KeyCache,
    validation: &Validation,
    token: &str,
) -> Result<Claims, Error> {
    let kid = decode_header(token)?.kid.ok_or("the token names no key")?;
    let keys = cache.try_with_keys(&kid, |keys| fitting(keys))?;
    claims_of(&keys, validation, token)
}

/// The keys that may check this algorithm: a set may have several of one `kid`.
fn fitting(keys: &mut dyn Iterator<Item = &Key>) -> Vec<DecodingKey> {
    keys.filter(|key| key.fits(ALGORITHM)).filter_map(Key::decoding_key).cloned().collect()
}

fn claims_of(keys: &[DecodingKey], validation: &Validation, token: &str) -> Result<Claims, Error> {
    let mut failure = Error::from("no key of this kid fits the algorithm");
    for key in keys {
        match decode::<Claims>(token, key, validation) {
            Ok(data) => return Ok(data.claims),
            Err(error) => failure = error.into(),
        }
    }
    Err(failure)
}

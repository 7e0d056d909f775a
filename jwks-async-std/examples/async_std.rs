//! Refresh by time and usage, whichever comes first: two seconds or 150 validations; against a
//! provider in this process. Nobody waits but the first.

#![expect(clippy::print_stdout, reason = "an example speaks on standard output")]

use std::time::{Duration, Instant};

use jwks_async_std::{Issuer, Policy, Registered, Strategy, Verifier};
use jwks_testkit::{IssuerServer, Signer, claims};

#[async_std::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider = IssuerServer::start();
    let key = Signer::es256("key-1");
    provider.publish(&[&key]);
    provider.delay(Duration::from_millis(200));

    let policy = Policy::builder()
        .strategy(Strategy::Both) // the default
        .interval(Duration::from_secs(2))
        .usages(150)
        .build()?;
    let start = Instant::now();
    let issuer = Issuer::new(provider.base())
        .jwks_uri(provider.url())
        .allow_loopback_http()
        .audience("my-api")
        .policy(policy)
        .observer(move |event| println!("{:7.3?}  {event}", start.elapsed()));
    let verifier = jwks_async_std::start(Verifier::builder().issuer(issuer))?;

    let token = key.sign(&claims(provider.base(), "my-api", Duration::from_secs(60)));
    verifier.verify::<Registered>(&token).await?;
    println!("{:7.3?}  the first validation waited for the keys", start.elapsed());

    let (mut validations, mut slowest) = (0, Duration::ZERO);
    while start.elapsed() < Duration::from_secs(6) {
        let began = Instant::now();
        verifier.verify::<Registered>(&token).await?;
        slowest = slowest.max(began.elapsed());
        validations += 1;
        async_std::task::sleep(Duration::from_millis(10)).await;
    }
    println!(
        "{validations} more validations, {} fetches; the slowest took {slowest:.1?}",
        provider.fetches()
    );
    Ok(())
}

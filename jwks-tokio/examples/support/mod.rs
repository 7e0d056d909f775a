//! What the examples share: a provider in this process, and a service that validates its tokens.

#![expect(clippy::print_stdout, reason = "an example speaks on standard output")]

use std::time::{Duration, Instant};

use jwks_testkit::{IssuerServer, Signer, claims};
use jwks_tokio::{Issuer, Policy, Registered, Verifier};

/// Validates a token every 10 ms for `time`, printing what happens to the keys, and how long the
/// slowest validation took.
pub(crate) async fn run(policy: Policy, time: Duration) -> Result<(), Box<dyn std::error::Error>> {
    let provider = IssuerServer::start();
    let key = Signer::es256("key-1");
    provider.publish(&[&key]);
    provider.delay(Duration::from_millis(200));

    let start = Instant::now();
    let issuer = Issuer::new(provider.base())
        .jwks_uri(provider.url())
        .allow_loopback_http()
        .audience("my-api")
        .policy(policy)
        .observer(move |event| println!("{:7.3?}  {event}", start.elapsed()));
    let verifier = jwks_tokio::start(Verifier::builder().issuer(issuer))?;

    let token = key.sign(&claims(provider.base(), "my-api", Duration::from_secs(60)));
    verifier.verify::<Registered>(&token).await?;
    println!("{:7.3?}  the first validation waited for the keys", start.elapsed());

    let (mut validations, mut slowest) = (0, Duration::ZERO);
    while start.elapsed() < time {
        let began = Instant::now();
        verifier.verify::<Registered>(&token).await?;
        slowest = slowest.max(began.elapsed());
        validations += 1;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    println!(
        "{validations} more validations, {} fetches; the slowest took {slowest:.1?}",
        provider.fetches()
    );
    Ok(())
}

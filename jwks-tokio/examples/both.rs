//! Refresh by time and usage, whichever comes first: two seconds or 150 validations.

mod support;

use std::time::Duration;

use jwks_tokio::{Policy, Strategy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let policy = Policy::builder()
        .strategy(Strategy::Both) // the default
        .interval(Duration::from_secs(2))
        .usages(150)
        .build()?;
    support::run(policy, Duration::from_secs(6)).await
}

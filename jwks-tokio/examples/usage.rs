//! Refresh by usage: a lifetime of 100 validations, refreshed ahead at 0.8 of them. Nobody waits.

mod support;

use std::time::Duration;

use jwks_tokio::{Policy, Strategy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let policy = Policy::builder()
        .strategy(Strategy::Usage)
        .usages(100)
        .min_refresh_interval(Duration::from_millis(500)) // however many the validations
        .build()?;
    support::run(policy, Duration::from_secs(6)).await
}

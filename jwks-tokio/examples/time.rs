//! Refresh by time: a lifetime of two seconds, refreshed ahead at 0.8 of it. Nobody waits.

mod support;

use std::time::Duration;

use jwks_tokio::{Policy, Strategy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let policy =
        Policy::builder().strategy(Strategy::Time).interval(Duration::from_secs(2)).build()?;
    support::run(policy, Duration::from_secs(6)).await
}

//! No background refresh: the first validation after the lifetime waits for the fetch.

mod support;

use std::time::Duration;

use jwks_tokio::{Policy, Strategy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let policy = Policy::builder()
        .strategy(Strategy::Time)
        .interval(Duration::from_secs(2))
        .background_refresh(false)
        .build()?;
    support::run(policy, Duration::from_secs(6)).await
}

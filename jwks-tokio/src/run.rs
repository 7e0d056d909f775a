//! The loop: what the driver says, tokio does.

use jwks_core::cache::{Action, Driver};
use jwks_core::refresh::Time;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::transport;

/// Runs until every handle of the cache is gone. Dropping the future stops the driver and ends
/// the fetch that runs.
pub(crate) async fn run(mut driver: Driver, client: reqwest::Client) {
    let origin = Instant::now();
    let instant = |at: Time| origin.checked_add(at.since_origin());
    let mut fetches = JoinSet::new();
    loop {
        match driver.poll(Time::from_origin(origin.elapsed())) {
            Action::Fetch(fetch) => {
                // At most one runs: a new one is ordered only when the last has ended, or has been
                // given up.
                fetches.abort_all();
                while fetches.try_join_next().is_some() {}
                let until = instant(fetch.deadline);
                fetches.spawn(transport::fetch(client.clone(), fetch, until));
            }
            Action::Stop => return,
            Action::Wait(at) => match at.and_then(instant) {
                // Either way there is something to do.
                Some(at) => timeout_at(at, driver.woken()).await.unwrap_or_default(),
                None => driver.woken().await,
            },
        }
    }
}

//! Runs the core's loop on async-std's clock.

use std::io;
use std::time::Instant;

use async_std::task::{Builder, sleep};
use jwks_core::adapter::{Driver, Time, begin, drive};

use crate::Client;
use crate::transport::exchange;

/// Runs one driver until every handle of its cache is gone.
pub(crate) fn run(driver: Driver, client: Client) -> impl Future<Output = ()> + Send {
    let origin = Instant::now();
    let now = move || Time::from_origin(origin.elapsed());
    drive(driver, now, sleep, move |asked| exchange(client.clone(), asked))
}

/// Runs it in a task. It is polled here once, so that the driver has begun even if the executor is
/// busy.
pub(crate) fn spawn(driver: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    if let Some(driver) = begin(driver) {
        // Dropping the handle detaches the task.
        drop(Builder::new().name("jwks".to_owned()).spawn(driver)?);
    }
    Ok(())
}

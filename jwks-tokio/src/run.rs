//! Runs the core's loop on tokio's clock.

use jwks_core::adapter::{Driver, Time, begin, drive};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use crate::transport::Transport;

/// Runs one driver until every handle of its cache is gone.
pub(crate) fn run(driver: Driver, transport: Transport) -> impl Future<Output = ()> + Send {
    let origin = Instant::now();
    let now = move || Time::from_origin(origin.elapsed());
    drive(driver, now, sleep, move |asked| transport.exchange(asked))
}

/// Runs it in a task. It is polled here once, so that the driver has begun even if the runtime is
/// busy.
pub(crate) fn spawn(runtime: &Handle, driver: impl Future<Output = ()> + Send + 'static) {
    if let Some(driver) = begin(driver) {
        drop(runtime.spawn(driver));
    }
}

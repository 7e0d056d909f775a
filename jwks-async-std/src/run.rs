//! The loop: the core's, on async-std's clock.

use std::time::Instant;

use async_std::task::sleep;
use jwks_core::adapter::{Driver, Time, drive, together};

use crate::transport::exchange;

/// Runs `drivers` within the caller's own future, until every handle of their caches is gone.
///
/// Dropping the future stops the drivers, ends the fetches that run, and tells all who wait. So
/// the keys' refresh can end with the service:
///
/// ```no_run
/// use futures_util::future::{Either, select};
///
/// # async fn example(
/// #     drivers: Vec<jwks_async_std::Driver>,
/// #     shutdown: impl Future<Output = ()> + Unpin,
/// # ) -> Result<(), jwks_async_std::Error> {
/// let client = jwks_async_std::client_builder().build()?;
/// let run = std::pin::pin!(jwks_async_std::run(drivers, client));
/// if let Either::Left(_) = select(shutdown, run).await {
///     println!("asked to stop");
/// }
/// # Ok(())
/// # }
/// ```
pub fn run(
    drivers: impl IntoIterator<Item = Driver>,
    client: surf::Client,
) -> impl Future<Output = ()> + Send + 'static {
    let origin = Instant::now();
    let now = move || Time::from_origin(origin.elapsed());
    let run = |driver| {
        let client = client.clone();
        drive(driver, now, sleep, move |asked| exchange(client.clone(), asked))
    };
    together(drivers.into_iter().map(run))
}

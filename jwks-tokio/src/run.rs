//! The loop: the core's, on tokio's clock.

use jwks_core::adapter::{Driver, Time, drive, together};
use tokio::time::{Instant, sleep};

use crate::Client;
use crate::transport::exchange;

/// Runs `drivers` within the caller's own future, until every handle of their caches is gone.
///
/// Dropping the future stops the drivers, ends the fetches that run, and tells all who wait. So
/// the keys' refresh can end with the service:
///
/// ```no_run
/// # async fn example(
/// #     drivers: Vec<jwks_tokio::Driver>,
/// #     shutdown: impl Future<Output = ()>,
/// # ) -> Result<(), jwks_tokio::Error> {
/// let client = jwks_tokio::client_builder().build()?;
/// tokio::select! {
///     () = jwks_tokio::run(drivers, client) => {}
///     () = shutdown => println!("asked to stop"),
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Panics
///
/// When it is polled outside of a tokio runtime, or of one without its time driver.
pub fn run(
    drivers: impl IntoIterator<Item = Driver>,
    client: impl Into<Client>,
) -> impl Future<Output = ()> + Send + 'static {
    let client = client.into();
    let origin = Instant::now();
    let now = move || Time::from_origin(origin.elapsed());
    let run = |driver| {
        let client = client.clone();
        drive(driver, now, sleep, move |asked| exchange(client.clone(), asked))
    };
    together(drivers.into_iter().map(run))
}

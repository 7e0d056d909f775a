//! The loop: what the driver says, tokio does.

use std::future::poll_fn;
use std::task::Poll;

use jwks_core::cache::{Action, Driver};
use jwks_core::refresh::Time;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::{Client, transport};

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
    let start = |driver| Box::pin(drive(driver, client.clone()));
    let mut running: Vec<_> = drivers.into_iter().map(start).collect();
    poll_fn(move |cx| {
        running.retain_mut(|drive| drive.as_mut().poll(cx).is_pending());
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
}

async fn drive(mut driver: Driver, client: Client) {
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

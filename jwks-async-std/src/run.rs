//! The loop: what the driver says, async-std does.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Instant;

use async_std::future::timeout;
use jwks_core::cache::{Action, Driver};
use jwks_core::refresh::Time;

use crate::task::Task;
use crate::transport::{self, left};

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
    let start = |driver| Box::pin(drive(driver, client.clone()));
    let mut running: Vec<_> = drivers.into_iter().map(start).collect();
    poll_fn(move |cx| {
        running.retain_mut(|drive| drive.as_mut().poll(cx).is_pending());
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
}

async fn drive(mut driver: Driver, client: surf::Client) {
    let origin = Instant::now();
    // None: so far away that it never comes.
    let instant = |at: Time| origin.checked_add(at.since_origin());
    // At most one runs: a new one is ordered only when the last has ended, or has been given up.
    let mut running = None;
    loop {
        match driver.poll(Time::from_origin(origin.elapsed())) {
            Action::Fetch(fetch) => {
                drop(running.take());
                let until = instant(fetch.deadline);
                // A task of its own: keys are parsed there.
                running = Some(Task::spawn(transport::fetch(client.clone(), fetch, until)));
            }
            Action::Stop => return,
            Action::Wait(at) => match at.and_then(instant) {
                // Either way there is something to do.
                Some(at) => timeout(left(at), driver.woken()).await.unwrap_or_default(),
                None => driver.woken().await,
            },
        }
    }
}

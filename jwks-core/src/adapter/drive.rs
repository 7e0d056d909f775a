//! The loop of an adapter whose runtime has futures.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};

use super::{Action, Addresses, Driver, Fetch, FetchError, Guards, Headers, Progress, Reply, Time};
use crate::cache::Span;

/// What an exchange has to send, and its limits.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exchange {
    /// The whole request, except the header `Host`: see [`Fetch::request`].
    pub request: Request<()>,
    /// The file to read instead: see [`Fetch::file`].
    pub file: Option<Arc<Path>>,
    /// Which addresses may be connected to: see [`Fetch::addresses`].
    pub addresses: Addresses,
    /// The time that is left for this attempt. [`drive`] drops the exchange at the end of it. Use
    /// it only if your client wants to divide the time, or cannot be interrupted from outside.
    pub left: Duration,
    /// The most bytes of body to read: count them with [`Body`](super::Body).
    pub max_body: usize,
    /// What an answer will be worth, for an exchange that can choose between answers. Optional.
    pub guards: Guards,
    /// Report here what the exchange waits for, so that a time-out can say it. Optional.
    pub progress: Progress,
}

/// Runs a driver within the caller's task, until every handle of its cache is gone. This is the
/// whole [loop](super#writing-an-adapter) of an adapter.
///
/// - `now` returns the time since a fixed instant; take that instant at about the time when the
///   driver was built.
/// - `sleep` waits for the given time, a day at most. It may end early.
/// - `exchange` sends one request and reads the response. It runs beside the driver, within this
///   same future. It is dropped at the attempt's deadline, when the driver gives the attempt up,
///   and when the last handle is gone.
///
/// `drive` needs no executor, no clock and no trait of a client. Nothing has to be `Send`; the
/// future is `Send` if your arguments are. If you drop it, the driver and the exchange are dropped,
/// and all waiting callers get an error. After each round it yields to its executor, however many
/// callers come.
///
/// If an exchange panics, the attempt counts as abandoned, and the driver tries again later. If
/// `now` or `sleep` panics, this future ends with that panic.
///
/// ```
/// use std::time::{Duration, Instant};
///
/// use http::Response;
/// use jwks_core::adapter::{Driver, Exchange, FetchError, Time, drive};
/// # struct Client;
/// # impl Client {
/// #     async fn send(&self, _: Exchange) -> Result<Response<Vec<u8>>, FetchError> {
/// #         Err(FetchError::other("no network"))
/// #     }
/// # }
/// # async fn sleep(_: Duration) {}
///
/// async fn run(driver: Driver, client: &Client) {
///     let origin = Instant::now();
///     let now = || Time::from_origin(origin.elapsed());
///     drive(driver, now, sleep, |exchange| client.send(exchange)).await;
/// }
/// ```
///
/// You can wrap an exchange so that the answer comes from elsewhere than the network. It must be a
/// whole HTTP response, with its `Age`. The driver checks it like any other.
///
/// ```
/// # use http::Response;
/// # use jwks_core::adapter::{Exchange, FetchError};
/// # struct Shared;
/// # impl Shared {
/// #     async fn find(&self, _: &http::Uri) -> Option<Response<Vec<u8>>> { None }
/// # }
/// type Answer = Result<Response<Vec<u8>>, FetchError>;
///
/// async fn shared(store: &Shared, exchange: Exchange, network: impl AsyncFn(Exchange) -> Answer) -> Answer {
///     match store.find(exchange.request.uri()).await {
///         Some(answer) => Ok(answer),
///         None => network(exchange).await,
///     }
/// }
/// ```
pub async fn drive<B, N, S, Sleep, E, Answer>(mut driver: Driver, now: N, sleep: S, exchange: E)
where
    B: AsRef<[u8]>,
    N: Fn() -> Time,
    S: Fn(Duration) -> Sleep,
    Sleep: Future<Output = ()>,
    E: Fn(Exchange) -> Answer,
    Answer: Future<Output = Result<Response<B>, FetchError>>,
{
    let mut running: Option<Running<Answer, Sleep>> = None;
    loop {
        let at = now();
        match driver.poll(at) {
            Action::Fetch(fetch) => {
                // At most one runs: the one before it ends first.
                drop(running.take());
                running = Running::begin(fetch, at, &sleep, &exchange);
            }
            Action::Stop => return,
            Action::Wait(until) => {
                let span = until.map(|until| until.saturating_since(at).min(LONGEST));
                let mut timer = span.map(|span| Box::pin(sleep(span)));
                wait(&driver, &mut running, &mut timer, &now, &sleep, &exchange).await;
            }
        }
    }
}

/// Polls the exchange until the driver has something to do.
async fn wait<B: AsRef<[u8]>, Answer, Sleep>(
    driver: &Driver,
    running: &mut Option<Running<Answer, Sleep>>,
    timer: &mut Option<Pin<Box<Sleep>>>,
    now: impl Fn() -> Time,
    sleep: impl Fn(Duration) -> Sleep,
    exchange: impl Fn(Exchange) -> Answer,
) where
    Answer: Future<Output = Result<Response<B>, FetchError>>,
    Sleep: Future<Output = ()>,
{
    let mut woken = driver.woken();
    let mut due = false;
    let mut gave_way = false;
    poll_fn(|cx| {
        if running
            .as_mut()
            .is_some_and(|running| running.poll(cx, &now, &sleep, &exchange).is_ready())
        {
            *running = None;
        }
        due = due
            || timer.as_mut().is_some_and(|timer| timer.as_mut().poll(cx).is_ready())
            || Pin::new(&mut woken).poll(cx).is_ready();
        if due && !gave_way {
            // Other tasks have their turn first, among them the one that polls the exchange's
            // sockets.
            cx.waker().wake_by_ref();
        }
        if due && std::mem::replace(&mut gave_way, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// The running exchange, with its time limit.
struct Running<Answer, Sleep> {
    stage: Stage<Answer>,
    deadline: Time,
    limit: Pin<Box<Sleep>>,
    reply: Option<Reply>,
    /// What the client tells is told within it.
    span: Span,
}

impl<Answer, Sleep> Running<Answer, Sleep> {
    /// `None` if the exchange panicked before it began. Then the reply is dropped, which informs
    /// the driver.
    fn begin(
        fetch: Fetch,
        now: Time,
        sleep: impl Fn(Duration) -> Sleep,
        exchange: impl Fn(Exchange) -> Answer,
    ) -> Option<Self> {
        let Fetch { request, headers, file, addresses, deadline, .. } = fetch;
        let Fetch { max_body, guards, progress, reply, span, .. } = fetch;
        let left = deadline.saturating_since(now);
        let asked = Exchange { request, file, addresses, left, max_body, guards, progress };
        let stage = || {
            if headers.is_empty() {
                return Stage::Exchange(Box::pin(exchange(asked)));
            }
            Stage::Headers(Box::pin(with_headers(headers, asked)))
        };
        let stage = catch_unwind(AssertUnwindSafe(|| span.within(stage))).ok()?;
        Some(Self {
            stage,
            deadline,
            limit: Box::pin(sleep(left.min(LONGEST))),
            reply: Some(reply),
            span,
        })
    }

    fn poll<B: AsRef<[u8]>>(
        &mut self,
        cx: &mut Context<'_>,
        now: impl Fn() -> Time,
        sleep: impl Fn(Duration) -> Sleep,
        exchange: impl Fn(Exchange) -> Answer,
    ) -> Poll<()>
    where
        Answer: Future<Output = Result<Response<B>, FetchError>>,
        Sleep: Future<Output = ()>,
    {
        let (stage, span) = (&mut self.stage, &self.span);
        let poll = || span.within(|| stage.poll(cx, exchange));
        let outcome = match catch_unwind(AssertUnwindSafe(poll)) {
            Ok(Poll::Ready(outcome)) => outcome,
            Ok(Poll::Pending) => loop {
                if self.limit.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                let left = self.deadline.saturating_since(now());
                if left.is_zero() {
                    break Err(FetchError::timeout());
                }
                // The sleep ended early, or was shorter than the limit.
                self.limit = Box::pin(sleep(left.min(LONGEST)));
            },
            // The reply is dropped with the rest, which informs the driver.
            Err(_panicked) => return Poll::Ready(()),
        };
        if let Some(reply) = self.reply.take() {
            reply.send(outcome);
        }
        Poll::Ready(())
    }
}

/// What an exchange is at.
enum Stage<Answer> {
    /// Headers of the source's own are made.
    Headers(Pin<Box<dyn Future<Output = Result<Exchange, FetchError>> + Send>>),
    Exchange(Pin<Box<Answer>>),
}

impl<Answer> Stage<Answer> {
    fn poll<B>(
        &mut self,
        cx: &mut Context<'_>,
        exchange: impl Fn(Exchange) -> Answer,
    ) -> Poll<Answer::Output>
    where
        Answer: Future<Output = Result<Response<B>, FetchError>>,
    {
        if let Self::Headers(headers) = self {
            match headers.as_mut().poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(asked)) => *self = Self::Exchange(Box::pin(exchange(asked))),
            }
        }
        match self {
            Self::Exchange(answer) => answer.as_mut().poll(cx),
            Self::Headers(_) => Poll::Pending,
        }
    }
}

async fn with_headers(headers: Headers, mut asked: Exchange) -> Result<Exchange, FetchError> {
    headers.add_to(&mut asked.request).await?;
    Ok(asked)
}

/// The longest sleep: few clocks can add the largest duration to an instant. Waking up early does
/// no harm.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

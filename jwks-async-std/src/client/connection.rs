//! One connection, and the task that drives it.

use std::io;
use std::pin::pin;

use ::http::{Request, Response};
use async_std::channel::{Receiver, bounded};
use async_std::io::{Read, Write};
use futures_util::FutureExt as _;
use futures_util::future::{Either, select};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use smol_hyper::rt::FuturesIo;

use super::CallError;
use crate::task::Task;

/// A request with its body.
pub(super) type Message = Request<Full<Bytes>>;

/// For one exchange. Dropping it closes the connection, whatever is going on there.
#[derive(Debug)]
pub(super) struct Connection {
    /// How the connection has ended, if in an error.
    end: Receiver<hyper::Error>,
    sender: SendRequest<Full<Bytes>>,
    _task: Task,
}

impl Connection {
    pub(super) async fn start<S>(stream: S) -> io::Result<Self>
    where
        S: Read + Write + Send + Unpin + 'static,
    {
        let (sender, connection) =
            handshake(FuturesIo::new(stream)).await.map_err(io::Error::other)?;
        let (told, end) = bounded(1);
        let task = Task::spawn(async move {
            if let Err(error) = connection.await {
                // There is room for the only one; nobody may listen.
                told.try_send(error).unwrap_or_default();
            }
        });
        Ok(Self { end, sender, _task: task })
    }

    pub(super) async fn exchange(
        &mut self,
        message: Message,
    ) -> Result<Response<Incoming>, CallError> {
        let answer = pin!(self.sender.send_request(message));
        let (answer, end) = match select(answer, self.end.recv()).await {
            Either::Left((answer, _)) => (Some(answer), None),
            // A request that is queued while the connection ends may be left there, unanswered; but
            // what has been answered was answered before the end.
            Either::Right((end, answer)) => (answer.now_or_never(), Some(end)),
        };
        match answer {
            Some(Ok(response)) => Ok(response),
            Some(Err(error)) if !error.is_canceled() => Err(CallError::Exchange(error)),
            // No more than that the connection was gone before the request was sent. What has ended
            // it, its task knows.
            _ => {
                let end = match end {
                    Some(end) => end,
                    None => self.end.recv().await,
                };
                Err(end.map_or(CallError::Closed, CallError::Exchange))
            }
        }
    }
}

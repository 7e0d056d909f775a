//! One connection, and the task that drives it.

use std::io;

use ::http::{Request, Response};
use async_std::channel::{Receiver, bounded};
use async_std::io::{Read, Write};
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
        match self.sender.send_request(message).await {
            Ok(response) => Ok(response),
            // No more than that the connection was gone when the request was to be sent. What has
            // ended it, its task knows.
            Err(error) if error.is_canceled() => Err(match self.end.recv().await {
                Ok(end) => CallError::Exchange(end),
                Err(_) => CallError::Closed,
            }),
            Err(error) => Err(CallError::Exchange(error)),
        }
    }
}

//! One connection, and the task that drives it.

use std::io;

use ::http::{Request, Response};
use async_std::io::{Read, Write};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{SendRequest, handshake};
use smol_hyper::rt::FuturesIo;

use crate::task::Task;

/// A request with its body.
pub(super) type Message = Request<Full<Bytes>>;

/// Dropping it closes the connection, whatever is going on there.
#[derive(Debug)]
pub(super) struct Connection {
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
        // How it ends, the exchange that it belongs to says.
        let task = Task::spawn(async { connection.await.unwrap_or_default() });
        Ok(Self { sender, _task: task })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// The error gives the message back if nothing of it was sent.
    pub(super) async fn exchange(
        &mut self,
        message: Message,
    ) -> Result<Response<Incoming>, TrySendError<Message>> {
        // What is wrong with it, sending says, too.
        self.sender.ready().await.unwrap_or_default();
        self.sender.try_send_request(message).await
    }
}

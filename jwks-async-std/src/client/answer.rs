//! The answer, in the terms of surf.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::http::Response;
use async_std::io::{BufRead, Read};
use http_client::http_types::{self, headers};
use hyper::body::{Body as _, Bytes, Incoming};

use super::beyond::Beyond;
use super::connection::Connection;

/// The answer that comes over this connection.
pub(super) fn answer(response: Response<Incoming>, connection: Connection) -> http_types::Response {
    let (head, incoming) = response.into_parts();
    let class = head.status.as_u16() / 100 * 100;
    let known = http_types::StatusCode::try_from(head.status.as_u16())
        .or_else(|_| http_types::StatusCode::try_from(class))
        .unwrap_or(http_types::StatusCode::InternalServerError);
    let mut answer = http_types::Response::new(known);
    // No length: it would end the body where the length says, and hide that it broke off.
    let body = Body { chunk: Bytes::new(), incoming, connection: Some(connection) };
    answer.set_body(http_types::Body::from_reader(body, None));
    // Made up for a body whose type is not known.
    answer.remove_header(headers::CONTENT_TYPE);
    let beyond = Beyond::put(&head.headers, answer.as_mut()).with_status(head.status);
    answer.ext_mut().insert(beyond);
    answer
}

/// Read to its end, or dropped before, it closes the connection.
#[derive(Debug)]
struct Body {
    chunk: Bytes,
    /// None: the body has ended.
    connection: Option<Connection>,
    incoming: Incoming,
}

impl BufRead for Body {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        while this.chunk.is_empty() && this.connection.is_some() {
            match ready!(Pin::new(&mut this.incoming).poll_frame(cx)) {
                // Trailers say nothing that is read.
                Some(Ok(frame)) => this.chunk = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => {
                    this.connection = None;
                    return Poll::Ready(Err(io::Error::other(error)));
                }
                None => this.connection = None,
            }
        }
        Poll::Ready(Ok(&this.chunk))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let this = self.get_mut();
        drop(this.chunk.split_to(amount.min(this.chunk.len())));
    }
}

impl Read for Body {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let chunk = ready!(self.as_mut().poll_fill_buf(cx))?;
        let amount = chunk.len().min(buffer.len());
        buffer[..amount].copy_from_slice(&chunk[..amount]);
        self.consume(amount);
        Poll::Ready(Ok(amount))
    }
}

//! A stream that is read no further than was asked for: who can write to Redis may run its server,
//! and answer ten bytes with ten megabytes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How many more bytes may come. Shared by the stream and whoever asks the next question.
///
/// Ordering: relaxed. It is a number alone, and it is set before the question is sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowance(Arc<AtomicUsize>);

impl Allowance {
    pub(super) fn set(&self, bytes: usize) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn is_spent(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

#[derive(Debug)]
pub(super) struct Limited<S> {
    pub(super) stream: S,
    pub(super) allowance: Allowance,
}

impl<S: AsyncRead + Unpin> AsyncRead for Limited<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let most = this.allowance.0.load(Ordering::Relaxed).min(buffer.remaining());
        if most == 0 && buffer.remaining() > 0 {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, EXCESS)));
        }
        let mut part = buffer.take(most);
        ready!(Pin::new(&mut this.stream).poll_read(cx, &mut part))?;
        let read = part.filled().len();
        // Copied, since what `part` has initialised is not known to `buffer`.
        let bytes = part.filled().to_vec();
        buffer.put_slice(&bytes);
        this.allowance.0.fetch_sub(read, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Limited<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

const EXCESS: &str = "redis answered with more than was asked for";

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test]
    async fn a_byte_too_many_is_an_error() {
        let allowance = Allowance::default();
        allowance.set(5);
        let mut limited = Limited { stream: &b"0123456789"[..], allowance: allowance.clone() };
        let mut read = Vec::new();
        let error = limited.read_to_end(&mut read).await.unwrap_err();
        assert_eq!((&read[..], error.kind()), (&b"01234"[..], io::ErrorKind::InvalidData));
        assert!(allowance.is_spent());
        allowance.set(100);
        limited.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, b"0123456789");
    }
}

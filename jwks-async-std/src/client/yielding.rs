//! A stream that yields to other tasks.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_std::io::{Read, Write};

/// Reports now and then that nothing has come, although something has.
///
/// hyper reads on for as long as interim answers (1xx) come, and a task cannot be ended while it is
/// polled. Without this, a server that sends them without end would hold a thread of the runtime,
/// past the fetch's deadline and past the driver's end.
#[derive(Debug)]
pub(super) struct Yielding<S> {
    stream: S,
    /// Without a pause.
    reads: u32,
}

impl<S> Yielding<S> {
    pub(super) const fn new(stream: S) -> Self {
        Self { stream, reads: 0 }
    }
}

impl<S: Read + Unpin> Read for Yielding<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.reads == MOST {
            this.reads = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        this.reads = if read.is_ready() { this.reads + 1 } else { 0 };
        read
    }
}

impl<S: Write + Unpin> Write for Yielding<S> {
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

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_close(cx)
    }
}

/// More than a key set takes, as a rule.
const MOST: u32 = 32;

//! A connection that can be broken on purpose.
//!
//! axum reads requests and writes sound answers; what must be broken goes around it: while axum
//! waits for the answer, the handler writes to the same connection, or cuts it.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

/// Accepts [`Socket`]s, and numbers them.
#[derive(Debug)]
pub(super) struct Doorway {
    pub(super) accepted: Arc<AtomicU64>,
    pub(super) listener: TcpListener,
}

impl Listener for Doorway {
    type Addr = SocketAddr;
    type Io = Socket;

    async fn accept(&mut self) -> (Socket, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) => {
                    // Relaxed: only the numbers' being different matters.
                    let number = self.accepted.fetch_add(1, Ordering::Relaxed) + 1;
                    return (Socket::new(stream, number), address);
                }
                // Out of file descriptors, for instance: not the listener's end.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// One connection, shared by axum and the handler, which never write at the same time.
#[derive(Clone, Debug)]
pub(super) struct Socket(Arc<Shared>);

impl Socket {
    fn new(stream: TcpStream, number: u64) -> Self {
        // Without it a trickle would be gathered into fewer, larger packets.
        let _ = stream.set_nodelay(true);
        Self(Arc::new(Shared { cut: AtomicBool::new(false), number, stream: Mutex::new(stream) }))
    }

    pub(super) fn number(&self) -> u64 {
        self.0.number
    }

    /// No byte of axum's gets through any more, so that it gives the connection up.
    pub(super) fn cut(&self) {
        // Relaxed: handler and connection run in one task.
        self.0.cut.store(true, Ordering::Relaxed);
    }

    /// [`Socket::cut`], with a TCP RST in place of the orderly end.
    pub(super) fn cut_with_reset(&self) {
        let _ = self.stream().set_zero_linger();
        self.cut();
    }

    fn usable(&self) -> io::Result<MutexGuard<'_, TcpStream>> {
        if self.0.cut.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(self.stream())
    }

    fn stream(&self) -> MutexGuard<'_, TcpStream> {
        self.0.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.usable()?).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.usable()?).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.usable()?).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.usable()?).poll_shutdown(cx)
    }
}

impl Connected<IncomingStream<'_, Doorway>> for Socket {
    fn connect_info(stream: IncomingStream<'_, Doorway>) -> Self {
        stream.io().clone()
    }
}

#[derive(Debug)]
struct Shared {
    cut: AtomicBool,
    number: u64,
    stream: Mutex<TcpStream>,
}

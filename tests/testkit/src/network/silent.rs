//! Addresses where nobody answers.

use std::{
    future::pending,
    io,
    net::{IpAddr, SocketAddr, TcpListener},
    sync::mpsc::channel,
    time::Duration,
};

use tokio::{
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::timeout,
};

use super::Background;

/// An address that swallows every attempt to connect, as a firewall does that drops packets: no
/// connection, and no refusal. It is a listener whose queue is full.
#[derive(Debug)]
pub struct Silent {
    address: SocketAddr,
    _running: Background,
}

impl Silent {
    /// Starts at this address; with port 0 at a free one.
    ///
    /// # Errors
    ///
    /// This machine has no such address, or the port is taken.
    ///
    /// # Panics
    ///
    /// When the system has no thread to give.
    pub fn start(at: SocketAddr) -> io::Result<Self> {
        let (tell, told) = channel();
        let running = Background::start("silent", move || async move {
            match listen(at) {
                Ok((_listener, address)) => {
                    let _held = fill(address).await;
                    // Whoever started this listens.
                    let _ = tell.send(Ok(address));
                    pending::<()>().await;
                }
                Err(error) => drop(tell.send(Err(error))),
            }
        });
        let address = told.recv().map_err(io::Error::other)??;
        Ok(Self { address, _running: running })
    }

    /// Where it does not answer.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

fn listen(at: SocketAddr) -> io::Result<(tokio::net::TcpListener, SocketAddr)> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    let listener = socket.listen(1)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// More connections than the queue holds: those that came through, which must be kept.
async fn fill(address: SocketAddr) -> Vec<TcpStream> {
    let mut held = Vec::new();
    let mut connecting: JoinSet<_> = (0..8).map(|_| TcpStream::connect(address)).collect();
    // On loopback a connection is there at once, or not at all.
    while let Ok(Some(Ok(Ok(stream)))) =
        timeout(Duration::from_millis(100), connecting.join_next()).await
    {
        held.push(stream);
    }
    held
}

/// An address that accepts every connection, and then says nothing: no answer, no TLS.
#[derive(Debug)]
pub struct Mute(TcpListener);

impl Mute {
    /// Starts at a free port of `ip`.
    ///
    /// # Errors
    ///
    /// This machine has no such address.
    pub fn start(ip: IpAddr) -> io::Result<Self> {
        // The system completes handshakes for a listener that never looks.
        TcpListener::bind((ip, 0)).map(Self)
    }

    /// Where it listens.
    ///
    /// # Panics
    ///
    /// Never: a bound listener has an address.
    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("a bound listener has an address")
    }

    /// Whether nobody has connected.
    ///
    /// # Panics
    ///
    /// When the system does not tell.
    pub fn is_untouched(&self) -> bool {
        self.0.set_nonblocking(true).expect("a listener");
        match self.0.accept() {
            Ok(_) => false,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => true,
            Err(error) => panic!("{error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpStream};

    use super::*;

    #[test]
    fn nobody_connects_to_a_silent_address() {
        let silent = Silent::start((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        for _ in 0..3 {
            let refused = TcpStream::connect_timeout(&silent.address(), Duration::from_millis(100));
            assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::TimedOut);
        }
        assert!(Silent::start(silent.address()).is_err(), "the port is taken");
    }

    #[test]
    fn a_mute_one_accepts() {
        let mute = Mute::start(Ipv4Addr::LOCALHOST.into()).unwrap();
        assert!(mute.is_untouched());
        let _stream = TcpStream::connect(mute.address()).unwrap();
        assert!(!mute.is_untouched());
    }
}

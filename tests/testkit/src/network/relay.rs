//! Another address of the issuer.

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener},
};

use tokio::{io::copy_bidirectional, net::TcpStream, task::JoinSet};

use super::Background;

/// Hands all bytes on to another address. Dropping it stops it.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    _running: Background,
}

impl Relay {
    /// Starts at a free port of `ip`, before the server at `behind`.
    ///
    /// # Errors
    ///
    /// This machine has no such address.
    ///
    /// # Panics
    ///
    /// When the system has no thread to give.
    pub fn start(ip: IpAddr, behind: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((ip, 0))?;
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let running = Background::start("relay", move || serve(listener, behind));
        Ok(Self { address, _running: running })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn serve(listener: TcpListener, behind: SocketAddr) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut connections = JoinSet::new();
    loop {
        let (mut client, _) = listener.accept().await?;
        while connections.try_join_next().is_some() {}
        // Its errors are for the client to see.
        connections.spawn(async move {
            let mut server = TcpStream::connect(behind).await?;
            copy_bidirectional(&mut client, &mut server).await
        });
    }
}

//! The thread that serves, and the port that it keeps.
//!
//! Each time the server is up is one thread with one runtime: ending them ends the listener and all
//! connections at once, without a list of them.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
    thread,
    time::Duration,
};

use tokio::net::TcpSocket;

use super::{serve::serve, socket::Doorway};
use crate::{issuer::Shared, network::Background};

/// A server that can go down and come up again on the same port.
#[derive(Debug)]
pub(crate) struct Server {
    accepted: Arc<AtomicU64>,
    address: SocketAddr,
    state: Mutex<State>,
}

impl Server {
    pub(super) fn start(listener: TcpListener, address: SocketAddr, shared: Arc<Shared>) -> Self {
        let accepted = Arc::default();
        let state = Mutex::new(up(listener, &accepted, shared));
        Self { accepted, address, state }
    }

    pub(crate) fn go_down(&self) {
        let mut state = self.state();
        if let State::Up { .. } = &*state {
            // Ends what runs, and waits for that.
            *state = State::Down { _port: None };
            *state = State::Down { _port: reserve(self.address).ok() };
        }
    }

    pub(crate) fn come_up(&self, shared: Arc<Shared>) {
        let mut state = self.state();
        if let State::Down { _port } = &mut *state {
            // Not every system lets a port that is held be listened on.
            drop(_port.take());
            let listener = bind(self.address).expect("the port that was held");
            *state = up(listener, &self.accepted, shared);
        }
    }

    /// For good.
    pub(crate) fn stop(&self) {
        *self.state() = State::Stopped;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
enum State {
    /// A socket that is bound but does not listen: connections are refused, and the system gives
    /// the port to nobody else.
    Down {
        _port: Option<TcpSocket>,
    },
    Stopped,
    Up {
        _running: Background,
    },
}

pub(super) fn listen() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free loopback port")
}

fn up(listener: TcpListener, accepted: &Arc<AtomicU64>, shared: Arc<Shared>) -> State {
    let accepted = Arc::clone(accepted);
    State::Up {
        _running: Background::start("issuer", move || {
            listener.set_nonblocking(true).expect("a listener that does not block");
            let listener = tokio::net::TcpListener::from_std(listener);
            let listener = listener.expect("a listener that the runtime knows");
            serve(Doorway { accepted, listener }, shared)
        }),
    }
}

pub(super) fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Connections that ended a moment ago would otherwise block the port.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

pub(super) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let mut bound = TcpListener::bind(address);
    // Between two holders of the port, an outgoing connection may have it for a moment.
    for _ in 0..50 {
        if bound.is_ok() {
            break;
        }
        thread::sleep(Duration::from_millis(10));
        bound = TcpListener::bind(address);
    }
    bound
}

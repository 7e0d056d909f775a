//! The thread that serves, and the port that it keeps.
//!
//! Each time the server is up is one thread with one runtime: ending them ends the listener and all
//! connections at once, without a list of them.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{net::TcpSocket, runtime, sync::oneshot};

use super::{Shared, serve::serve, socket::Doorway};

/// A server that can go down and come up again on the same port.
#[derive(Debug)]
pub(super) struct Server {
    accepted: Arc<AtomicU64>,
    address: SocketAddr,
    state: Mutex<State>,
}

impl Server {
    pub(super) fn start(shared: Arc<Shared>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free loopback port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let accepted = Arc::default();
        let up = Up::new(listener, Arc::clone(&accepted), shared);
        Self { accepted, address, state: Mutex::new(State::Up(up)) }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn go_down(&self) {
        let mut state = self.state();
        if let State::Up(up) = &mut *state {
            up.stop();
            *state = State::Down { _port: reserve(self.address).ok() };
        }
    }

    pub(super) fn come_up(&self, shared: Arc<Shared>) {
        let mut state = self.state();
        if let State::Down { _port } = &mut *state {
            // Not every system lets a port that is held be listened on.
            drop(_port.take());
            let listener = bind(self.address).expect("the port that was held");
            *state = State::Up(Up::new(listener, Arc::clone(&self.accepted), shared));
        }
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
    Up(Up),
}

#[derive(Debug)]
struct Up {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Up {
    fn new(listener: TcpListener, accepted: Arc<AtomicU64>, shared: Arc<Shared>) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::Builder::new()
            .name("issuer".to_owned())
            .spawn(move || {
                let runtime = runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.expect("a runtime of one thread");
                runtime.block_on(async {
                    listener.set_nonblocking(true).expect("a listener that does not block");
                    let listener = tokio::net::TcpListener::from_std(listener);
                    let listener = listener.expect("a listener that the runtime knows");
                    tokio::select! {
                        // The sender's end is the signal, too.
                        _ = stopped => {}
                        _ = serve(Doorway { accepted, listener }, shared) => {}
                    }
                });
            })
            .expect("a thread for the server");
        Self { stop: Some(stop), thread: Some(thread) }
    }

    fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server has been printed; the test that missed its answers fails.
            let _ = thread.join();
        }
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        self.stop();
    }
}

fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Connections that ended a moment ago would otherwise block the port.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
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

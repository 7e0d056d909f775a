//! From names to addresses.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};

use async_std::task::spawn_blocking;

/// The names that the caller has given addresses of; any other is looked up by the system.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(HashMap<String, Vec<SocketAddr>>);

impl Names {
    pub(super) fn set(&mut self, name: &str, addresses: &[SocketAddr]) {
        self.0.insert(name.to_ascii_lowercase(), addresses.to_vec());
    }

    /// `port` is the URL's own, if it names one, or else that of its scheme.
    pub(super) async fn look_up(&self, name: &str, port: Port) -> io::Result<Vec<SocketAddr>> {
        let Some(given) = self.0.get(&name.to_ascii_lowercase()) else {
            // async-std's own look-up wraps the reason in a text of its own.
            let asked = (name.to_owned(), port.number());
            return spawn_blocking(move || Ok(asked.to_socket_addrs()?.collect())).await;
        };
        let at_port = |mut address: SocketAddr| {
            if matches!(port, Port::Named(_)) || address.port() == 0 {
                address.set_port(port.number());
            }
            address
        };
        Ok(given.iter().copied().map(at_port).collect())
    }
}

/// The port to connect to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Port {
    /// In the URL.
    Named(u16),
    /// The scheme's.
    Usual(u16),
}

impl Port {
    pub(super) const fn number(self) -> u16 {
        match self {
            Self::Named(number) | Self::Usual(number) => number,
        }
    }
}

#[cfg(test)]
mod tests {
    use async_std::task::block_on;

    use super::*;

    #[test]
    fn given_names_are_not_looked_up() {
        let mut names = Names::default();
        let given = ["10.0.0.1:0", "[fd00::1]:8443"].map(|text| text.parse().unwrap());
        names.set("Keys.invalid", &given);
        for (port, expected) in [
            (Port::Named(444), ["10.0.0.1:444", "[fd00::1]:444"]),
            (Port::Usual(443), ["10.0.0.1:443", "[fd00::1]:8443"]),
        ] {
            let found = block_on(names.look_up("keys.INVALID", port)).unwrap();
            assert_eq!(found, expected.map(|text| text.parse().unwrap()));
        }
        let local = block_on(names.look_up("127.0.0.1", Port::Usual(443))).unwrap();
        assert_eq!(local, ["127.0.0.1:443".parse().unwrap()]);
    }
}

//! Networks as they are: hosts with several addresses, and addresses where nobody answers.

mod background;
mod relay;
mod silent;

use std::net::SocketAddr;

pub(crate) use background::Background;
pub use relay::Relay;
pub use silent::{Mute, Silent};

/// Names that have these addresses, whatever the system's look-up says.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Vec<(String, Vec<SocketAddr>)>);

impl Hosts {
    /// One name, with its addresses in the order in which a look-up gives them.
    pub fn new(name: &str, addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self(vec![(name.to_owned(), addresses.into_iter().collect())])
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each name with its addresses.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[SocketAddr])> {
        self.0.iter().map(|(name, addresses)| (name.as_str(), addresses.as_slice()))
    }
}

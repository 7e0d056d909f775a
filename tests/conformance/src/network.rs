//! Names and their addresses, for adapters whose client can be told them.

use std::net::SocketAddr;

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

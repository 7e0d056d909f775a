//! From names to addresses.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::Resolve;

type BoxError = Box<dyn Error + Send + Sync>;

/// How names are looked up: with addresses or a resolver that the user gave, else with the system's
/// resolver.
#[derive(Clone, Default)]
pub(super) struct Names {
    given: Arc<HashMap<String, Vec<SocketAddr>>>,
    resolver: Option<Arc<dyn Resolve>>,
}

impl Names {
    pub(super) fn look_up_by(&mut self, resolver: Arc<dyn Resolve>) {
        self.resolver = Some(resolver);
    }

    pub(super) fn set(&mut self, name: &str, addresses: &[SocketAddr]) {
        let given = Arc::make_mut(&mut self.given);
        given.insert(name.to_ascii_lowercase(), addresses.to_vec());
    }

    /// Where an address has port 0, it is that of the scheme.
    pub(super) async fn look_up(&self, name: &str) -> Result<Vec<SocketAddr>, BoxError> {
        if let Some(given) = self.given.get(&name.to_ascii_lowercase()) {
            return Ok(given.clone());
        }
        match &self.resolver {
            Some(resolver) => Ok(resolver.resolve(name.parse()?).await?.collect()),
            None => Ok(tokio::net::lookup_host((name, 0)).await?.collect()),
        }
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Names");
        debug.field("given", &self.given).field("own_resolver", &self.resolver.is_some()).finish()
    }
}

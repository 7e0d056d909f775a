//! What runs the drivers: the one place to change for another adapter.

use jwks_tokio::{Driver, client_builder, spawn_with_client};
use tokio::runtime::{Builder, Runtime};

/// A runtime of one thread with the drivers on it; dropping it stops them.
#[derive(Debug)]
pub(crate) struct Runner(Option<Runtime>);

impl Runner {
    pub(crate) fn start(drivers: Vec<Driver>) -> Self {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().expect("a runtime");
        // Whatever proxy the environment names, the issuer is on loopback.
        let client = client_builder().no_proxy().build().expect("a client");
        let guard = runtime.enter();
        spawn_with_client(drivers, client).expect("inside of a runtime");
        drop(guard);
        Self(Some(runtime))
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

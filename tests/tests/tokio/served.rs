//! A verifier whose driver runs on a client that the test chooses.

use jwks_conformance::{
    World,
    world::{FOREVER, failed},
};
use jwks_core::cache::FetchError;
use jwks_tokio::{Client, Policy, PolicyBuilder, Registered, Starter, Verifier};
use tokio::runtime::{Builder, Runtime};

pub(crate) struct Served {
    pub(crate) verifier: Verifier,
    runtime: Option<Runtime>,
}

/// Asks `url` for the keys, by `client`.
pub(crate) fn serve_at(
    world: &World<'_>,
    url: &str,
    policy: PolicyBuilder,
    client: impl Into<Client>,
) -> Served {
    let issuer = world.configured(policy).jwks_uri(url);
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).enable_all().build().expect("a runtime");
    let starter = Starter::new().client(client).runtime(runtime.handle().clone());
    let verifier = starter.start(Verifier::builder().issuer(issuer)).expect("sound settings");
    Served { verifier, runtime: Some(runtime) }
}

impl Served {
    pub(crate) fn passes(&self, world: &World<'_>) {
        self.verifier.verify_blocking::<Registered>(&world.token()).expect("a valid token");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.runtime.take().expect("a runtime").shutdown_background();
    }
}

/// One attempt, and no other for as long as a test takes.
pub(crate) const fn once() -> PolicyBuilder {
    Policy::builder().retry(FOREVER, FOREVER)
}

/// Why the first fetch to fail has failed.
pub(crate) fn failure(world: &World<'_>) -> FetchError {
    world.log.wait_for(1, failed);
    world.log.failures().remove(0)
}

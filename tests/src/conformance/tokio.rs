//! jwks-tokio, each service on a runtime of its own.

use std::any::Any;

use jwks_conformance::{Adapter, Roots, network::Hosts};
use jwks_core::adapter::Drivers;
use jwks_tokio::{Certificate, Starter, client_builder};
use tokio::runtime::{Builder, Runtime};

/// jwks-tokio, each service on a runtime of its own.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "it has no fields, and wants none")]
pub struct Tokio;

impl Adapter for Tokio {
    fn name(&self) -> &str {
        "tokio"
    }

    fn start(&self, drivers: Drivers, roots: &Roots) -> Box<dyn Any + Send> {
        start(drivers, roots, &Hosts::default())
    }

    fn start_with_hosts(
        &self,
        drivers: Drivers,
        roots: &Roots,
        hosts: &Hosts,
    ) -> Option<Box<dyn Any + Send>> {
        Some(start(drivers, roots, hosts))
    }

    fn takes_hosts(&self) -> bool {
        true
    }
}

fn start(drivers: Drivers, roots: &Roots, hosts: &Hosts) -> Box<dyn Any + Send> {
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).enable_all().build().expect("a runtime");
    let roots = roots.iter().map(|der| Certificate::from_der(der).expect("a certificate"));
    let client = roots.fold(client_builder(), |it, root| it.add_root_certificate(root));
    let client = hosts.iter().fold(client, |it, (name, to)| it.resolve_to_addrs(name, to));
    let starter = Starter::new().client(client.build().expect("a client"));
    starter.runtime(runtime.handle().clone()).start(drivers).expect("a runtime with timers");
    Box::new(Running(Some(runtime)))
}

/// Dropping it ends the runtime, and waits for nothing.
struct Running(Option<Runtime>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

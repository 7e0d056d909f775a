//! jwks-async-std: no runtime of its own to end, so the future that runs the drivers is dropped.

use std::any::Any;

use futures_util::future::{AbortHandle, abortable};
use jwks_async_std::{Certificate, Starter, client_builder};
use jwks_conformance::{Adapter, Roots, network::Hosts};
use jwks_core::adapter::Drivers;

/// jwks-async-std, each service as one task.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "it has no fields, and wants none")]
pub struct AsyncStd;

impl Adapter for AsyncStd {
    fn name(&self) -> &str {
        "async-std"
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
    let roots = roots.iter().map(|der| Certificate::from_der(der).expect("a certificate"));
    let client = roots.fold(client_builder(), |it, root| it.add_root_certificate(root));
    let client = hosts.iter().fold(client, |it, (name, to)| it.resolve_to_addrs(name, to));
    let starter = Starter::new().client(client.build().expect("a client"));
    let ((), keys) = starter.serve(drivers).expect("a client");
    let (running, handle) = abortable(keys);
    drop(async_std::task::spawn(running));
    Box::new(Running(handle))
}

/// Dropping it ends the task, and waits for nothing.
struct Running(AbortHandle);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

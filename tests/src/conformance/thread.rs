//! The adapter for plain threads.

use std::any::Any;

use jwks_conformance::{Adapter, Roots};
use jwks_core::adapter::Drivers;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::adapters;

/// [`adapters::thread`].
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "it has no fields, and wants none")]
pub struct Thread;

impl Adapter for Thread {
    /// Its client tells the adapter nothing before the answer.
    fn tells_phases(&self) -> bool {
        false
    }

    fn name(&self) -> &str {
        "thread"
    }

    fn start(&self, drivers: Drivers, roots: &Roots) -> Box<dyn Any + Send> {
        let roots = roots.iter().map(|der| Certificate::from_der(der).to_owned());
        let tls = TlsConfig::builder().root_certs(RootCerts::from(roots.collect::<Vec<_>>()));
        // Whatever proxy the environment names, the issuer is on loopback.
        let config = Agent::config_builder().tls_config(tls.build()).proxy(None).build();
        adapters::thread::start(drivers, config).expect("drivers that are built");
        Box::new(())
    }

    fn stops_when_dropped(&self) -> bool {
        false
    }
}

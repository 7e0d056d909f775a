//! The adapter for smol.

use std::any::Any;
use std::sync::Arc;

use futures_rustls::TlsConnector;
use futures_rustls::rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use jwks_conformance::{Adapter, Roots};
use jwks_core::adapter::Drivers;

use crate::adapters;

/// [`adapters::smol`], on smol's own executor.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "it has no fields, and wants none")]
pub struct Smol;

impl Adapter for Smol {
    fn name(&self) -> &str {
        "smol"
    }

    fn start(&self, drivers: Drivers, roots: &Roots) -> Box<dyn Any + Send> {
        let mut store = RootCertStore::empty();
        roots.iter().for_each(|der| store.add(der.to_vec().into()).expect("a certificate"));
        let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider knows the usual versions")
            .with_root_certificates(store)
            .with_no_client_auth();
        // Dropping a task ends it.
        let connector = TlsConnector::from(Arc::new(tls));
        let ((), task) = adapters::smol::start(drivers, connector).expect("drivers that are built");
        Box::new(task)
    }
}

//! https: rustls on aws-lc-rs, with the platform's certificates.

use std::sync::Arc;

use futures_rustls::TlsConnector;
use futures_rustls::pki_types::CertificateDer;
use futures_rustls::rustls::crypto::aws_lc_rs::default_provider;
use futures_rustls::rustls::{ClientConfig, Error};
use rustls_platform_verifier::Verifier;

pub(super) fn connector(roots: Vec<CertificateDer<'static>>) -> Result<TlsConnector, Error> {
    // Named, never the process's default: with two providers in the build rustls has none, and
    // panics.
    let provider = Arc::new(default_provider());
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider))?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        // The platform's verifier; `dangerous` because one could check less.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

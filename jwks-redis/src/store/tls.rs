//! TLS to Redis: rustls on aws-lc-rs, with the platform's certificates, unless told otherwise.

use std::sync::Arc;

use rustls_platform_verifier::Verifier;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::{ClientConfig, Error};

use crate::BuildError;

pub(super) fn connector(config: Option<ClientConfig>) -> Result<TlsConnector, BuildError> {
    let config = config.map_or_else(platform, Ok);
    config.map(|config| TlsConnector::from(Arc::new(config))).map_err(BuildError::Tls)
}

fn platform() -> Result<ClientConfig, Error> {
    // Named, never the process's default: with two providers in the build rustls has none.
    let provider = Arc::new(default_provider());
    let verifier = Verifier::new(Arc::clone(&provider))?;
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        // The platform's verifier; `dangerous` because one could check less.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

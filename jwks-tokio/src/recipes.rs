//! Recipes: whole pieces of code for common tasks. Each is run as written when the crate is tested,
//! against an issuer on loopback.

/// # Several issuers
///
#[doc = include_str!("../docs/several_issuers.md")]
pub mod several_issuers {}

/// # Graceful shutdown
///
#[doc = include_str!("../docs/graceful_shutdown.md")]
pub mod graceful_shutdown {}

/// # A private certificate authority
///
#[doc = include_str!("../docs/private_ca.md")]
pub mod private_ca {}

/// # Readiness and liveness
///
#[doc = include_str!("../docs/readiness.md")]
pub mod readiness {}

/// # Serverless functions
///
#[doc = include_str!("../docs/serverless.md")]
pub mod serverless {}

//! Recipes: whole pieces of code for common tasks. Each is run as written when the crate is tested,
//! against an issuer on loopback.

/// # Several issuers
///
#[doc = include_str!("../docs/several_issuers.md")]
pub mod several_issuers {}

/// # Tenants: issuers that come and go
///
#[doc = include_str!("../docs/tenants.md")]
pub mod tenants {}

/// # Tenants in a database: looked up when their tokens come
///
#[doc = include_str!("../docs/resolver.md")]
pub mod resolver {}

/// # Settings for well-known issuers
///
#[doc = include_str!("../docs/issuers.md")]
pub mod issuers {}

/// # Microsoft Entra ID, several tenants
///
#[doc = include_str!("../docs/entra.md")]
pub mod entra {}

/// # Issuers that do not follow the book
///
#[doc = include_str!("../docs/odd_issuers.md")]
pub mod odd_issuers {}

/// # SPIFFE: JWT-SVIDs of trust domains
///
#[doc = include_str!("../docs/spiffe.md")]
pub mod spiffe {}

/// # Graceful shutdown
///
#[doc = include_str!("../docs/graceful_shutdown.md")]
pub mod graceful_shutdown {}

/// # A private certificate authority, and a proxy
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

/// # Settings from a file and the environment
///
#[doc = include_str!("../docs/settings.md")]
pub mod settings {}

/// # Leeway and clock skew
///
#[doc = include_str!("../docs/leeway.md")]
pub mod leeway {}

/// # Saving and loading keys
///
#[doc = include_str!("../docs/saved_keys.md")]
pub mod saved_keys {}

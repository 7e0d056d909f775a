#![doc = include_str!("../docs/guide/index.md")]

/// # Choosing a strategy
///
#[doc = include_str!("../docs/guide/choosing.md")]
pub mod choosing {}

/// # Thresholds
///
#[doc = include_str!("../docs/guide/thresholds.md")]
pub mod thresholds {}

/// # Configurations and best practices
///
#[doc = include_str!("../docs/guide/configurations.md")]
pub mod configurations {}

/// # Cost
///
#[doc = include_str!("../docs/guide/cost.md")]
pub mod cost {}

/// # Testing a configuration
///
#[doc = include_str!("../docs/guide/testing.md")]
pub mod testing {}

/// # Monitoring and alerts
///
#[doc = include_str!("../docs/guide/monitoring.md")]
pub mod monitoring {}

/// # Logging
///
#[doc = include_str!("../docs/guide/logging.md")]
pub mod logging {}

/// # Metrics
///
#[doc = include_str!("../docs/guide/metrics.md")]
pub mod metrics {}

/// # Performance
///
#[doc = include_str!("../docs/guide/performance.md")]
pub mod performance {}

/// # Troubleshooting: two minutes
///
#[doc = include_str!("../docs/guide/troubleshooting.md")]
pub mod troubleshooting {}

/// # Refused tokens (401)
///
#[doc = include_str!("../docs/guide/refused_tokens.md")]
pub mod refused_tokens {}

/// # No keys (503), not refreshing, never ready
///
#[doc = include_str!("../docs/guide/no_keys.md")]
pub mod no_keys {}

/// # Slow requests, and too many fetches
///
#[doc = include_str!("../docs/guide/slow_or_busy.md")]
pub mod slow_or_busy {}

/// # Security decisions
///
#[doc = include_str!("../docs/guide/security.md")]
pub mod security {}

/// # Coming from jsonwebtoken with a cache by hand
///
#[doc = include_str!("../docs/guide/from_jsonwebtoken.md")]
pub mod from_jsonwebtoken {}

/// # Coming from jwt-authorizer
///
#[doc = include_str!("../docs/guide/from_jwt_authorizer.md")]
pub mod from_jwt_authorizer {}

/// # Coming from axum-jwt-auth
///
#[doc = include_str!("../docs/guide/from_axum_jwt_auth.md")]
pub mod from_axum_jwt_auth {}

/// # Coming from jwks-cache
///
#[doc = include_str!("../docs/guide/from_jwks_cache.md")]
pub mod from_jwks_cache {}

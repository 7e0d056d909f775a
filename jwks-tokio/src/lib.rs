//! JWK Set cache on tokio and reqwest: the adapter of jwks-core for that runtime.

//! JWK Set cache on async-std and surf: the adapter of jwks-core for that runtime.

//! What of jwks-core's `cache` holds atomics.

#![expect(dead_code, unreachable_pub, reason = "the models use a part of it")]

#[path = "../../../../jwks-core/src/cache/mark.rs"]
pub(crate) mod mark;
#[path = "../../../../jwks-core/src/cache/meter.rs"]
pub(crate) mod meter;
pub(crate) mod misses;
#[path = "../../../../jwks-core/src/cache/room/mod.rs"]
pub(crate) mod room;
pub(crate) mod sync;
#[path = "../../../../jwks-core/src/cache/wake.rs"]
pub(crate) mod wake;

/// Stands in for the error that a caller who waits is told.
#[derive(Debug)]
pub(crate) struct Error;

#[cfg(test)]
impl Error {
    pub(crate) fn stopped(_never_run: bool) -> Self {
        Self
    }
}

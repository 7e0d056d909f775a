//! What of jwks-core's `verify` holds atomics.

#[path = "../../../jwks-core/src/verify/memo/table.rs"]
pub(crate) mod table;

//! The audit finds nothing in a guard that is right, and each fault that is planted in it.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod answers;
mod grpc;
mod guard;
mod planted;
mod sockets;

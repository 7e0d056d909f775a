//! The audit finds nothing in a guard that is right, and each fault that is planted in it.

mod answers;
mod grpc;
mod guard;
mod planted;
mod sockets;

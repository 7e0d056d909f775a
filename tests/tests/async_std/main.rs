//! What only jwks-async-std has: its client, and the end of its tasks.

mod addresses;
mod alb;
mod client;
mod connections;
mod end;
mod foreign;
mod headers;
mod network;
mod tls;
mod world;

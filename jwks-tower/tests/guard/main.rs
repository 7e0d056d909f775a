//! The guard as services use it: each case of the table, over a service in memory, a real axum
//! server and a real tonic server.

mod audited;
mod bodies;
mod cases;
mod checks;
mod cognito;
mod extractors;
mod in_memory;
mod needs;
mod over_axum;
mod over_tonic;
mod places;
mod service;
mod waiting;
mod world;

//! Issuers that a verifier learns of while it runs: what is known of each `iss`, when the service is
//! asked about it, and which issuers are kept.

mod desk;
mod limits;
mod refused;
#[cfg(test)]
mod tests;

//! The fake issuer does what its script says.

mod broken;
mod client;
mod outage;
mod record;
mod sound;

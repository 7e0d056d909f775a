//! Networks as they are: addresses where nobody answers, and hosts with several addresses.

mod background;
mod relay;
mod silent;

pub(crate) use background::Background;
pub use relay::Relay;
pub use silent::{Mute, Silent};

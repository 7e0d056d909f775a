//! Tokens that find no key: what readers know of them without a lock, and what the driver keeps.

mod memory;
mod notes;
mod standing;

pub(crate) use memory::Memory;
pub(crate) use notes::{Note, Notes};
pub(crate) use standing::{Standing, Terms};

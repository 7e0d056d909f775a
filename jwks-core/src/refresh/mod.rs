//! Floor 1: the refresh machine.

mod policy;

pub use policy::{Kidless, Policy, PolicyBuilder, PolicyError, Strategy};

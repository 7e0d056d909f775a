//! What was put into a machine, recorded and told again.
//!
//! A recorder keeps the last inputs of one machine in a fixed number of bytes, and a
//! [`Recording`] is what it gives out. Because the machine is a pure function of its inputs, a
//! replay takes the same decisions again.
//!
//! Most inputs change nothing: a driver's polls, uses, strangers' tokens while their budget is
//! spent. They are counted rather than kept, so that a flood does not push the
//! story out.

mod checkpoint;
mod compact;
mod entry;
mod episodes;
mod line;
mod operation;
mod recorder;
mod recording;
mod replay;
mod ring;
mod seconds;
mod tale;
#[cfg(test)]
mod tests;

pub(crate) use recorder::Recorder;

pub use line::Line;
pub use operation::{Operation, Outcome};
pub use recording::Recording;
pub use replay::{Parting, Replay};

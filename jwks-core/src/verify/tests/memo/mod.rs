//! A verifier with a memo of good signatures judges as one without.

mod any;
mod facts;
mod world;

//! The one tool a contributor needs.

fn main() {}

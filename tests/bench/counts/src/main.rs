//! How many instructions the parts of a validation take that are ours.
//!
//! `cargo xtask counts` runs it in callgrind: [`counted`] alone is counted, and each call of it is
//! one figure, in the order of the names that are printed. Keys, tokens and the time are the same in
//! every run, so the figures are too.

#[path = "../../../../jwks-core/benches/validation/claims.rs"]
mod claims;
mod guarded;
#[cfg(feature = "observed")]
mod observed;
mod subjects;
mod world;

use subjects::{Subject, subjects};

fn main() {
    #[cfg(feature = "observed")]
    observed::install();
    for (name, subject) in subjects() {
        // What is made once, by the first call, is not what is counted.
        warm(subject.as_ref());
        println!("{name}");
        counted(subject.as_ref());
    }
}

const TIMES: u32 = 100;

/// For `--toggle-collect` and `--dump-after`, by its name.
#[inline(never)]
fn counted(subject: &Subject) {
    for _ in 0..TIMES {
        subject();
    }
}

#[inline(never)]
fn warm(subject: &Subject) {
    for _ in 0..10 {
        subject();
    }
}

//! How much memory an input may cost.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// All that is allocated, freed or not, is at most so many bytes and so many more for each byte of
/// the input: what grows faster than the input breaks this, whatever the machine's speed. Counted for
/// the whole process; what is too much is counted again, since a test's harness may have run beside
/// it, or something was made that is made once.
pub(crate) fn bounded(data: &[u8], base: usize, each: usize, run: fn(&[u8])) {
    let most = base + each * data.len();
    let counted = || {
        let region = Region::new(ALLOCATOR);
        run(data);
        region.change().bytes_allocated
    };
    let mut bytes = counted();
    for _ in 0..2 {
        if bytes > most {
            bytes = counted();
        }
    }
    assert!(bytes <= most, "{bytes} bytes allocated for {}, at most {most}", data.len());
}

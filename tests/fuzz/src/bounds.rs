//! How much memory an input may cost.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// All that is allocated, freed or not, is at most so many bytes and so many more for each byte of
/// the input: what grows faster than the input breaks this, whatever the machine's speed. Counted for
/// the whole process: nothing may run beside it.
pub(crate) fn bounded(data: &[u8], base: usize, each: usize, run: fn(&[u8])) {
    let region = Region::new(ALLOCATOR);
    run(data);
    let bytes = region.change().bytes_allocated;
    let most = base + each * data.len();
    assert!(bytes <= most, "{bytes} bytes allocated for {}, at most {most}", data.len());
}

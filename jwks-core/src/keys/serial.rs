//! A number that names a parsed key for as long as it stays published.

use std::sync::atomic::{AtomicU64, Ordering};

/// Names one key that a cache holds, and no other key of this process.
///
/// A key keeps its serial while each publication is followed by one with the same key, which has
/// the same identity. If a publication lacks the key, and a later one has it again, the key gets a
/// new serial.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Serial(u64);

impl Serial {
    /// One that no key has had.
    pub(super) fn new() -> Self {
        /// Ordering: `Relaxed`; an addition takes each number once, and no data goes with it. It
        /// would take centuries to run out of numbers.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) const fn to_bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }
}

//! Notes from callers who do not wait.

use crate::cache::sync::{AtomicU64, Ordering};

/// A note to the driver that carries a generation; repeating it costs nobody anything.
///
/// Ordering: setting is a release and taking an acquire, so the driver that takes a note sees what
/// its writer had seen, such as a countdown that is spent. Only the note that changes the mark
/// raises the wake flag, after it (release); the driver takes marks after it has lowered the flag
/// (acquire). A note that finds its like there already raises nothing: the writer of that one does,
/// or has. The look before the swap is `Relaxed` and may see a note that is being taken this very
/// moment; then this note is as one made a moment earlier, and it carries nothing that the other
/// did not. What the driver does after the taking (a new snapshot, gate or refusal) is published
/// with a release, so a caller who acts on that sees the mark taken.
#[derive(Debug, Default)]
pub(crate) struct Mark(AtomicU64);

impl Mark {
    /// Marks; true if that is news.
    pub(crate) fn set(&self, generation: u64) -> bool {
        let mark = generation.saturating_add(1);
        self.0.load(Ordering::Relaxed) != mark && self.0.swap(mark, Ordering::Release) != mark
    }

    /// The generation marked, if any; unmarks.
    pub(crate) fn take(&self) -> Option<u64> {
        self.0.swap(0, Ordering::Acquire).checked_sub(1)
    }
}

//! The atomics and locks of the shared state. `tests/loom` puts loom's in their place.

use std::cell::Cell;

pub(crate) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering},
};

/// Between accesses to different numbers, all `SeqCst`: these need nothing more to be seen by
/// everybody in one order.
pub(crate) const fn in_order() {}

/// Which of so many shares this thread has: always the same, and as many threads have each.
pub(crate) fn own_share(of: usize) -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
    }
    let number = NUMBER.get().unwrap_or_else(|| {
        let number = THREADS.fetch_add(1, Ordering::Relaxed);
        NUMBER.set(Some(number));
        number
    });
    number.checked_rem(of).unwrap_or_default()
}

/// Locks, also after a panic elsewhere: every critical section here leaves its data whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

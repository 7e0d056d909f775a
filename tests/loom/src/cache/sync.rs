//! Stands in for jwks-core's `cache::sync`: the same names, loom's types.

pub(crate) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering},
};

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The models say which share a thread has.
pub(crate) const fn own_share(_of: usize) -> usize {
    0
}

/// What `SeqCst` means for accesses to different numbers. Loom takes it for less, but knows fences.
pub(crate) fn in_order() {
    loom::sync::atomic::fence(Ordering::SeqCst);
}

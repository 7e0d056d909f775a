//! A table of digests that many threads read and write without a lock.

use std::array;

use crate::cache::sync::{AtomicU64, Ordering};

/// What is kept of one fact: no more than can be compared. The words are those of a cryptographic
/// hash with a secret in it.
pub(crate) type Digest = [u64; 4];

/// A fixed number of digests. Newer ones take the places of older ones.
///
/// Each word is an atomic of its own. So a digest can be read while it is replaced, and two threads
/// can write to one place at once. Then the words are a mix of digests that were put. `holds` says
/// yes to a mix only for something that hashes to exactly these words, which is as unlikely as any
/// other collision of the hash. So the words need no version, lock or order. This holds only
/// because the whole fact is in the hash: a key beside the digest could be mixed with another
/// digest.
///
/// Ordering: `Relaxed`. A digest stands for a fact that stays true, and no other data depends on
/// it. A thread that does not see a digest yet checks the fact itself.
pub(crate) struct Table {
    buckets: Box<[Bucket]>,
}

/// Two cache lines, which processors fetch together: 32 bytes a place.
#[derive(Default)]
#[repr(align(128))]
pub(super) struct Bucket([Place; PLACES]);

/// A digest, but for two bits of its first word: [`TAKEN`] and [`USED`]. Zero: none.
#[derive(Default)]
struct Place([AtomicU64; 4]);

impl Table {
    /// Room for so many digests, rounded up to whole buckets.
    pub(crate) fn new(digests: usize) -> Self {
        let buckets = digests.div_ceil(PLACES).max(1);
        Self { buckets: (0..buckets).map(|_| Bucket::default()).collect() }
    }

    /// How many digests it has room for.
    pub(crate) fn room(&self) -> usize {
        self.buckets.len() * PLACES
    }

    /// Whether this digest was put and is still here. A digest that was asked for stays longer than
    /// one that was not.
    pub(crate) fn holds(&self, digest: &Digest) -> bool {
        let found = self.bucket(digest).and_then(|Bucket(places)| {
            places.iter().find(|place| place.has(digest)).map(Place::mark)
        });
        found.is_some()
    }

    /// Stores a digest: in the place that has it already, or else in a free one, or else in one
    /// that was not asked for lately. If all were, their marks are removed, and one of them is
    /// replaced.
    pub(crate) fn put(&self, digest: &Digest) {
        let Some(Bucket(places)) = self.bucket(digest) else { return };
        // Chosen by bits that strangers cannot know.
        let from = usize::from(digest[2].to_le_bytes()[0]);
        let in_turn = || array::from_fn::<_, PLACES, _>(|n| &places[(from + n) % PLACES]);
        let place = places.iter().find(|place| place.begins(digest));
        let place = place.or_else(|| places.iter().find(|place| place.first() == 0));
        let place = place.or_else(|| in_turn().into_iter().find(|place| place.first() & USED == 0));
        let place = place.unwrap_or_else(|| {
            places.iter().for_each(Place::unmark);
            in_turn()[0]
        });
        place.set(digest);
    }

    /// Where it is, if it is anywhere: there is always at least one bucket.
    fn bucket(&self, digest: &Digest) -> Option<&Bucket> {
        let part = u128::from(digest[3]) * self.buckets.len() as u128;
        self.buckets.get(usize::try_from(part >> 64).unwrap_or_default())
    }
}

impl Place {
    fn first(&self) -> u64 {
        self.0[0].load(Ordering::Relaxed)
    }

    fn begins(&self, digest: &Digest) -> bool {
        self.first() & !USED == first_of(digest)
    }

    fn has(&self, digest: &Digest) -> bool {
        let rest = self.0.iter().zip(digest).skip(1);
        self.begins(digest)
            && rest.fold(true, |same, (mine, its)| same & (mine.load(Ordering::Relaxed) == *its))
    }

    fn set(&self, digest: &Digest) {
        for (mine, its) in self.0.iter().zip(digest).skip(1) {
            mine.store(*its, Ordering::Relaxed);
        }
        // Not a store: loom does not order one after a `compare_exchange` that it overwrites.
        self.0[0].swap(first_of(digest), Ordering::Relaxed);
    }

    /// Writes only the first time, so that threads that ask for it again only read the cache line.
    fn mark(&self) {
        let first = self.first();
        if first & USED == 0 {
            // Not if another digest has come meanwhile.
            let marked = first | USED;
            let (done, failed) = (Ordering::Relaxed, Ordering::Relaxed);
            let _ = self.0[0].compare_exchange(first, marked, done, failed);
        }
    }

    fn unmark(&self) {
        self.0[0].fetch_and(!USED, Ordering::Relaxed);
    }
}

fn first_of(digest: &Digest) -> u64 {
    digest[0] & !USED | TAKEN
}

/// Digests that compete for the same places.
pub(super) const PLACES: usize = 4;

/// There is a digest here.
const TAKEN: u64 = 2;

/// It was asked for.
const USED: u64 = 1;

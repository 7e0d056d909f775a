//! The issuers that a verifier has now, found by one hash of a token's `iss`.
//!
//! A table does not change: another one takes its place as a whole, so a reader takes no lock and
//! sees the issuers of one moment. The rows lie in buckets of some thirty, by their hash. Another
//! table has the buckets of this one, but for those in which something changes: adding one issuer to
//! 10,000 copies some 300 pointers to buckets and one bucket of some thirty rows.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use super::Error;
use super::verifier::Configured;

#[derive(Debug)]
pub(super) struct Table {
    /// A power of two of them, by the lowest bits of the hash.
    buckets: Box<[Bucket]>,
    /// With a random key, because the `iss` of a token is untrusted input.
    hasher: RandomState,
    names: usize,
    issuers: usize,
    /// The only one, if there is one.
    only: Option<Arc<Configured>>,
    /// Whether it is another one than that of the start.
    has_changed: bool,
    /// A token of another issuer than the only one may be of an issuer that is not here yet.
    open: bool,
}

/// Ordered by hash.
type Bucket = Arc<[Row]>;

/// One `iss` of an issuer.
#[derive(Clone, Debug)]
struct Row {
    hash: u64,
    /// Which of the names it is.
    name: usize,
    issuer: Arc<Configured>,
}

impl Table {
    /// One without issuers.
    pub(super) fn new(open: bool) -> Self {
        let buckets = Box::new([Bucket::default()]);
        let hasher = RandomState::new();
        Self { buckets, hasher, names: 0, issuers: 0, only: None, has_changed: false, open }
    }

    /// The issuer whose tokens have this `iss`.
    pub(super) fn find(&self, iss: &str) -> Option<&Arc<Configured>> {
        let hash = self.hasher.hash_one(iss);
        let bucket = self.buckets.get(place(hash, self.buckets.len()))?;
        let from = bucket.partition_point(|row| row.hash < hash);
        let rows = bucket.get(from..)?.iter().take_while(|row| row.hash == hash);
        rows.map(|row| (row.issuer.names().nth(row.name), &row.issuer))
            .find_map(|(name, issuer)| (name == Some(iss)).then_some(issuer))
    }

    /// The one that every token is judged by, whatever its `iss`: if there is only one, and never was
    /// another.
    pub(super) fn always(&self) -> Option<&Arc<Configured>> {
        self.only.as_ref().filter(|_| !self.has_changed)
    }

    /// Why no issuer is called so.
    #[cold]
    pub(super) fn refusal(&self, iss: &str) -> Error {
        match &self.only {
            Some(only) => Error::wrong_issuer(only.expectations.issuer(), iss),
            None => Error::no_such_issuer(self.issuers),
        }
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.issuers
    }

    /// All of them, in the order in which they came.
    pub(super) fn all(&self) -> Vec<Arc<Configured>> {
        let rows = self.buckets.iter().flat_map(|bucket| bucket.iter());
        let mut all: Vec<_> =
            rows.filter(|row| row.name == 0).map(|row| Arc::clone(&row.issuer)).collect();
        all.sort_unstable_by_key(|issuer| issuer.number);
        all
    }

    /// That of the start, with these.
    pub(super) fn of(issuers: &[Arc<Configured>], open: bool) -> Self {
        Self { has_changed: false, ..Self::new(open).changed(&[], issuers) }
    }

    /// Another one, without these and with those. No two issuers have a name in common.
    pub(super) fn changed(&self, gone: &[Arc<Configured>], new: &[Arc<Configured>]) -> Self {
        let count = |issuers: &[Arc<Configured>]| {
            issuers.iter().map(|issuer| issuer.names().count()).sum::<usize>()
        };
        let names = (self.names + count(new)).saturating_sub(count(gone));
        let issuers = (self.issuers + new.len()).saturating_sub(gone.len());
        let mut buckets = self.in_buckets(names);
        let mut touched: BTreeMap<usize, Vec<Row>> = BTreeMap::new();
        let size = buckets.len();
        let mut edit = |hash, change: &mut dyn FnMut(&mut Vec<Row>)| {
            let at = place(hash, size);
            let bucket = || buckets.get(at).map(|bucket| bucket.to_vec()).unwrap_or_default();
            change(touched.entry(at).or_insert_with(bucket));
        };
        for issuer in gone {
            for name in issuer.names() {
                edit(self.hasher.hash_one(name), &mut |rows| {
                    rows.retain(|row| !Arc::ptr_eq(&row.issuer, issuer));
                });
            }
        }
        for issuer in new {
            for (at, name) in issuer.names().enumerate() {
                let hash = self.hasher.hash_one(name);
                let row = Row { hash, name: at, issuer: Arc::clone(issuer) };
                edit(hash, &mut |rows| {
                    rows.insert(rows.partition_point(|row| row.hash < hash), row.clone());
                });
            }
        }
        for (at, rows) in touched {
            if let Some(bucket) = buckets.get_mut(at) {
                *bucket = rows.into();
            }
        }
        let hasher = self.hasher.clone();
        let (buckets, open) = (buckets.into(), self.open);
        let mut table =
            Self { buckets, hasher, names, issuers, only: None, has_changed: true, open };
        if issuers == 1 && !open {
            table.only = table.all().pop();
        }
        table
    }

    /// The rows in as many buckets as so many names want.
    fn in_buckets(&self, names: usize) -> Vec<Bucket> {
        let now = self.buckets.len();
        // Neither at the same number, so that no issuer that comes and goes moves all rows.
        let fits = names <= now * MOST && (now == 1 || names * 4 > now * MOST / 2);
        if fits {
            return self.buckets.to_vec();
        }
        let size = names.div_ceil(MOST).next_power_of_two();
        let mut buckets = vec![Vec::new(); size];
        for row in self.buckets.iter().flat_map(|bucket| bucket.iter()) {
            if let Some(bucket) = buckets.get_mut(place(row.hash, size)) {
                bucket.push(row.clone());
            }
        }
        let sorted = |mut rows: Vec<Row>| {
            rows.sort_unstable_by_key(|row| row.hash);
            rows.into()
        };
        buckets.into_iter().map(sorted).collect()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "only the lowest bits are wanted")]
const fn place(hash: u64, buckets: usize) -> usize {
    hash as usize & buckets.wrapping_sub(1)
}

/// Rows in a bucket, on the average, before there are twice as many buckets.
const MOST: usize = 32;

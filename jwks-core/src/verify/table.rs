//! The issuers that a verifier has now, found by one hash of a token's `iss`.
//!
//! A table does not change: another one takes its place as a whole, so a reader takes no lock and
//! sees the issuers of one moment. The rows lie in buckets of some thirty, by their hash. Another
//! table has the buckets of this one, but for those in which something changes: adding one issuer to
//! 10,000 copies some 300 pointers to buckets and one bucket of some thirty rows.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use super::Error;
use super::templated::{Guid, Templated, before};
use super::verifier::Configured;

#[derive(Debug)]
pub(super) struct Table {
    /// A power of two of them, by the lowest bits of the hash.
    buckets: Box<[Bucket]>,
    /// With a random key, because the `iss` of a token is untrusted input.
    hasher: RandomState,
    names: usize,
    issuers: usize,
    /// Where the tenant begins in names that are templates, and in how many of them.
    places: BTreeMap<usize, usize>,
    /// How many of them are trust domains of SPIFFE.
    trust_domains: usize,
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
        let (names, issuers, trust_domains, places) = (0, 0, 0, BTreeMap::new());
        let (only, has_changed) = (None, false);
        Self { buckets, hasher, names, issuers, places, trust_domains, only, has_changed, open }
    }

    /// The issuer whose tokens have this `iss`.
    #[inline]
    pub(super) fn find(&self, iss: &str) -> Option<&Arc<Configured>> {
        let is = |row: &Row| row.issuer.names().nth(row.name) == Some(iss);
        let found = self.row(self.hasher.hash_one(iss), is);
        if found.is_none() && !self.places.is_empty() { self.find_tenant(iss) } else { found }
    }

    /// The issuer with a template that becomes this `iss`, whichever tenants it accepts. One look for
    /// each length of what stands before the tenant.
    fn find_tenant(&self, iss: &str) -> Option<&Arc<Configured>> {
        self.places.keys().find_map(|at| {
            let (before, tenant) = iss.split_at_checked(*at)?;
            tenant.get(..Guid::LEN).and_then(Guid::read)?;
            let fits = |row: &Row| {
                let templated = row.issuer.expectations.templated();
                templated.is_some_and(|templated| templated.fits(row.name, iss))
            };
            self.row(self.hasher.hash_one(before), fits)
        })
    }

    /// The issuer that was configured with this name, which may be a template.
    pub(super) fn named(&self, name: &str) -> Option<&Arc<Configured>> {
        let is = |row: &Row| row.issuer.names().nth(row.name) == Some(name);
        self.row(self.hasher.hash_one(before(name)), is)
    }

    #[inline]
    fn row(&self, hash: u64, is: impl Fn(&Row) -> bool) -> Option<&Arc<Configured>> {
        let bucket = self.buckets.get(place(hash, self.buckets.len()))?;
        let from = bucket.partition_point(|row| row.hash < hash);
        let mut rows = bucket.get(from..)?.iter().take_while(|row| row.hash == hash);
        rows.find(|row| is(row)).map(|row| &row.issuer)
    }

    /// The one that every token is judged by, whatever its `iss`: if there is only one, and never was
    /// another.
    pub(super) fn always(&self) -> Option<&Arc<Configured>> {
        self.only.as_ref().filter(|_| !self.has_changed)
    }

    /// The one that judges tokens without `iss`: the only one, if it accepts them.
    #[cold]
    pub(super) fn of_nameless(&self) -> Option<&Arc<Configured>> {
        self.only.as_ref().filter(|only| only.expectations.lenience().without_iss)
    }

    /// Why no issuer is called so.
    #[cold]
    pub(super) fn refusal(&self, iss: &str) -> Error {
        match &self.only {
            Some(only) => Error::wrong_issuer(only.expectations.issuer(), iss),
            None => Error::no_such_issuer(self.issuers),
        }
    }

    /// Whether a token may be known by its `sub`.
    pub(super) const fn has_trust_domains(&self) -> bool {
        self.trust_domains > 0
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
        let domains = |issuers: &[Arc<Configured>]| {
            issuers.iter().filter(|issuer| issuer.expectations.lenience().svid).count()
        };
        let trust_domains = (self.trust_domains + domains(new)).saturating_sub(domains(gone));
        let mut buckets = self.in_buckets(names);
        let mut touched: BTreeMap<usize, Vec<Row>> = BTreeMap::new();
        let size = buckets.len();
        let mut places = self.places.clone();
        for at in gone.iter().flat_map(|issuer| issuer.places()) {
            if let Entry::Occupied(mut count) = places.entry(at) {
                *count.get_mut() -= 1;
                if *count.get() == 0 {
                    count.remove();
                }
            }
        }
        for at in new.iter().flat_map(|issuer| issuer.places()) {
            *places.entry(at).or_default() += 1;
        }
        let mut edit = |hash, change: &mut dyn FnMut(&mut Vec<Row>)| {
            let at = place(hash, size);
            let bucket = || buckets.get(at).map(|bucket| bucket.to_vec()).unwrap_or_default();
            change(touched.entry(at).or_insert_with(bucket));
        };
        for issuer in gone {
            for name in issuer.names() {
                edit(self.hasher.hash_one(before(name)), &mut |rows| {
                    rows.retain(|row| !Arc::ptr_eq(&row.issuer, issuer));
                });
            }
        }
        for issuer in new {
            for (at, name) in issuer.names().enumerate() {
                let hash = self.hasher.hash_one(before(name));
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
        let (only, has_changed) = (None, true);
        let mut table = Self {
            buckets,
            hasher,
            names,
            issuers,
            places,
            trust_domains,
            only,
            has_changed,
            open,
        };
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

impl Configured {
    /// Where the tenant begins in those of its names that are templates.
    fn places(&self) -> impl Iterator<Item = usize> {
        self.expectations.templated().into_iter().flat_map(Templated::places)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "only the lowest bits are wanted")]
const fn place(hash: u64, buckets: usize) -> usize {
    hash as usize & buckets.wrapping_sub(1)
}

/// Rows in a bucket, on the average, before there are twice as many buckets.
const MOST: usize = 32;

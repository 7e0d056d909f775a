//! The issuers that the resolver knows, as they stand in the verifier's table.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::Tenancy;
use super::desk::{Id, Iss};
use super::resolver::Resolver;
use super::seats::Seats;
use crate::cache::sync::lock;
use crate::cache::{Basis, Driver, Fate, KeyCache, Turns};
use crate::refresh::throttle::Bounds;
use crate::verify::issuer::Resolved;
use crate::verify::verifier::{Configured, Inner};

pub(super) struct Book {
    /// The cache of each issuer, by the service's name for it.
    caches: BTreeMap<Id, (KeyCache, Basis)>,
    /// What was said yes to.
    rows: BTreeMap<Iss, Row>,
    turns: Arc<Turns>,
    seats: Arc<Seats>,
}

/// One `iss`. Several can share a cache.
struct Row {
    id: Id,
    issuer: Arc<Configured>,
    /// Whether it is in the table. If not, it is at rest: the service is asked before it serves.
    serves: bool,
}

impl Book {
    pub(super) fn new(resolver: &Resolver, seats: &Arc<Seats>) -> Self {
        let limits = resolver.limits;
        let bounds = Bounds {
            per_second: limits.fetches_per_second,
            loads_per_second: limits.loads_per_second,
            loads: limits.loads,
            per_host: limits.fetches_per_host,
        };
        Self {
            caches: BTreeMap::new(),
            rows: BTreeMap::new(),
            turns: Arc::new(Turns::new(bounds)),
            seats: Arc::clone(seats),
        }
    }

    /// Those whose tokens were accepted since the last call.
    pub(super) fn take_uses(&self) -> Vec<Iss> {
        let used = |row: &Row| row.issuer.tenancy.as_ref().is_some_and(Tenancy::take_use);
        self.rows.iter().filter(|(_, row)| used(row)).map(|(iss, _)| *iss).collect()
    }

    /// Whether the keys of this issuer cannot be had.
    pub(super) fn is_failed(&self, id: &Id) -> bool {
        self.caches.get(id).is_none_or(|(cache, _)| !cache.holds_keys())
    }

    /// The `iss` itself, as the service has given it.
    pub(super) fn text(&self, iss: Iss) -> Option<String> {
        self.rows.get(&iss).map(|row| row.issuer.expectations.issuer().to_owned())
    }

    /// The service has said yes: from now on the issuer serves, as it says.
    pub(super) fn admit(&mut self, inner: &Inner, iss: Iss, id: &Id, resolved: Resolved) {
        let limits = inner.door.as_ref().map(|door| door.resolver.limits);
        let (builder, mut rest) = resolved.split();
        let builder = builder.in_turns(&self.turns).with_policy(|policy| match limits {
            Some(limits) => policy.bounded(limits.pause_unused, limits.waiting_for_one),
            None => policy,
        });
        // One that cannot be reached does not make the verifier ill.
        rest.required = false;
        let mut drivers: Vec<Driver> = Vec::new();
        let mut farewell = None;
        let mut writer = lock(&inner.writer);
        let before = self.caches.get(id).cloned();
        // Several `iss` can share it. It keeps the name of the first.
        let builder = match &before {
            Some((_, basis)) => builder.shared_with(basis),
            None => builder,
        };
        rest.basis = builder.basis();
        let fate = before.as_ref().map(|(cache, basis)| builder.fate_of(cache, basis));
        let cache = match (before, fate) {
            (Some((cache, basis)), Some(Fate::Kept)) => {
                rest.basis = basis;
                cache
            }
            (before, fate) => {
                let keeps = before.as_ref().filter(|_| fate == Some(Fate::Renewed));
                let builder = match keeps {
                    Some((old, _)) => builder.after(old),
                    None => builder,
                };
                let (cache, driver) = builder.assemble_later(&mut writer.env);
                drivers.push(driver);
                if let Some((old, _)) = &before {
                    farewell = Some(old.withdraw());
                    cache.deny_like(old);
                }
                self.caches.insert(Arc::clone(id), (cache.clone(), rest.basis.clone()));
                cache
            }
        };
        let (mut gone, mut new) = (Vec::new(), Vec::new());
        if fate != Some(Fate::Kept) {
            // The others who share it go on with the new one.
            for (_, row) in
                self.rows.iter_mut().filter(|(other, row)| **other != iss && row.id == *id)
            {
                let other = &row.issuer;
                let moved = Configured {
                    cache: cache.clone(),
                    checks: other.checks.clone(),
                    expectations: other.expectations.clone(),
                    headers: crate::verify::known::Headers::default(),
                    memo: other.memo.clone(),
                    without_kid: other.without_kid,
                    required: false,
                    awaited: false,
                    basis: rest.basis.clone(),
                    number: other.number,
                    tenancy: Some(Tenancy::new(&self.seats)),
                };
                let moved = Arc::new(moved);
                let old = std::mem::replace(&mut row.issuer, Arc::clone(&moved));
                if row.serves {
                    gone.push(old);
                    new.push(moved);
                }
            }
        }
        let number = writer.next_number();
        let mut issuer = inner.configure(rest, cache, number, false);
        issuer.tenancy = Some(Tenancy::new(&self.seats));
        let issuer = Arc::new(issuer);
        let row = Row { id: Arc::clone(id), issuer: Arc::clone(&issuer), serves: true };
        if let Some(old) = self.rows.insert(iss, row).filter(|old| old.serves) {
            gone.push(old.issuer);
        }
        new.push(issuer);
        change(inner, &gone, &new);
        drop(writer);
        inner.hand_over(drivers);
        drop(farewell);
    }

    /// An earlier yes counts once more.
    pub(super) fn restore(&mut self, inner: &Inner, iss: Iss) {
        let Some(row) = self.rows.get_mut(&iss).filter(|row| !row.serves) else { return };
        row.serves = true;
        let _writer = lock(&inner.writer);
        change(inner, &[], &[Arc::clone(&row.issuer)]);
    }

    /// It does not serve now. `for_good`: its yes is void too.
    pub(super) fn withdraw(&mut self, inner: &Inner, iss: Iss, for_good: bool) {
        let Some(row) = self.rows.get_mut(&iss) else { return };
        if std::mem::replace(&mut row.serves, false) {
            let _writer = lock(&inner.writer);
            change(inner, &[Arc::clone(&row.issuer)], &[]);
        }
        if for_good {
            self.rows.remove(&iss);
        }
    }

    /// The issuer goes, and with it every `iss` of it.
    pub(super) fn evict(&mut self, inner: &Inner, id: &Id) {
        let writer = lock(&inner.writer);
        let rows = std::mem::take(&mut self.rows);
        let (gone, rest): (BTreeMap<_, _>, _) =
            rows.into_iter().partition(|(_, row)| row.id == *id);
        self.rows = rest;
        let gone: Vec<_> =
            gone.into_values().filter(|row| row.serves).map(|row| row.issuer).collect();
        change(inner, &gone, &[]);
        let farewell = self.caches.remove(id).map(|(cache, _)| cache.withdraw());
        drop(writer);
        drop(farewell);
    }
}

/// Takes these out of the table and puts those in. The caller holds the writer's lock. An issuer
/// that somebody has added by hand under the same `iss` stays.
fn change(inner: &Inner, gone: &[Arc<Configured>], new: &[Arc<Configured>]) {
    let table = inner.table.load_full();
    let there = |issuer: &&Arc<Configured>| {
        let found = table.named(issuer.expectations.issuer());
        found.is_some_and(|found| Arc::ptr_eq(found, issuer))
    };
    let gone: Vec<_> = gone.iter().filter(there).cloned().collect();
    let taken = |issuer: &&Arc<Configured>| {
        let found = table.named(issuer.expectations.issuer());
        found.is_some_and(|found| !gone.iter().any(|gone| Arc::ptr_eq(gone, found)))
    };
    let new: Vec<_> = new.iter().filter(|issuer| !taken(issuer)).cloned().collect();
    if !gone.is_empty() || !new.is_empty() {
        inner.table.store(Arc::new(table.changed(&gone, &new)));
    }
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Book").field("issuers", &self.caches.len()).finish_non_exhaustive()
    }
}

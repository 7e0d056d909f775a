//! The issuers of a verifier, changed while it runs.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::builder::check_names;
use super::issuer::{Issuer, IssuerError, Resolved};
use super::table::Table;
use super::verifier::{Configured, Inner};
use super::{Verifier, VerifierSettings};
use crate::cache::sync::lock;
use crate::cache::{Driver, Env, Fate, KeyCache};

/// Adds issuers to a verifier that runs, changes them and takes them out. Create it with
/// [`Verifier::issuers`].
///
/// Every change is for all clones of the verifier and all [calls](super::Call), and is complete when
/// the method returns. A change that fails changes nothing. Validations never wait for a change, and
/// see the issuers as they are before it or after it. Changes by several threads come one after the
/// other.
///
/// The adapter that has started the verifier runs the drivers of the issuers that come, and ends
/// those of the issuers that go.
///
/// ```
/// use jwks_core::verify::{Issuer, IssuerError, Verifier, VerifierSettings};
///
/// fn on_new_tenant(verifier: &Verifier, name: &str) -> Result<(), IssuerError> {
///     let iss = format!("https://{name}.id.example.com");
///     verifier.issuers().add(Issuer::new(iss).discover().audience("my-api").label(name))
/// }
///
/// fn on_reload(verifier: &Verifier, file: VerifierSettings) -> Result<(), IssuerError> {
///     let changes = verifier.issuers().apply(file)?; // all or nothing
///     println!("issuers: {changes}");
///     Ok(())
/// }
/// ```
///
/// # When an issuer goes
///
/// When [`remove`](Self::remove) returns, no token of the issuer is accepted any more. Callers who
/// wait for its keys are told so at once: their tokens are [`ErrorKind::WrongIssuer`]. Its fetch is
/// dropped, and its driver ends, with the event [`EventKind::Withdrawn`]. What its metrics say of
/// the present is zero. A [`KeyCache`] of it that somebody holds has no keys any more, and returns
/// [`ErrorKind::Withdrawn`](crate::cache::ErrorKind::Withdrawn). A validation that had its keys at
/// hand when you called `remove` may still succeed.
///
/// # When an issuer changes
///
/// [`set`](Self::set) and [`apply`](Self::apply) compare the new settings with those in force.
///
/// - Whatever tokens must be like (audience, leeway, types, checks, and the like) counts from the
///   next validation. Keys and driver stay.
/// - Another [`policy`](Issuer::policy), [`label`](Issuer::label) or [`recorder`](Issuer::recorder),
///   an algorithm that was not allowed before, or another function that makes headers, takes a new
///   driver. It starts with the keys that
///   are held.
/// - Keys that come from elsewhere (another URL, or another way to find it) are other keys: those
///   that are held are dropped at once, and callers wait for the new ones.
/// - Kids that were [denied](KeyCache::deny_kid) stay denied.
///
/// Functions cannot be compared. A [`check`](Issuer::check) of the new settings takes the place of
/// the old one. An [`observer`](Issuer::observer) does so only where a new driver is needed, and so
/// do keys to [start with](Issuer::hydrate).
///
/// # Readiness
///
/// [`Verifier::ready`] is about the issuers of the start. A tenant that comes later, and whose keys
/// cannot be fetched, does not take the process out of the load balancer. To wait for its keys, use
/// [`KeyCache::ready`] of its [`Verifier::cache`].
///
/// A handle counts as a clone of the verifier: as long as it lives, the drivers run.
///
/// [`ErrorKind::WrongIssuer`]: super::ErrorKind::WrongIssuer
/// [`EventKind::Withdrawn`]: crate::cache::EventKind::Withdrawn
#[derive(Clone, Debug)]
pub struct Issuers(Arc<Inner>);

/// What has changed, by the `iss` of each issuer. Its `Display` is one line of numbers for a log.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Changes {
    /// New issuers.
    pub added: Vec<String>,
    /// Issuers with other settings, whose keys are kept.
    pub changed: Vec<String>,
    /// Issuers whose keys come from elsewhere now: those that were held are dropped.
    pub moved: Vec<String>,
    /// Issuers that are gone.
    pub withdrawn: Vec<String>,
    /// How many are as they were.
    pub unchanged: usize,
}

/// What those who change the table share.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) env: Env,
    /// How many issuers have come.
    came: u64,
}

/// What becomes of the issuers that are not named.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Others {
    /// They stay, and those that are named are new.
    AllNew,
    Stay,
    Withdrawn,
}

impl Verifier {
    /// Adds issuers while the verifier runs, changes them and takes them out.
    #[must_use]
    pub fn issuers(&self) -> Issuers {
        Issuers(Arc::clone(&self.0))
    }
}

impl Issuers {
    /// Adds an issuer. Its keys are fetched at once, unless its policy fetches on demand. Tokens
    /// wait for them as they do at a start.
    ///
    /// # Errors
    ///
    /// Fails if the issuer cannot work as configured, or if an issuer with one of its `iss` is
    /// there already.
    pub fn add(&self, issuer: Issuer) -> Result<(), IssuerError> {
        self.0.change(vec![issuer.resolve()?], Others::AllNew).map(drop)
    }

    /// Adds an issuer, or changes the one with this `iss`: see [what
    /// stays](Self#when-an-issuer-changes).
    ///
    /// # Errors
    ///
    /// Fails if the issuer cannot work as configured, or if [another `iss`](Issuer::also) of it is
    /// that of another issuer.
    pub fn set(&self, issuer: Issuer) -> Result<Changes, IssuerError> {
        self.0.change(vec![issuer.resolve()?], Others::Stay)
    }

    /// Takes out the issuer with this `iss`, which may be any of those that [it
    /// has](Issuer::also). False if there is none. See [what it means](Self#when-an-issuer-goes).
    pub fn remove(&self, iss: &str) -> bool {
        self.0.remove(iss)
    }

    /// Makes these the issuers of the verifier, and no others: adds, changes and takes out what
    /// differs. Give all issuers, as a `Vec` of [`Issuer`]s or as settings that were read again.
    ///
    /// If one of them cannot work, nothing changes.
    ///
    /// # Errors
    ///
    /// Fails if an issuer cannot work as configured or is configured twice; if there is none, and
    /// the verifier [must have one](super::VerifierBuilder::may_be_empty); and if the settings have
    /// another `max_token_len` or `remember_signatures` than the verifier, which only a start can
    /// change.
    pub fn apply(&self, all: impl Into<VerifierSettings>) -> Result<Changes, IssuerError> {
        let settings = all.into();
        self.0.check_fixed(settings.fixed())?;
        let issuers = settings.into_issuers();
        if issuers.is_empty() && !self.0.may_be_empty {
            return Err(IssuerError::none());
        }
        let resolved: Result<Vec<_>, _> = issuers.into_iter().map(Issuer::resolve).collect();
        self.0.change(resolved?, Others::Withdrawn)
    }

    /// How many issuers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.table().len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether tokens with this `iss` are accepted.
    #[must_use]
    pub fn contains(&self, iss: &str) -> bool {
        let table = self.0.table();
        table.find(iss).is_some_and(|issuer| match issuer.expectations.templated() {
            None => true,
            Some(templated) => templated.accepted(iss).is_some(),
        })
    }
}

impl Writer {
    pub(super) const fn new(env: Env) -> Self {
        Self { env, came: 0 }
    }

    pub(super) fn next_number(&mut self) -> u64 {
        self.came += 1;
        self.came
    }
}

impl Inner {
    /// Sets the issuers of the start, which are in good order.
    pub(super) fn start(&self, issuers: Vec<Resolved>) {
        let mut writer = lock(&self.writer);
        let configure = |resolved: Resolved| {
            let (cache, rest) = resolved.split();
            let (cache, driver) = cache.assemble(&mut writer.env);
            self.drivers.add(driver);
            let (number, awaited) = (writer.next_number(), rest.required);
            Arc::new(self.configure(rest, cache, number, awaited))
        };
        let issuers: Vec<_> = issuers.into_iter().map(configure).collect();
        self.table.store(Arc::new(Table::of(&issuers, self.door.is_some())));
    }

    fn check_fixed(&self, given: (Option<usize>, Option<usize>)) -> Result<(), IssuerError> {
        let fixed = [
            ("max_token_len", given.0, self.max_token),
            ("remember_signatures", given.1, self.memo.1),
        ];
        let differs = |(name, given, ours): (_, Option<usize>, _)| {
            let given = given.filter(|given| *given != ours)?;
            Some(IssuerError::fixed(name, given, ours))
        };
        fixed.into_iter().find_map(differs).map_or(Ok(()), Err)
    }

    fn remove(&self, iss: &str) -> bool {
        let writer = lock(&self.writer);
        let table = self.table.load_full();
        let Some(gone) = table.named(iss).cloned() else { return false };
        self.table.store(Arc::new(table.changed(&[Arc::clone(&gone)], &[])));
        // Another `iss` may share the cache of one that the resolver knows.
        let tenancy = gone.tenancy.is_some();
        let farewell = (!tenancy).then(|| gone.cache.withdraw());
        drop(writer);
        drop(farewell);
        if let Some(door) = self.door.as_ref().filter(|_| tenancy) {
            door.give_up(iss);
        }
        true
    }

    fn change(&self, wanted: Vec<Resolved>, others: Others) -> Result<Changes, IssuerError> {
        check_names(&wanted)?;
        let mut writer = lock(&self.writer);
        let table = self.table.load_full();
        let mut steps = Vec::with_capacity(wanted.len());
        for resolved in wanted {
            let iss = resolved.expectations.issuer();
            let before = table.named(iss).filter(|it| it.expectations.issuer() == iss).cloned();
            let taken = |name: &&str| match (table.named(name), others) {
                (None, _) | (_, Others::Withdrawn) => false,
                (Some(_), Others::AllNew) => true,
                (Some(other), Others::Stay) => {
                    before.as_ref().is_none_or(|before| !Arc::ptr_eq(before, other))
                }
            };
            if let Some(name) = resolved.expectations.issuers().find(taken) {
                return Err(match others {
                    Others::AllNew => IssuerError::already(name),
                    Others::Stay | Others::Withdrawn => IssuerError::duplicate(name),
                });
            }
            steps.push((resolved, before));
        }
        // Nothing fails from here on.
        let mut round = Round::default();
        if others == Others::Withdrawn {
            let named: HashSet<_> =
                steps.iter().filter_map(|(_, before)| Some(before.as_ref()?.number)).collect();
            let all = table.all().into_iter();
            // Those that the resolver knows are its own.
            let others = all.filter(|it| it.tenancy.is_none());
            others.filter(|it| !named.contains(&it.number)).for_each(|it| round.withdraw(it));
        }
        for (resolved, before) in steps {
            self.step(&mut round, &mut writer, resolved, before);
        }
        let Round { changes, gone, new, ended, drivers } = round;
        if !gone.is_empty() || !new.is_empty() {
            self.table.store(Arc::new(table.changed(&gone, &new)));
        }
        let end = |(old, new): (KeyCache, Option<KeyCache>)| {
            let farewell = old.withdraw();
            if let Some(new) = new {
                new.deny_like(&old);
            }
            farewell
        };
        let farewells: Vec<_> = ended.into_iter().map(end).collect();
        drop(writer);
        self.hand_over(drivers);
        drop(farewells);
        Ok(changes)
    }

    /// Gives the drivers of new caches to the adapter. Not under the writer's lock: wakers and
    /// observers are foreign code.
    pub(super) fn hand_over(&self, drivers: Vec<Driver>) {
        for mut driver in drivers {
            driver.take_at_hand();
            self.drivers.add(driver);
        }
    }

    /// What becomes of one issuer.
    fn step(
        &self,
        round: &mut Round,
        writer: &mut Writer,
        resolved: Resolved,
        before: Option<Arc<Configured>>,
    ) {
        let (cache, mut rest) = resolved.split();
        let iss = rest.expectations.issuer().to_owned();
        let Some(before) = before else {
            let (cache, driver) = cache.assemble_later(&mut writer.env);
            round.drivers.push(driver);
            let number = writer.next_number();
            round.new.push(Arc::new(self.configure(rest, cache, number, false)));
            round.changes.added.push(iss);
            return;
        };
        let fate = cache.fate_of(&before.cache, &before.basis);
        let same = before.expectations == rest.expectations && before.required == rest.required;
        let nothing_else = before.checks.is_empty() && rest.checks.is_empty();
        match fate {
            Fate::Kept if same => round.changes.unchanged += 1,
            Fate::Kept | Fate::Renewed => round.changes.changed.push(iss),
            Fate::Dropped => round.changes.moved.push(iss),
        }
        if fate == Fate::Kept && same && nothing_else {
            return;
        }
        // An issuer that was ready once stays ready.
        let awaited = before.awaited && rest.required && !before.cache.has_held();
        let cache = if fate == Fate::Kept {
            rest.basis = before.basis.clone();
            before.cache.clone()
        } else {
            let cache = if fate == Fate::Renewed { cache.after(&before.cache) } else { cache };
            let (cache, driver) = cache.assemble_later(&mut writer.env);
            round.drivers.push(driver);
            round.ended.push((before.cache.clone(), Some(cache.clone())));
            cache
        };
        round.new.push(Arc::new(self.configure(rest, cache, before.number, awaited)));
        round.gone.push(before);
    }
}

/// One change of the table, as it is put together.
#[derive(Default)]
struct Round {
    changes: Changes,
    /// Out of the table.
    gone: Vec<Arc<Configured>>,
    new: Vec<Arc<Configured>>,
    /// Caches that end, and what takes their place.
    ended: Vec<(KeyCache, Option<KeyCache>)>,
    drivers: Vec<Driver>,
}

impl Round {
    fn withdraw(&mut self, issuer: Arc<Configured>) {
        self.changes.withdrawn.push(issuer.expectations.issuer().to_owned());
        self.ended.push((issuer.cache.clone(), None));
        self.gone.push(issuer);
    }
}

impl Changes {
    /// Whether nothing has changed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.changed.is_empty()
            && self.moved.is_empty()
            && self.withdrawn.is_empty()
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { added, changed, moved, withdrawn, unchanged } = self;
        write!(f, "{} added, {} changed, ", added.len(), changed.len())?;
        write!(f, "{} moved, {} withdrawn, {unchanged} unchanged", moved.len(), withdrawn.len())
    }
}

//! Handles of metrics: looked up once, by name and labels, and then only added to.

use std::sync::Arc;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder, with_recorder};

use super::super::{About, labels, words};
use super::{count, names};
use crate::cache::sync::{Mutex, lock};

/// Handles by a label's value.
struct By<T>(Vec<(&'static str, T)>);

pub(super) struct Handles {
    fetches: By<By<Counter>>,
    fetch_errors: By<Counter>,
    fetch_duration: By<Histogram>,
    wait_duration: By<Histogram>,
    unknown_kids: By<Counter>,
    key_changes: By<Counter>,
    states: By<Gauge>,
    /// Held while gauges are written: an issuer that is gone writes none, for another one of its
    /// label may have come.
    state: Mutex<State>,
    /// None for an issuer that shares its label with others: what is one issuer's adds up to nothing.
    gauges: Option<Gauges>,
    validations: Validations,
}

#[derive(Debug, Default)]
struct State {
    /// The one that is counted.
    counted: Option<&'static str>,
    gone: bool,
}

pub(super) struct Gauges {
    pub(super) keys: Gauge,
    pub(super) confirmed: Gauge,
    changed: Gauge,
    pub(super) trust_end: Gauge,
    pub(super) next_fetch: Gauge,
    pub(super) failures: Gauge,
    pub(super) waiting: Gauge,
    pub(super) running: Gauge,
    pub(super) lifetime: Gauge,
    /// By the reasons that were seen.
    skipped: Mutex<Vec<(&'static str, Gauge)>>,
    issuer: Arc<str>,
}

/// The handles of validations, in the order of the results.
#[derive(Debug)]
pub(crate) struct Validations {
    results: Box<[Counter]>,
    /// By what the caller can do: nothing is wrong, the token is refused, no keys could be had.
    durations: Option<[Histogram; 3]>,
}

/// Takes the handles of this cache. `None`: no recorder is installed.
pub(super) fn take(label: &Arc<str>, about: About) -> Option<Handles> {
    with_recorder(|recorder| {
        if !is_installed(recorder) {
            return None;
        }
        names::describe(recorder);
        let build = [
            Label::from_static_parts("version", env!("CARGO_PKG_VERSION")),
            Label::from_static_parts("adapter", about.adapter),
            Label::from_static_parts("backend", BACKEND),
        ];
        gauge(recorder, names::BUILD_INFO, build.to_vec()).set(1.0);
        if !about.results.is_empty() {
            // For tokens of no issuer.
            let _zero = Validations::take(recorder, labels::NONE, about);
        }
        Some(Handles::take(recorder, &labels::of(label), about))
    })
}

impl Validations {
    /// For tokens of no issuer. `None`: no recorder is installed.
    pub(crate) fn of_no_issuer(about: About) -> Option<Self> {
        let take = |recorder: &dyn Recorder| Self::take(recorder, labels::NONE, about);
        with_recorder(|recorder| is_installed(recorder).then(|| take(recorder)))
    }

    /// A validation has ended so: one atomic addition.
    #[inline]
    pub(crate) fn count(&self, result: usize) {
        if let Some(counter) = self.results.get(result) {
            counter.increment(1);
        }
    }

    /// `class`: 0 accepted, 1 refused, 2 unavailable.
    pub(crate) fn time(&self, class: usize, took: Duration) {
        if let Some(histogram) = self.durations.as_ref().and_then(|all| all.get(class)) {
            histogram.record(took.as_secs_f64());
        }
    }

    fn take(recorder: &dyn Recorder, issuer: &str, about: About) -> Self {
        let labels = |result| labels(issuer, &[("result", result)]);
        let results = about.results.iter();
        let results = results.map(|it| counter(recorder, names::VALIDATIONS, labels(it)));
        let durations = |name| CLASSES.map(|class| histogram(recorder, name, labels(class)));
        Self {
            results: results.collect(),
            durations: about.timed.then(|| durations(names::VALIDATION_DURATION)),
        }
    }
}

impl Handles {
    fn take(recorder: &dyn Recorder, issuer: &Arc<str>, about: About) -> Self {
        let by = |name, label: &'static str, words| {
            By::of(words, |word| counter(recorder, name, labels(issuer, &[(label, word)])))
        };
        let timed =
            |name| move |word| histogram(recorder, name, labels(issuer, &[("outcome", word)]));
        let fetches = |reason| {
            By::of(words::OUTCOMES, |outcome| {
                let labels = labels(issuer, &[("reason", reason), ("outcome", outcome)]);
                counter(recorder, names::FETCHES, labels)
            })
        };
        let own = &**issuer != labels::OTHER;
        Self {
            fetches: By::of(words::REASONS, fetches),
            fetch_errors: by(names::FETCH_ERRORS, "error_type", words::ERROR_TYPES),
            fetch_duration: By::of(words::OUTCOMES, timed(names::FETCH_DURATION)),
            wait_duration: By::of(words::WAITS, timed(names::WAIT_DURATION)),
            unknown_kids: by(names::UNKNOWN_KIDS, "outcome", words::MISSES),
            key_changes: by(names::KEY_CHANGES, "change", words::CHANGES),
            states: By::of(words::STATES, |state| {
                gauge(recorder, names::FRESHNESS, labels(issuer, &[("state", state)]))
            }),
            state: Mutex::default(),
            gauges: own.then(|| Gauges::take(recorder, issuer)),
            validations: Validations::take(recorder, issuer, about),
        }
    }

    pub(super) fn fetched(&self, reason: &str, outcome: &str, took: Duration) {
        if let Some(counter) = self.fetches.get(reason).and_then(|by| by.get(outcome)) {
            counter.increment(1);
        }
        if let Some(histogram) = self.fetch_duration.get(outcome) {
            histogram.record(took.as_secs_f64());
        }
    }

    pub(super) fn fetch_failed(&self, error_type: &str) {
        if let Some(counter) = self.fetch_errors.get(error_type) {
            counter.increment(1);
        }
    }

    pub(super) fn changed(&self, at: f64) {
        let state = lock(&self.state);
        if let Some(gauges) = self.gauges.as_ref().filter(|_| !state.gone) {
            gauges.changed.set(at);
        }
    }

    pub(super) fn keys_changed(&self, counts: [usize; 3]) {
        for ((_, counter), keys) in self.key_changes.0.iter().zip(counts) {
            counter.increment(u64::try_from(keys).unwrap_or(u64::MAX));
        }
    }

    pub(super) fn missed(&self, outcome: &str) {
        if let Some(counter) = self.unknown_kids.get(outcome) {
            counter.increment(1);
        }
    }

    pub(super) fn waited(&self, outcome: &str, took: Duration) {
        if let Some(histogram) = self.wait_duration.get(outcome) {
            histogram.record(took.as_secs_f64());
        }
    }

    pub(super) const fn validations(&self) -> &Validations {
        &self.validations
    }

    pub(super) const fn gauges(&self) -> Option<&Gauges> {
        self.gauges.as_ref()
    }

    /// Counts it in this state. The other gauges may be written as long as what is given back is
    /// held; `None`: the issuer is gone.
    pub(super) fn state(&self, now: Option<&'static str>) -> Option<impl Drop> {
        let mut state = lock(&self.state);
        if state.gone {
            return None;
        }
        self.count(&mut state, now);
        Some(state)
    }

    /// The issuer is gone: the facade cannot delete its series.
    pub(super) fn leave(&self) {
        let mut state = lock(&self.state);
        if std::mem::replace(&mut state.gone, true) {
            return;
        }
        self.count(&mut state, None);
        if let Some(gauges) = &self.gauges {
            gauges.all().for_each(|gauge| gauge.set(0.0));
            gauges.skip([].into_iter());
        }
    }

    /// Added and taken away, so that of several issuers with one label each counts.
    fn count(&self, state: &mut State, now: Option<&'static str>) {
        let before = std::mem::replace(&mut state.counted, now);
        if before == now {
            return;
        }
        if let Some(gauge) = before.and_then(|state| self.states.get(state)) {
            gauge.decrement(1.0);
        }
        if let Some(gauge) = now.and_then(|state| self.states.get(state)) {
            gauge.increment(1.0);
        }
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Gauges {
    fn take(recorder: &dyn Recorder, issuer: &Arc<str>) -> Self {
        let of = |name| gauge(recorder, name, labels(issuer, &[]));
        let gauges = Self {
            keys: of(names::KEYS),
            confirmed: of(names::CONFIRMED),
            changed: of(names::CHANGED),
            trust_end: of(names::TRUST_END),
            next_fetch: of(names::NEXT_FETCH),
            failures: of(names::CONSECUTIVE_FAILURES),
            waiting: of(names::WAITING),
            running: of(names::DRIVER_RUNNING),
            lifetime: of(names::LIFETIME),
            skipped: Mutex::default(),
            issuer: Arc::clone(issuer),
        };
        gauges.all().for_each(|gauge| gauge.set(0.0));
        gauges
    }

    fn all(&self) -> impl Iterator<Item = &Gauge> {
        let Self { keys, confirmed, changed, trust_end, next_fetch, .. } = self;
        let Self { failures, waiting, running, lifetime, .. } = self;
        let all = [keys, confirmed, changed, trust_end, next_fetch];
        all.into_iter().chain([failures, waiting, running, lifetime])
    }

    /// How many keys are skipped, by the reason of each. A reason has a gauge once it was seen.
    pub(super) fn skip(&self, reasons: impl Iterator<Item = &'static str>) {
        let mut gauges = lock(&self.skipped);
        let mut counts = vec![0; gauges.len()];
        for reason in reasons {
            let place = gauges.iter().position(|(seen, _)| *seen == reason);
            let place = place.unwrap_or_else(|| {
                let labels = labels(&self.issuer, &[("reason", reason)]);
                let of = |recorder: &dyn Recorder| gauge(recorder, names::KEYS_SKIPPED, labels);
                gauges.push((reason, with_recorder(of)));
                counts.push(0);
                gauges.len() - 1
            });
            if let Some(keys) = counts.get_mut(place) {
                *keys += 1;
            }
        }
        for ((_, gauge), keys) in gauges.iter().zip(counts) {
            gauge.set(count(keys));
        }
    }
}

impl<T> By<T> {
    fn of(words: &'static [&'static str], make: impl Fn(&'static str) -> T) -> Self {
        Self(words.iter().map(|word| (*word, make(word))).collect())
    }

    fn get(&self, word: &str) -> Option<&T> {
        self.0.iter().find(|(of, _)| *of == word).map(|(_, it)| it)
    }
}

/// The recorder that stands in where none is installed has no size, and any that keeps something has
/// one.
fn is_installed(recorder: &dyn Recorder) -> bool {
    size_of_val(recorder) > 0
}

fn labels(issuer: &str, others: &[(&'static str, &'static str)]) -> Vec<Label> {
    let others = others.iter().map(|(name, value)| Label::from_static_parts(name, value));
    [Label::new("issuer", issuer.to_owned())].into_iter().chain(others).collect()
}

fn counter(recorder: &dyn Recorder, name: &'static str, labels: Vec<Label>) -> Counter {
    recorder.register_counter(&Key::from_parts(name, labels), &METADATA)
}

fn gauge(recorder: &dyn Recorder, name: &'static str, labels: Vec<Label>) -> Gauge {
    recorder.register_gauge(&Key::from_parts(name, labels), &METADATA)
}

fn histogram(recorder: &dyn Recorder, name: &'static str, labels: Vec<Label>) -> Histogram {
    recorder.register_histogram(&Key::from_parts(name, labels), &METADATA)
}

static METADATA: Metadata<'_> = Metadata::new("jwks", Level::INFO, Some("jwks"));

const CLASSES: [&str; 3] = ["ok", "refused", "unavailable"];

const BACKEND: &str = if cfg!(feature = "aws-lc") { "aws-lc" } else { "rust-crypto" };

impl std::fmt::Debug for Handles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handles").field("state", &self.state).finish_non_exhaustive()
    }
}

//! What those who run a service see without wiring anything: log lines and spans by the feature
//! `tracing`, metrics by the feature `metrics`. With both off, nothing here has a size or does
//! anything.

#[cfg(feature = "metrics")]
mod labels;
#[cfg(feature = "metrics")]
mod meters;
mod span;
#[cfg(feature = "tracing")]
mod trace;
#[cfg(any(feature = "metrics", feature = "tracing"))]
mod words;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::SystemTime;

use super::shared::Shared;
use super::{Error, EventKind};

#[cfg(feature = "metrics")]
pub(crate) use meters::Validations;
pub(crate) use span::Span;

/// Whether events are wanted although there is no observer.
pub(crate) const LISTENS: bool = cfg!(any(feature = "metrics", feature = "tracing"));

/// The driver's part.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    #[cfg(feature = "tracing")]
    lines: trace::Lines,
}

/// What readers and the driver of one cache share.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    #[cfg(feature = "metrics")]
    meters: meters::Meters,
}

/// What the metrics of a cache say of the process and its use.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct About {
    /// The adapter that runs the driver; empty if it has not said so.
    pub(crate) adapter: &'static str,
    /// The results of validations, if tokens are validated with the keys.
    #[cfg(feature = "metrics")]
    pub(crate) results: &'static [&'static str],
    /// Whether validations are timed.
    #[cfg(feature = "metrics")]
    pub(crate) timed: bool,
}

/// So many tokens were of issuers that are not accepted, since the last line of this kind.
pub(crate) fn refused_issuers(tokens: u64) {
    let _panicked = catch_unwind(AssertUnwindSafe(|| {
        #[cfg(feature = "tracing")]
        trace::refused_issuers(tokens);
    }));
    let _unused = tokens;
}

/// The resolver could not say so often since the last line of this kind, and why the last time.
pub(crate) fn resolver_failed(times: u64, why: &str) {
    let _panicked = catch_unwind(AssertUnwindSafe(|| {
        #[cfg(feature = "tracing")]
        trace::resolver_failed(times, why);
    }));
    let _unused = (times, why);
}

impl Watch {
    /// Something has happened. Logins depend on the driver, but must not depend on who listens to
    /// it: a panic is caught.
    pub(crate) fn event(&mut self, shared: &Shared, event: &EventKind, span: &Span) {
        let _panicked = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(feature = "tracing")]
            self.lines.write(&shared.label, event, span);
            #[cfg(feature = "metrics")]
            shared.observed.meters.event(shared, event);
        }));
        let _unused = (shared, event, span);
    }

    /// A poll of the driver ends, and its events have been told.
    pub(crate) fn round(&mut self, shared: &Shared) {
        let _panicked = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(feature = "metrics")]
            shared.observed.meters.gauges(shared);
        }));
        let _unused = shared;
    }

    /// A poll of the driver ends.
    pub(crate) fn polled(&mut self, shared: &Shared) {
        let _panicked = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(feature = "tracing")]
            self.lines.begin(&shared.label);
        }));
        let _unused = shared;
    }
}

impl Observed {
    #[cfg_attr(
        not(feature = "metrics"),
        expect(clippy::missing_const_for_fn, reason = "with the feature it cannot be")
    )]
    pub(crate) fn new(about: About) -> Self {
        #[cfg(feature = "metrics")]
        return Self { meters: meters::Meters::new(about) };
        #[cfg(not(feature = "metrics"))]
        {
            let _unused = about;
            Self {}
        }
    }

    /// A token named a kid that is not held, and this is what became of it. `crowded`: too many
    /// callers wait already.
    pub(crate) fn missed(&self, error: Option<&Error>, crowded: bool) {
        #[cfg(feature = "metrics")]
        self.meters.missed(error, crowded);
        let _unused = (error, crowded);
    }

    /// The issuer is given up: what is true of it alone is zero from now on.
    #[cfg_attr(
        not(feature = "metrics"),
        expect(
            clippy::missing_const_for_fn,
            clippy::unused_self,
            reason = "with the feature they are"
        )
    )]
    pub(crate) fn withdrawn(&self) {
        #[cfg(feature = "metrics")]
        self.meters.withdrawn();
    }

    /// A caller has waited from `began`.
    pub(crate) fn waited(
        &self,
        began: SystemTime,
        now: impl FnOnce() -> SystemTime,
        answered: bool,
    ) {
        #[cfg(feature = "metrics")]
        self.meters.waited(now().duration_since(began).unwrap_or_default(), answered);
        #[cfg(not(feature = "metrics"))]
        let _unused = (began, now, answered);
    }

    /// The handles for validations, once there are any.
    #[cfg(feature = "metrics")]
    pub(crate) fn validations(&self) -> Option<&Validations> {
        self.meters.validations()
    }
}

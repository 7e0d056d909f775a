//! Events as lines of the target `jwks`. The level says who wants to know: ERROR and WARN whoever is
//! on duty, INFO whoever reads the log of a good day, DEBUG whoever looks for something. A kid is
//! told at DEBUG alone.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use tracing::field::display;

use super::super::event::Instant;
use super::super::relaxation::Listed;
use super::super::{EventKind, FetchError, HydrateErrorKind};
use super::span::Span;
use super::words;
use crate::keys::KeyDiff;
use crate::keys::text::Chain;

/// What the lines of one cache remember.
#[derive(Debug, Default)]
pub(super) struct Lines {
    begun: bool,
    failing: bool,
    /// How often in a row something went wrong, by what.
    failures: HashMap<&'static str, u64>,
    discovery: u64,
    skipped: u64,
    warned: u64,
}

macro_rules! line {
    ($level:ident, $span:expr, $issuer:expr, { $($fields:tt)* }, $message:literal) => {
        tracing::$level!(target: "jwks", parent: $span.id(), { issuer = $issuer, $($fields)* }, $message)
    };
}

/// A warning, but for those that repeat it: they are told at DEBUG.
macro_rules! warning {
    ($times:expr, $span:expr, $issuer:expr, { $($fields:tt)* }, $message:literal) => {
        if is_told($times) {
            line!(warn, $span, $issuer, { repeated = $times, $($fields)* }, $message);
        } else {
            line!(debug, $span, $issuer, { repeated = $times, $($fields)* }, $message);
        }
    };
}

/// Without the `iss`, which any stranger can choose.
pub(super) fn refused_issuers(tokens: u64) {
    tracing::warn!(target: "jwks", tokens, "tokens refused: their issuers are not accepted");
}

/// `why` is escaped and short.
pub(super) fn resolver_failed(times: u64, why: &str) {
    tracing::warn!(target: "jwks", times, error = why, "the resolver could not say whose tokens they are");
}

impl Lines {
    pub(super) fn begin(&mut self, issuer: &str) {
        if !std::mem::replace(&mut self.begun, true) {
            line!(debug, Span::default(), issuer, {}, "driver started");
        }
    }

    pub(super) fn write(&mut self, issuer: &str, event: &EventKind, span: &Span) {
        span.end(event);
        let outcome = words::outcome(event);
        match event {
            EventKind::Added => line!(info, span, issuer, {}, "issuer added"),
            EventKind::DiscoveryFailed { error } => {
                self.discovery += 1;
                warning!(self.discovery, span, issuer, {
                    http.response.status_code = error.status(),
                    "error.type" = words::error_type(error.kind()),
                    error = %text(error),
                }, "discovery failed; going on with the known jwks_uri");
            }
            EventKind::Expired => {
                line!(
                    error,
                    span,
                    issuer,
                    {},
                    "keys expired: tokens are refused until a fetch succeeds"
                );
            }
            EventKind::Hint { hint } => {
                let setting = hint.setting();
                line!(info, span, issuer, { setting, hint = %hint }, "settings may cost more than meant");
            }
            EventKind::Hydrated { keys } => {
                line!(info, span, issuer, { keys }, "started with saved keys");
            }
            EventKind::HydrateRefused { error } => {
                // The text may name a key.
                let error = match error.kind() {
                    HydrateErrorKind::KeySet => "the policy does not allow the saved keys".into(),
                    _ => Chain(error).to_string(),
                };
                line!(warn, span, issuer, { error }, "started without the saved keys");
            }
            EventKind::Invalidated => line!(info, span, issuer, {}, "keys withdrawn by hand"),
            EventKind::KeyReplaced { key } => {
                line!(debug, span, issuer, { kid = %key }, "key has new material");
            }
            EventKind::KeySkipped { skipped } => {
                self.skipped += 1;
                let reason = words::skip(skipped.reason());
                warning!(self.skipped, span, issuer, { reason }, "key skipped");
                line!(debug, span, issuer, { kid = skipped.kid(), why = %skipped }, "key skipped");
            }
            EventKind::KidAllowed { kid } => {
                line!(info, span, issuer, {}, "kid allowed again by hand");
                line!(debug, span, issuer, { kid = &**kid }, "kid allowed again by hand");
            }
            EventKind::KidDenied { kid } => {
                line!(info, span, issuer, {}, "kid denied by hand");
                line!(debug, span, issuer, { kid = &**kid }, "kid denied by hand");
            }
            EventKind::Loaded { keys, reason, took } => {
                let (reason, duration) = (words::reason(*reason), seconds(*took));
                line!(info, span, issuer, { reason, outcome, keys, duration }, "keys loaded");
                self.succeeded();
            }
            EventKind::Recovered { failures, after } => {
                let after = seconds(*after);
                line!(info, span, issuer, { failures, after }, "recovered");
            }
            EventKind::RefreshCompleted { diff, reason, took, .. } => {
                let (reason, duration) = (words::reason(*reason), seconds(*took));
                completed(issuer, span, diff, (reason, outcome, duration));
                self.succeeded();
            }
            EventKind::RefreshFailed { failures, error, next_in, trust_until, reason, took } => {
                self.failing = true;
                let kind = words::error_type(error.kind());
                let times = self.failures.entry(kind).or_default();
                *times += 1;
                warning!(*times, span, issuer, {
                    reason = words::reason(*reason),
                    outcome,
                    http.response.status_code = error.status(),
                    "error.type" = kind,
                    error = %text(error),
                    failures,
                    duration = seconds(*took),
                    retry_in = next_in.map(seconds),
                    serves_until = until(*trust_until),
                }, "refresh failed");
            }
            EventKind::RefreshScheduled { after, reason } => {
                let (reason, after) = (words::reason(*reason), seconds(*after));
                line!(debug, span, issuer, { reason, after }, "refresh scheduled");
            }
            EventKind::RefreshStarted { conditional, reason } => {
                self.skipped = 0;
                let reason = words::reason(*reason);
                line!(debug, span, issuer, { reason, conditional }, "performing refresh");
            }
            EventKind::Relaxed { relaxations } => {
                let relaxations = Listed(relaxations).to_string();
                line!(info, span, issuer, { relaxations }, "relaxations allowed");
            }
            EventKind::ResponseOutlived => {
                line!(
                    debug,
                    span,
                    issuer,
                    {},
                    "a response came after its trust had ended: fetching again"
                );
            }
            // Without failures it is part of a good day: nobody has asked for a while, or uses were
            // spent before the next fetch may be made.
            EventKind::Stale { trust_until } if self.failing => {
                line!(warn, span, issuer, { serves_until = until(*trust_until) }, "keys stale");
            }
            EventKind::Stale { trust_until } => {
                line!(debug, span, issuer, { serves_until = until(*trust_until) }, "keys stale");
            }
            EventKind::Stopped => line!(info, span, issuer, {}, "driver stopped"),
            EventKind::TransportWarned { warning } => {
                self.warned += 1;
                warning!(
                    self.warned,
                    span,
                    issuer,
                    { warning = &**warning },
                    "warning of the adapter"
                );
            }
            EventKind::Withdrawn => line!(info, span, issuer, {}, "issuer withdrawn"),
            EventKind::UnknownKid { kid } => {
                line!(
                    debug,
                    span,
                    issuer,
                    { kid = kid.as_deref() },
                    "unknown kid: asking the issuer"
                );
            }
        }
    }

    fn succeeded(&mut self) {
        self.failing = false;
        self.discovery = 0;
        self.failures.clear();
    }
}

fn completed(
    issuer: &str,
    span: &Span,
    diff: &KeyDiff,
    (reason, outcome, duration): (&'static str, Option<&'static str>, f64),
) {
    let (added, removed) = (diff.added.len(), diff.removed.len());
    if !diff.replaced.is_empty() {
        let replaced = diff.replaced.len();
        line!(warn, span, issuer, { reason, replaced }, "keys replaced: new material under the same kid");
    }
    if diff.is_empty() {
        line!(debug, span, issuer, { reason, outcome, duration }, "refresh completed");
        return;
    }
    line!(info, span, issuer, { reason, outcome, added, removed, duration }, "refresh completed");
    let diff = display(diff);
    line!(debug, span, issuer, { diff }, "keys changed");
}

/// The error in one line. The name of a key in it is left out.
fn text(error: &FetchError) -> String {
    match error.key_set_error() {
        Some(refused) if !refused.skipped().is_empty() => {
            "the key set was refused: too few usable keys (setting `min_keys`)".to_owned()
        }
        _ => Chain(error).to_string(),
    }
}

fn until(trust_until: Option<SystemTime>) -> Option<tracing::field::DisplayValue<Instant>> {
    trust_until.map(|until| display(Instant(until)))
}

/// To the millisecond.
fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

/// The first, the tenth, and then each hundredth.
const fn is_told(times: u64) -> bool {
    times == 1 || times == 10 || times.is_multiple_of(100)
}

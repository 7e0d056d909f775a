//! The span of an attempt.

#[cfg(feature = "tracing")]
use super::super::EventKind;
use crate::refresh::Reason;

/// The span `jwks.fetch` of one attempt; none outside of attempts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Span {
    #[cfg(feature = "tracing")]
    inner: Option<tracing::Span>,
}

impl Span {
    /// An attempt begins. It belongs to the cache, not to the caller that may have caused it, so
    /// the span has no parent.
    pub(crate) fn of_attempt(label: &str, reason: Reason) -> Self {
        #[cfg(feature = "tracing")]
        {
            use tracing::field::Empty;
            let make = || {
                tracing::info_span!(
                    target: "jwks",
                    parent: None,
                    "jwks.fetch",
                    issuer = label,
                    reason = super::words::reason(reason),
                    outcome = Empty,
                    http.response.status_code = Empty,
                    "error.type" = Empty,
                )
            };
            // A subscriber that panics stops no fetch.
            let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(make));
            Self { inner: made.ok() }
        }
        #[cfg(not(feature = "tracing"))]
        {
            let _unused = (label, reason);
            Self {}
        }
    }

    /// Calls `f` within the span, so that what an HTTP client tells is told within it.
    pub(crate) fn within<R>(&self, f: impl FnOnce() -> R) -> R {
        #[cfg(feature = "tracing")]
        if let Some(span) = &self.inner {
            return span.in_scope(f);
        }
        f()
    }

    /// The event may be the end of the attempt.
    #[cfg(feature = "tracing")]
    pub(super) fn end(&self, event: &EventKind) {
        let (Some(span), Some(outcome)) = (&self.inner, super::words::outcome(event)) else {
            return;
        };
        span.record("outcome", outcome);
        let status = match (event, outcome) {
            (EventKind::RefreshFailed { error, .. }, _) => {
                span.record("error.type", super::words::error_type(error.kind()));
                error.status()
            }
            (_, "not_modified") => Some(304),
            _ => Some(200),
        };
        if let Some(status) = status {
            span.record("http.response.status_code", status);
        }
    }

    #[cfg(feature = "tracing")]
    pub(super) fn id(&self) -> Option<tracing::Id> {
        self.inner.as_ref().and_then(tracing::Span::id)
    }
}

//! How the refusals of a guard are told, wherever they come up: in the guard, in a layer of a route,
//! in a handler.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use http::{HeaderMap, HeaderValue};

use crate::access::Seen;
use crate::body::Words;
use crate::hierarchy::Hierarchy;
use crate::{Answer, Need, Realm, Refusal, grpc};

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;
type Observer = Arc<dyn Fn(&Refusal) + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Protection {
    pub(crate) clock: Option<Clock>,
    pub(crate) hierarchy: Hierarchy,
    pub(crate) observer: Option<Observer>,
    pub(crate) realm: Realm,
    pub(crate) words: Option<Words>,
}

/// A refusal, on its way to the caller: with axum it is a response, with tonic it becomes a
/// `Status`; elsewhere ask for its [`answer`](Self::answer).
#[derive(Clone, Debug)]
pub struct Refused {
    refusal: Refusal,
    protection: Arc<Protection>,
    /// The content type to answer with, if it is a call of gRPC.
    grpc: Option<HeaderValue>,
}

impl Protection {
    /// Where there is no guard to ask.
    pub(crate) fn none() -> Self {
        Self {
            clock: None,
            hierarchy: Hierarchy::default(),
            observer: None,
            realm: Realm::unnamed(),
            words: None,
        }
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.clock.as_ref().map_or_else(SystemTime::now, |clock| clock())
    }

    /// Whether a caller has what an operation needs beside what the guard does.
    pub(crate) fn check(&self, need: &Need, seen: &Seen) -> Result<(), Refusal> {
        need.check(seen, &self.hierarchy, self.realm.scope(), || self.now())
    }

    /// Tells the observer, and the log.
    pub(crate) fn refuse(self: &Arc<Self>, refusal: Refusal, grpc: Option<HeaderValue>) -> Refused {
        if let Some(observer) = &self.observer {
            observer(&refusal);
        }
        #[cfg(feature = "tracing")]
        {
            let reason = refusal.reason().as_str();
            if refusal.is_fault() {
                tracing::error!(reason, "a request was refused: {refusal}");
            } else {
                tracing::debug!(reason, "a request was refused: {refusal}");
            }
        }
        Refused { refusal, protection: Arc::clone(self), grpc }
    }
}

impl Refused {
    /// Where no guard ran, or one for other claims.
    pub(crate) fn no_guard(what: &'static str, headers: Option<&HeaderMap>) -> Self {
        let grpc = headers.and_then(grpc::answered_as);
        Arc::new(Protection::none()).refuse(Refusal::no_guard(what), grpc)
    }

    /// Why.
    #[must_use]
    pub const fn refusal(&self) -> &Refusal {
        &self.refusal
    }

    /// What it is answered with.
    #[must_use]
    pub fn answer(&self) -> Answer {
        self.protection.realm.answer(&self.refusal, self.protection.now())
    }

    /// The answer as a response, in HTTP or, to a call of gRPC, in gRPC. The body is empty.
    #[must_use]
    pub fn to_response<B: Default>(&self) -> http::Response<B> {
        self.respond(None)
    }

    /// The answer as a response, with the body that the guard is set up with.
    pub(crate) fn respond<B: Default>(&self, fill: Option<fn(String) -> B>) -> http::Response<B> {
        let answer = self.answer();
        if let Some(content_type) = &self.grpc {
            return answer.to_grpc(content_type.clone());
        }
        let mut response = answer.to_response::<B>();
        if let (Some(words), Some(fill)) = (&self.protection.words, fill) {
            words.put(&answer, &mut response, fill);
        }
        response
    }

    #[cfg(feature = "axum")]
    pub(crate) fn answered_as(mut self, headers: &HeaderMap) -> Self {
        self.grpc = grpc::answered_as(headers);
        self
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.refusal, f)
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.refusal)
    }
}

impl fmt::Debug for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protection").field("realm", &self.realm).finish_non_exhaustive()
    }
}

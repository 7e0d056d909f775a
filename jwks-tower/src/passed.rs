//! What a guard leaves in the extensions of a request that it lets pass.

use std::any::Any;
use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, Request};
use jwks_core::verify::Verified;

use crate::access::Seen;
use crate::protection::Protection;

/// Who it is, and how to tell what is refused later.
#[derive(Clone)]
pub(crate) struct Passed {
    fill: Fill,
    protection: Arc<Protection>,
    who: Who,
}

/// How the guard's bodies are filled, whatever their type is.
pub(crate) type Fill = Option<&'static (dyn Any + Send + Sync)>;

#[derive(Clone)]
pub(crate) enum Who {
    /// Nothing was presented, and the guard is optional.
    Anonymous,
    Caller {
        read: Arc<dyn Held>,
        token: Verified<()>,
    },
    /// A preflight, which no guard judges.
    Preflight,
}

/// What was read of a token, into claims of any type.
pub(crate) trait Held: Any + Send + Sync {
    fn seen(&self) -> &Seen;
}

impl Passed {
    pub(crate) const fn new(who: Who, protection: Arc<Protection>, fill: Fill) -> Self {
        Self { fill, protection, who }
    }

    /// How a body of this type is filled, if the guard's responses have the same type.
    pub(crate) fn fill<B: 'static>(&self) -> Option<fn(String) -> B> {
        self.fill?.downcast_ref::<fn(String) -> B>().copied()
    }

    pub(crate) const fn protection(&self) -> &Arc<Protection> {
        &self.protection
    }

    pub(crate) const fn who(&self) -> &Who {
        &self.who
    }

    /// Puts it beside the request, and keeps the credential out of logs from here on.
    pub(crate) fn put<B>(self, request: &mut Request<B>, cookies: bool) {
        hide(request.headers_mut(), cookies);
        request.extensions_mut().insert(self);
    }
}

fn hide(headers: &mut HeaderMap, cookies: bool) {
    // There is one at most: two are refused.
    if let Some(value) = headers.get_mut(AUTHORIZATION) {
        value.set_sensitive(true);
    }
    if cookies && let http::header::Entry::Occupied(mut values) = headers.entry(COOKIE) {
        values.iter_mut().for_each(|value| value.set_sensitive(true));
    }
}

//! The layer's service.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::Guard;
use super::future::{Admission, ResponseFuture};
use super::judge::First;
use crate::body::FillBody;
use crate::passed::{Passed, Who};
use crate::{Head, grpc};

/// A service behind a [`Guard`].
pub struct Guarded<S, T, B> {
    guard: Guard<T, B>,
    inner: S,
}

impl<S, T, B> Guarded<S, T, B> {
    pub(super) const fn new(inner: S, guard: Guard<T, B>) -> Self {
        Self { guard, inner }
    }

    /// The service behind it.
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service behind it, without the guard.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, T, B, Q, R> Service<Request<Q>> for Guarded<S, T, B>
where
    S: Service<Request<Q>, Response = Response<R>> + Clone,
    T: Send + Sync + 'static,
    B: FillBody<R>,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<S, Q, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        let shared = &self.guard.shared;
        let (protection, settings) = (&shared.protection, &shared.settings);
        let cookies = settings.sources.has_cookie();
        let head = Head::of(&request);
        let nobody = |who| Passed::new(who, Arc::clone(protection), B::ERASED);
        let mut optional = settings.optional;
        let passed = if head.is_preflight() {
            optional = false;
            Ok(nobody(Who::Preflight))
        } else {
            match shared.look(&head) {
                First::Now(Ok(Some(caller))) => Ok(caller.pass(B::ERASED)),
                First::Now(Ok(None)) => Ok(nobody(Who::Anonymous)),
                First::Now(Err(refusal)) => Err(refusal),
                First::Later(later) => {
                    let settled = Arc::clone(shared).settle(later);
                    let admitted: Admission =
                        Box::pin(async move { Ok(settled.await?.pass(B::ERASED)) });
                    // The service that was polled ready is the one that is called later.
                    let clone = self.inner.clone();
                    let ready = mem::replace(&mut self.inner, clone);
                    let protection = &shared.protection;
                    let vary = vary(settings.optional, cookies);
                    return ResponseFuture::waiting(
                        admitted,
                        ready,
                        request,
                        protection,
                        B::FILL,
                        cookies,
                        vary,
                    );
                }
            }
        };
        match passed {
            Ok(passed) => {
                passed.put(&mut request, cookies);
                let vary = vary(optional, cookies);
                ResponseFuture::inner(self.inner.call(request), vary)
            }
            Err(refusal) => {
                let grpc = grpc::answered_as(head.headers);
                ResponseFuture::refused(protection.refuse(refusal, grpc).respond(B::FILL))
            }
        }
    }
}

/// What a response depends on where a token is optional: caches must know it.
fn vary(optional: bool, cookies: bool) -> Option<&'static str> {
    optional.then_some(if cookies { "Authorization, Cookie" } else { "Authorization" })
}

impl<S: Clone, T, B> Clone for Guarded<S, T, B> {
    fn clone(&self) -> Self {
        Self { guard: self.guard.clone(), inner: self.inner.clone() }
    }
}

impl<S: fmt::Debug, T, B> fmt::Debug for Guarded<S, T, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("guard", &self.guard).field("inner", &self.inner).finish()
    }
}

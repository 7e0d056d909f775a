//! What one route needs, as a layer inside the guard.

use std::task::{Context, Poll};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::Need;
use crate::guard::ResponseFuture;
use crate::passed::{Passed, Who};
use crate::{Refusal, Refused, grpc};

/// A service that needs something of its callers: a [`Need`] as a layer.
#[derive(Clone, Debug)]
pub struct NeedService<S> {
    inner: S,
    need: Need,
}

/// Inside a [`Guard`](crate::Guard). Where no guard ran before, every request is answered by 500.
impl<S> Layer<S> for Need {
    type Service = NeedService<S>;

    fn layer(&self, inner: S) -> NeedService<S> {
        NeedService { inner, need: self.clone() }
    }
}

impl<S, Q, R> Service<Request<Q>> for NeedService<S>
where
    S: Service<Request<Q>, Response = Response<R>>,
    R: Default + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<S, Q, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        let Some(passed) = request.extensions().get::<Passed>() else {
            let what = "a route needs something of its caller, and no guard ran before it";
            let refused = Refused::no_guard(what, Some(request.headers()));
            return ResponseFuture::refused(refused.respond(None));
        };
        let protection = passed.protection();
        let checked = match passed.who() {
            Who::Anonymous => Err(Refusal::no_credential()),
            Who::Caller { read, .. } => protection.check(&self.need, read.seen()),
            Who::Preflight => Ok(()),
        };
        match checked {
            Ok(()) => ResponseFuture::inner(self.inner.call(request), None),
            Err(refusal) => {
                let grpc = grpc::answered_as(request.headers());
                let refused = protection.refuse(refusal, grpc);
                ResponseFuture::refused(refused.respond(passed.fill::<R>()))
            }
        }
    }
}

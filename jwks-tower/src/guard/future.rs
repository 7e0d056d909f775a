//! The response of a guarded service, on its way.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::header::VARY;
use http::{HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::passed::Passed;
use crate::protection::Protection;
use crate::{Refusal, grpc};

pin_project! {
    /// The response of a service behind a [`Guard`](crate::Guard) or a [`Need`](crate::Need).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, Q, R>
    where
        S: Service<Request<Q>>,
    {
        #[pin]
        state: State<S, Q, R, S::Future>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, Q, R, F> {
        /// The service behind was called.
        Inner { #[pin] future: F, vary: Option<&'static str> },
        /// It never is.
        Refused { response: Option<Response<R>> },
        /// It is called if the token passes. Rare, so it may cost memory of its own.
        Waiting { waiting: Box<Waiting<S, Q, R>> },
    }
}

pub(crate) type Admission = Pin<Box<dyn Future<Output = Result<Passed, Refusal>> + Send>>;

struct Waiting<S, Q, R> {
    admission: Admission,
    cookies: bool,
    fill: Option<fn(String) -> R>,
    protection: Arc<Protection>,
    /// The service that was ready, and what it is called with.
    ready: Option<(S, Request<Q>)>,
    vary: Option<&'static str>,
}

impl<S: Service<Request<Q>>, Q, R> ResponseFuture<S, Q, R> {
    pub(crate) const fn inner(future: S::Future, vary: Option<&'static str>) -> Self {
        Self { state: State::Inner { future, vary } }
    }

    pub(crate) const fn refused(response: Response<R>) -> Self {
        Self { state: State::Refused { response: Some(response) } }
    }

    pub(crate) fn waiting(
        admission: Admission,
        service: S,
        request: Request<Q>,
        protection: &Arc<Protection>,
        fill: Option<fn(String) -> R>,
        cookies: bool,
        vary: Option<&'static str>,
    ) -> Self {
        let protection = Arc::clone(protection);
        let ready = Some((service, request));
        let waiting = Waiting { admission, cookies, fill, protection, ready, vary };
        Self { state: State::Waiting { waiting: Box::new(waiting) } }
    }
}

impl<S, Q, R> Future for ResponseFuture<S, Q, R>
where
    S: Service<Request<Q>, Response = Response<R>>,
    R: Default,
{
    type Output = Result<Response<R>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProjection::Inner { future, vary } => {
                    let response = ready!(future.poll(cx));
                    return Poll::Ready(response.map(|mut response| {
                        if let Some(vary) = vary.take() {
                            response.headers_mut().append(VARY, HeaderValue::from_static(vary));
                        }
                        response
                    }));
                }
                StateProjection::Refused { response } => {
                    // Nothing is left only if it is polled after its end.
                    return response.take().map_or(Poll::Pending, |it| Poll::Ready(Ok(it)));
                }
                StateProjection::Waiting { waiting } => {
                    let admitted = ready!(waiting.admission.as_mut().poll(cx));
                    let Some((mut service, mut request)) = waiting.ready.take() else {
                        return Poll::Pending;
                    };
                    match admitted {
                        Ok(passed) => {
                            passed.put(&mut request, waiting.cookies);
                            let vary = waiting.vary.take();
                            State::Inner { future: service.call(request), vary }
                        }
                        Err(refusal) => {
                            let grpc = grpc::answered_as(request.headers());
                            let refused = waiting.protection.refuse(refusal, grpc);
                            State::Refused { response: Some(refused.respond(waiting.fill)) }
                        }
                    }
                }
            };
            state.set(next);
        }
    }
}

impl<S: Service<Request<Q>>, Q, R> fmt::Debug for ResponseFuture<S, Q, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Inner { .. } => "inner",
            State::Refused { .. } => "refused",
            State::Waiting { .. } => "waiting",
        };
        f.debug_struct("ResponseFuture").field("state", &state).finish()
    }
}

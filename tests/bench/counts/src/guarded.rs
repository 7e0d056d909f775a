//! A request that comes through the layer of `jwks-tower`.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use jwks_core::verify::{Registered, Verifier};
use jwks_tower::{Guard, Need};
use tower_layer::Layer as _;
use tower_service::Service;

use crate::subjects::Subject;

/// Keeps the request, which is the next one again: to make one is not what is counted.
#[derive(Clone, Default)]
struct Keeps(Rc<RefCell<Option<Request<()>>>>);

impl Service<Request<()>> for Keeps {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        *self.0.borrow_mut() = Some(request);
        ready(Ok(Response::new(())))
    }
}

/// A validation of registered claims, one needed scope, and the caller put beside the request.
pub(crate) fn guarded(verifier: &Verifier, token: &str) -> Box<Subject> {
    let guard = Guard::<Registered>::builder(verifier.clone()).realm("orders");
    let guard = guard.need(Need::all(["read"])).build().expect("the guard can work");
    let kept = Keeps::default();
    let request = Request::builder().header("authorization", format!("Bearer {token}"));
    *kept.0.borrow_mut() = request.body(()).ok();
    let service = RefCell::new(guard.layer(kept.clone()));
    Box::new(move || {
        let request = kept.0.borrow_mut().take().expect("it was kept");
        let future = pin!(service.borrow_mut().call(request));
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(response)) => assert_eq!(response.status(), 200),
            Poll::Ready(Err(error)) => match error {},
            Poll::Pending => panic!("it waits, although the key is there"),
        }
    })
}

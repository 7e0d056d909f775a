//! What tower asks of a layer: readiness, cancellation, errors of the service behind.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use jwks_tower::jwks_core::verify::Registered;
use jwks_tower::{Guard, ResponseFuture};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::world::{World, bearer, request};

/// Panics if it is called without having been polled ready, as tower allows.
#[derive(Default)]
struct Strict {
    clones: Arc<AtomicUsize>,
    ready: bool,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        self.clones.fetch_add(1, Ordering::Relaxed);
        Self { clones: Arc::clone(&self.clones), ready: false }
    }
}

impl Service<Request<String>> for Strict {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<String>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without being ready");
        ready(Ok(Response::new(String::new())))
    }
}

#[test]
fn the_service_that_was_ready_is_the_one_that_is_called() {
    let mut world = World::new();
    let guard = world.guard().build().unwrap();
    let strict = Strict::default();
    let clones = Arc::clone(&strict.clones);
    let mut service = guard.layer(strict);
    let held = world.token().sign();
    world.issuer.rotate();
    let rotated = world.token().sign();
    // At once, after a wait, and after a refusal that used nothing up.
    for request in [bearer(&held), bearer(&rotated), request(&[]), bearer(&held), bearer(&held)] {
        let ready = world.memory.block_on(service.ready()).unwrap();
        let future = ready.call(request);
        world.memory.block_on(future).unwrap();
    }
    assert_eq!(clones.load(Ordering::Relaxed), 1, "only the wait needs a clone");
}

#[test]
fn a_request_that_is_given_up_calls_nothing() {
    let mut world = World::new();
    let guard = world.guard().build().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let mut service = guard.layer(service_fn(move |_: Request<String>| {
        counted.fetch_add(1, Ordering::Relaxed);
        ready(Ok::<_, Infallible>(Response::new(String::new())))
    }));
    world.issuer.rotate();
    let rotated = world.token().sign();
    {
        let mut future = pin!(service.call(bearer(&rotated)));
        let waits = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(waits.is_pending());
    }
    world.memory.settle();
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    world.memory.block_on(service.call(bearer(&rotated))).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn errors_of_the_service_pass_through() {
    let mut world = World::new();
    let guard = world.guard().build().unwrap();
    let service = guard.layer(service_fn(|_: Request<String>| {
        ready(Err::<Response<String>, &'static str>("broken"))
    }));
    let token = world.token().sign();
    let error = world.memory.block_on(service.oneshot(bearer(&token))).unwrap_err();
    assert_eq!(error, "broken");
}

/// A guard works for futures that are not `Send`, and is `Send` where they are.
#[test]
fn a_future_is_what_the_service_makes_of_it() {
    fn is_send<T: Send>(_: &T) {}

    let mut world = World::new();
    let guard = world.guard().build().unwrap();
    is_send(&guard);
    let token = world.token().sign();
    let local = std::rc::Rc::new(());
    let mut service = guard.layer(service_fn(move |_: Request<String>| {
        let local = std::rc::Rc::clone(&local);
        async move {
            drop(local);
            Ok::<_, Infallible>(Response::new(String::new()))
        }
    }));
    world.memory.block_on(service.call(bearer(&token))).unwrap();
    let mut service = guard.layer(service_fn(crate::world::answer));
    let future: ResponseFuture<_, _, _> = service.call(bearer(&token));
    is_send(&future);
    assert!(size_of_val(&future) <= 512, "{}", size_of_val(&future));
}

/// The guard without its layer, as the recipes use it.
#[test]
fn a_guard_admits_by_hand() {
    let mut world = World::new();
    let guard: Guard<Registered> = world.guard().build().unwrap();
    let token = world.token().subject("alice").sign();
    let caller = world.memory.block_on(guard.admit_token(&token)).unwrap();
    assert_eq!(caller.claims().sub.as_deref(), Some("alice"));
    assert_eq!(caller.issuer(), crate::world::ISS);
    assert!(caller.expires_at().is_some() && caller.acr().is_none());
    let refused = world.memory.block_on(guard.admit_token("a.b.c")).unwrap_err();
    assert_eq!(refused.answer().status(), 401);
    let empty = request(&[]);
    let head = jwks_tower::Head::of(&empty);
    let refused = world.memory.block_on(guard.admit(&head)).unwrap_err();
    assert_eq!(refused.answer().status(), 401);
    let nobody = world.memory.block_on(guard.optional().admit(&head)).unwrap();
    assert!(nobody.is_none());
    let shown = format!("{caller:?} {refused:?}");
    assert!(!shown.contains("alice"), "{shown}");
}

/// What is put beside a request is shared, not copied.
#[test]
fn a_caller_is_one_handle() {
    let mut world = World::new();
    let guard = world.guard().build().unwrap();
    let kept: Arc<Mutex<Vec<jwks_tower::Caller<Registered>>>> = Arc::default();
    let keeper = Arc::clone(&kept);
    let service = guard.layer(service_fn(move |request: Request<String>| {
        for _ in 0..2 {
            let caller = jwks_tower::Caller::of(request.extensions()).unwrap();
            keeper.lock().unwrap().push(caller);
        }
        ready(Ok::<_, Infallible>(Response::new(String::new())))
    }));
    let token = world.token().sign();
    world.memory.block_on(service.oneshot(bearer(&token))).unwrap();
    let kept = kept.lock().unwrap();
    assert!(std::ptr::eq(kept[0].claims(), kept[1].claims()));
}

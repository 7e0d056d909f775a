//! One issuer in memory, a guard before a service, and requests to it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use jwks_testkit::{InMemory, TestIssuer, TokenBuilder};
use jwks_tower::jwks_core::verify::{Registered, Verifier};
use jwks_tower::{Caller, FillBody, Guard, GuardBuilder, ProtectedResource, Reason};
use tower::{Layer, ServiceExt, service_fn};

pub(crate) const ISS: &str = "https://id.example.com";

pub(crate) struct World {
    pub(crate) issuer: TestIssuer,
    pub(crate) memory: InMemory,
    pub(crate) verifier: Verifier,
    seen: Arc<Mutex<Vec<Reason>>>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::prepared(|_| {})
    }

    /// With an issuer that has been changed before its keys are fetched.
    pub(crate) fn prepared(prepare: impl FnOnce(&TestIssuer)) -> Self {
        let mut memory = InMemory::new();
        let issuer = memory.issuer(ISS);
        prepare(&issuer);
        let verifier = memory.verifier([issuer.configured()]);
        Self { issuer, memory, verifier, seen: Arc::default() }
    }

    /// With its realm and its metadata, by the clock of this world.
    pub(crate) fn guard(&self) -> GuardBuilder<Registered> {
        let seen = Arc::clone(&self.seen);
        Guard::builder(self.verifier.clone())
            .realm("orders")
            .resource(&api())
            .clock(self.memory.clock().reader())
            .on_refusal(move |refusal| seen.lock().expect("no panic").push(refusal.reason()))
    }

    /// What the guards of this world have refused so far.
    pub(crate) fn reasons(&self) -> Vec<Reason> {
        self.seen.lock().expect("no panic").clone()
    }

    pub(crate) fn token(&self) -> TokenBuilder {
        self.issuer.token()
    }

    /// What a service behind the guard answers: who asks, or `nobody`.
    pub(crate) fn ask<B: FillBody<String>>(
        &mut self,
        guard: &Guard<Registered, B>,
        request: Request<String>,
    ) -> Response<String> {
        let service = guard.layer(service_fn(answer));
        self.memory.block_on(service.oneshot(request)).expect("no error but a response")
    }
}

pub(crate) async fn answer(request: Request<String>) -> Result<Response<String>, Infallible> {
    let caller = Caller::<Registered>::optional(request.extensions());
    Ok(Response::new(match caller {
        Ok(Some(caller)) => caller.claims().sub.clone().unwrap_or_default(),
        Ok(None) => "nobody".to_owned(),
        Err(refused) => refused.to_string(),
    }))
}

/// The same, for axum.
pub(crate) async fn who(caller: Option<Caller<Registered>>) -> String {
    let nobody = || "nobody".to_owned();
    caller.map_or_else(nobody, |caller| caller.claims().sub.clone().unwrap_or_default())
}

pub(crate) fn api() -> ProtectedResource {
    ProtectedResource::new("https://api.example.com/mcp").expect("a URL")
}

/// A request with these headers.
pub(crate) fn request(headers: &[(&str, &str)]) -> Request<String> {
    let mut request = Request::builder().uri("/orders");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(String::new()).expect("a request")
}

pub(crate) fn bearer(token: &str) -> Request<String> {
    request(&[("authorization", &format!("Bearer {token}"))])
}

pub(crate) fn header<'r, B>(response: &'r Response<B>, name: &str) -> Option<&'r str> {
    let mut values = response.headers().get_all(name).iter();
    let value = values.next()?;
    assert!(values.next().is_none(), "`{name}` twice");
    Some(value.to_str().expect("text"))
}

pub(crate) const SHORT: Duration = Duration::from_millis(200);

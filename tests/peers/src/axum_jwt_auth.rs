//! As in its documentation. It has no scopes: the handler looks for them.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::FromRef,
    http::{Request, Response, StatusCode},
    routing::get,
};
use axum_jwt_auth::{Claims, Decoder, RemoteJwksDecoder};
use bytes::Bytes;
use jsonwebtoken::{Algorithm, Validation};
use jwks_testkit::{AUDIENCE, TestIssuer, tower};

use crate::Caller;

#[derive(Clone)]
struct State {
    decoder: Decoder<Caller>,
}

impl FromRef<State> for Decoder<Caller> {
    fn from_ref(state: &State) -> Self {
        Self::clone(&state.decoder)
    }
}

pub(crate) async fn service(issuer: TestIssuer) -> impl AsyncFn(Request<Bytes>) -> Response<Bytes> {
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[issuer.iss()]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.validate_nbf = true;
    let decoder = RemoteJwksDecoder::builder()
        .jwks_url(issuer.url())
        .validation(validation)
        .build()
        .expect("a decoder");
    // As documented it would not start without keys; here it may.
    let _ = decoder.initialize().await;
    let state = State { decoder: Arc::new(decoder) };
    let router = Router::new().route("/orders", get(orders)).with_state(state);
    tower::<Router, Body, Body>(router)
}

async fn orders(caller: Claims<Caller>) -> Result<&'static str, StatusCode> {
    if caller.claims.may_read() { Ok("orders") } else { Err(StatusCode::FORBIDDEN) }
}

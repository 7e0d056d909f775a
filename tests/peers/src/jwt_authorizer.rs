//! As in its documentation, with a check of the claims for the scope.

use axum07::{Router, body::Body, routing::get};
use bytes::Bytes;
use http::{Request, Response};
use jwks_testkit::{AUDIENCE, TestIssuer, tower};
use jwt_authorizer::{Authorizer, IntoLayer, JwtAuthorizer, Validation};

use crate::Caller;

pub(crate) async fn service(issuer: TestIssuer) -> impl AsyncFn(Request<Bytes>) -> Response<Bytes> {
    let validation = Validation::new().iss(&[issuer.iss()]).aud(&[AUDIENCE]).nbf(true);
    let auth: Authorizer<Caller> = JwtAuthorizer::from_jwks_url(&issuer.url())
        .validation(validation)
        .check(Caller::may_read)
        .build()
        .await
        .expect("an authorizer");
    let router = Router::new().route("/orders", get(|| async { "orders" }));
    tower::<Router, Body, Body>(router.layer(auth.into_layer()))
}

//! As in its quickstart for axum.

use std::sync::Arc;

use axum::{Router, routing::get};
use bytes::Bytes;
use http::{Request, Response};
use jwks_testkit::{AUDIENCE, TestIssuer, tower};
use oauth_resource_server::{
    KeyNaming, OAuthConfig, OAuthValidator,
    axum::{AuthLayer, metadata_router},
    static_token_policy,
};

use crate::SCOPE;

pub(crate) const METADATA: &str = "https://api.example.com/.well-known/oauth-protected-resource";

pub(crate) async fn service(issuer: TestIssuer) -> impl AsyncFn(Request<Bytes>) -> Response<Bytes> {
    let config = OAuthConfig {
        enabled: true,
        issuer: issuer.iss().to_owned(),
        jwks_uri: Some(issuer.url()),
        audience: AUDIENCE.to_owned(),
        resource: "https://api.example.com".to_owned(),
        required_scope: Some(SCOPE.to_owned()),
        algorithms: vec!["ES256".to_owned()],
        ..OAuthConfig::default()
    };
    let resolved = config.resolve(KeyNaming::Dotted("oauth")).expect("settings").expect("enabled");
    let oauth = Arc::new(OAuthValidator::new(&resolved).expect("a validator"));
    let decision = static_token_policy(None, Some(&resolved), false).expect("a policy");
    let auth = AuthLayer::from_decision(decision, Some(Arc::clone(&oauth))).expect("a layer");
    tower::<Router, axum::body::Body, axum::body::Body>(
        Router::new()
            .route("/orders", get(|| async { "orders" }))
            .route_layer(auth)
            .merge(metadata_router(Some(oauth))),
    )
}

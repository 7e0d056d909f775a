//! An authorization server that signs everybody in, in place of yours: metadata (RFC 8414),
//! registration of clients (RFC 7591), authorization codes, and tokens for the resource that is
//! asked for (RFC 8707).

use std::collections::HashMap;
use std::time::SystemTime;

use axum::extract::{Form, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::routing::{get, post};
use axum::{Json, Router};
use jwks_testkit::{Signer, TokenBuilder, jwk_set};
use serde_json::{Value, json};

pub(crate) struct Provider {
    issuer: String,
    key: Signer,
}

type Shared = State<&'static Provider>;
type Fields = HashMap<String, String>;

impl Provider {
    pub(crate) fn routes(issuer: String) -> Router {
        let provider = Self { issuer, key: Signer::es256("key-1") };
        // It lives as long as the example.
        let provider: &'static Self = Box::leak(Box::new(provider));
        Router::new()
            .route("/.well-known/oauth-authorization-server", get(metadata))
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/register", post(register))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(provider)
    }
}

async fn metadata(State(provider): Shared) -> Json<Value> {
    let url = |path: &str| format!("{}{path}", provider.issuer);
    Json(json!({
        "issuer": provider.issuer,
        "jwks_uri": url("/keys"),
        "authorization_endpoint": url("/authorize"),
        "token_endpoint": url("/token"),
        "registration_endpoint": url("/register"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
    }))
}

async fn keys(State(provider): Shared) -> ([(HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, "application/json")], jwk_set(&[&provider.key]))
}

async fn register(Json(mut client): Json<Value>) -> (StatusCode, Json<Value>) {
    client["client_id"] = "a-client".into();
    (StatusCode::CREATED, Json(client))
}

/// Whoever asks is alice, and may have all scopes. The code says which scopes they are.
async fn authorize(Query(asked): Query<Fields>) -> (StatusCode, [(HeaderName, String); 1]) {
    let field = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    let code = field("scope").replace(' ', "+");
    let location = format!("{}?code={code}&state={}", field("redirect_uri"), field("state"));
    (StatusCode::FOUND, [(header::LOCATION, location)])
}

async fn token(State(provider): Shared, Form(asked): Form<Fields>) -> Json<Value> {
    let field = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    let audience = field("resource");
    let token = TokenBuilder::new(&provider.key, SystemTime::now(), &provider.issuer, audience);
    let scope = field("code");
    let token = token.typ("at+jwt").subject("alice").claim("scope", scope).sign();
    Json(json!({
        "access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": scope,
    }))
}

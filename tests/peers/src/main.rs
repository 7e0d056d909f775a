//! What layers of other projects answer, case by case, by the audit of `jwks-testkit`:
//! `cargo run --manifest-path tests/peers/Cargo.toml [name]`.
//!
//! Each is set up as its own documentation shows it, for the same route: `GET /orders`, ES256,
//! issuer, audience, and the scope `orders:read`.

mod axum_jwt_auth;
mod jwt_authorizer;
mod oauth_resource_server;

use jwks_testkit::{Audit, Report};
use serde::{Deserialize, Serialize};

/// The route's scope.
const SCOPE: &str = "orders:read";

/// What a handler knows of its caller.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Caller {
    sub: String,
    scope: Option<String>,
}

impl Caller {
    fn may_read(&self) -> bool {
        self.scope.iter().flat_map(|scope| scope.split(' ')).any(|scope| scope == SCOPE)
    }
}

#[tokio::main]
async fn main() {
    let wanted = std::env::args().nth(1);
    let wants = |name: &str| wanted.as_ref().is_none_or(|it| it == name);
    let audit = Audit::get("/orders").scopes([SCOPE]);
    if wants("oauth-resource-server") {
        let audit = audit.clone().metadata(oauth_resource_server::METADATA);
        print("oauth-resource-server 0.4", &audit.run(oauth_resource_server::service).await);
    }
    if wants("jwt-authorizer") {
        print("jwt-authorizer 0.15", &audit.run(jwt_authorizer::service).await);
    }
    if wants("axum-jwt-auth") {
        print("axum-jwt-auth 0.7", &audit.run(axum_jwt_auth::service).await);
    }
}

fn print(name: &str, report: &Report) {
    println!("== {name}\n{report}\n");
}

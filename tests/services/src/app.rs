//! The service itself: one protected route, and probes. This is what you would write.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use jwks_tokio::{Registered, Verifier};
use jwks_tower::{Caller, Guard, GuardError, Need, Refusal};

/// The routes that everybody can reach.
///
/// # Errors
///
/// None that this realm and scope can cause.
pub fn routes(verifier: Verifier) -> Result<Router, GuardError> {
    metrics::describe_counter!("orders_refused_total", "Requests for orders that were refused.");
    let guard = Guard::<Registered>::builder(verifier.clone())
        .realm("orders")
        .need(Need::all(["orders:read"]))
        .wait_at_most(WAIT)
        .on_refusal(count)
        .build()?;
    Ok(Router::new()
        .route("/orders", get(orders))
        .route_layer(guard)
        // Whether the process is alive does not depend on an issuer: a restart would help nobody.
        .route("/livez", get(async || "alive\n"))
        .route("/readyz", get(ready))
        .with_state(verifier))
}

async fn orders(caller: Caller<Registered>) -> String {
    format!("orders of {}\n", caller.claims().sub.as_deref().unwrap_or("nobody"))
}

/// Keys have been held once. An outage later changes nothing: every process would be taken out.
async fn ready(State(verifier): State<Verifier>) -> (StatusCode, String) {
    match verifier.ready(WAIT).await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}

fn count(refusal: &Refusal) {
    let reason = refusal.reason().as_str();
    metrics::counter!("orders_refused_total", "reason" => reason).increment(1);
    // A caller can cause as many of these as it likes: for a log they are only of use one by one.
    // The error's line is what the guide to troubleshooting explains; it shows no token.
    tracing::debug!(reason, error = refusal.error().map(tracing::field::debug), "refused");
}

/// How long a request waits for a key, and a probe for the first ones.
const WAIT: Duration = Duration::from_millis(500);

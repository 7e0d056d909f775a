//! The pages of operators: how each issuer's keys are, for people and as JSON, and metrics.

mod page;
mod timeline;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use axum::{Json, Router};
use jwks_tokio::Verifier;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::{Value, json};

use crate::journal::Journal;
use crate::web::guarded;

/// What the pages show.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Debug {
    /// The last events.
    pub journal: Journal,
    /// Where the metrics are.
    pub metrics: PrometheusHandle,
    /// Whose keys they are.
    pub verifier: Verifier,
}

impl Debug {
    /// Shows this verifier.
    #[must_use]
    pub const fn new(verifier: Verifier, journal: Journal, metrics: PrometheusHandle) -> Self {
        Self { journal, metrics, verifier }
    }

    /// For a listener of their own, on loopback: they show more than callers should see.
    pub fn routes(self) -> Router {
        guarded(
            Router::new()
                .route("/", get(page))
                .route("/debug/jwks", get(page))
                .route("/debug/jwks.json", get(as_json))
                .route("/debug/recording/{issuer}", get(recording))
                .route("/debug/style.css", get(style))
                .route("/metrics", get(metrics))
                .with_state(self),
        )
    }
}

async fn page(State(debug): State<Debug>) -> Html<String> {
    Html(page::page(&debug, SystemTime::now()).into_string())
}

async fn as_json(State(debug): State<Debug>) -> Json<Value> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Json(json!({
        "now": now.as_secs_f64(),
        "health": debug.verifier.health(),
        "status": debug.verifier.status(),
        "explain": debug.verifier.caches().map(|cache| cache.explain()).collect::<Vec<_>>(),
        "events": debug.journal.last(),
    }))
}

/// The issuers are numbered as on the page.
async fn recording(
    State(debug): State<Debug>,
    Path(issuer): Path<usize>,
) -> Result<impl IntoResponse, StatusCode> {
    let cache = debug.verifier.caches().nth(issuer).ok_or(StatusCode::NOT_FOUND)?;
    let file = format!("attachment; filename=\"jwks-recording-{issuer}.json\"");
    Ok(([(header::CONTENT_DISPOSITION, file)], Json(cache.recording())))
}

/// The style of all pages.
pub async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css"))
}

async fn metrics(State(debug): State<Debug>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], debug.metrics.render())
}

/// As a person says it, in whole seconds.
fn short(time: Duration) -> String {
    humantime::format_duration(Duration::from_secs(time.as_secs())).to_string()
}

//! An identity provider to be troubled: buttons for an outage, slowness, rotations and forged kids,
//! and callers who send its tokens to the service.

mod page;
mod switch;
mod traffic;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use jwks_testkit::IssuerServer;

use crate::debug::style;
use crate::web::guarded;

pub use self::switch::Switch;
pub use self::traffic::Traffic;

/// The provider, its switches, and its callers. A clone is the same one.
#[derive(Clone, Debug)]
pub struct Provider(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    server: IssuerServer,
    switches: switch::Switches,
    traffic: Traffic,
}

impl Provider {
    /// One whose server listens already. Call it within a runtime of tokio: callers send its tokens
    /// to this URL from now on.
    #[must_use]
    pub fn new(server: IssuerServer, url: String) -> Self {
        let provider = Self(Arc::new(Inner {
            server,
            switches: switch::Switches::default(),
            traffic: Traffic::default(),
        }));
        traffic::start(&provider, url);
        provider
    }

    /// Its server.
    #[must_use]
    pub fn server(&self) -> &IssuerServer {
        &self.0.server
    }

    /// Its callers.
    #[must_use]
    pub fn traffic(&self) -> &Traffic {
        &self.0.traffic
    }

    /// Whether this is switched on.
    #[must_use]
    pub fn is_on(&self, switch: Switch) -> bool {
        self.0.switches.is_on(switch)
    }

    /// Turns this, or does it, if it is a thing to be done once.
    pub fn press(&self, switch: Switch) {
        self.0.switches.press(switch, &self.0.server);
    }

    /// A token as its honest callers send: of the key that signs now, for the service.
    #[must_use]
    pub fn token(&self) -> String {
        self.server().token().subject("alice").scopes(["orders:read"]).sign()
    }

    /// The page with the buttons: for a listener of its own, on loopback.
    pub fn routes(self) -> Router {
        guarded(
            Router::new()
                .route("/", get(show))
                .route("/press/{switch}", post(press))
                .route("/token", post(token))
                .route("/debug/style.css", get(style))
                .with_state(self),
        )
    }
}

async fn show(State(provider): State<Provider>) -> Html<String> {
    Html(page::page(&provider).into_string())
}

async fn press(
    State(provider): State<Provider>,
    Path(name): Path<String>,
) -> Result<Redirect, StatusCode> {
    let switch = Switch::named(&name).ok_or(StatusCode::NOT_FOUND)?;
    // It waits until the provider's thread has stopped, or begun.
    let pressed = tokio::task::spawn_blocking(move || provider.press(switch)).await;
    pressed.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Redirect::to("/"))
}

/// For whoever wants to call the service by hand.
async fn token(State(provider): State<Provider>) -> String {
    provider.token()
}

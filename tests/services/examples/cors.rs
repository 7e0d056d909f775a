//! A service that a page of another origin may use: the CORS layer stands *outside* the guard, so
//! that preflights are answered before anybody asks for a token, and refusals can be read. Asks
//! itself what a browser asks, and ends; with `--serve` it goes on, and says what to paste into the
//! console of a browser.

#![expect(clippy::print_stdout, reason = "an example speaks on standard output")]

use axum::Router;
use axum::routing::get;
use http::{HeaderMap, Method, header};
use jwks_testkit::{AUDIENCE, IssuerServer};
use jwks_tokio::{Issuer, Registered, Verifier, reqwest};
use jwks_tower::{Caller, Guard};
use tokio::net::TcpListener;
use tower_http::cors::{Any, CorsLayer};

fn app(guard: Guard<Registered>) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(Any) // or the origins of your pages
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        // Without this a page sees a 401, but not why.
        .expose_headers([header::WWW_AUTHENTICATE, header::RETRY_AFTER]);
    Router::new()
        .route("/orders", get(list))
        .route_layer(guard)
        // The last layer is the outermost one.
        .layer(cors)
}

async fn list(caller: Caller<Registered>) -> String {
    format!("orders of {}", caller.claims().sub.as_deref().unwrap_or("nobody"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // In place of your identity provider.
    let provider = IssuerServer::start();
    let issuer = Issuer::new(provider.iss()).jwks_uri(provider.url()).allow_loopback_http();
    let issuer = issuer.audience(AUDIENCE);
    let verifier = jwks_tokio::start(Verifier::builder().issuer(issuer))?;

    let app = app(Guard::<Registered>::builder(verifier).realm("orders").build()?);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/orders", listener.local_addr()?);
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let token = provider.token().subject("alice").sign();

    // What a browser does for `fetch(url, {headers: {Authorization: …}})`.
    let client = reqwest::Client::builder().no_proxy().build()?;
    let preflight = client
        .request(Method::OPTIONS, &url)
        .header(header::ORIGIN, "https://app.example")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization")
        .send()
        .await?;
    println!("preflight      {}", preflight.status());
    assert!(preflight.status().is_success());
    let allowed = text(preflight.headers(), "access-control-allow-headers");
    assert!(allowed.contains("authorization"), "{allowed}");

    let asked = |token: String| {
        let request = client.get(&url).header(header::ORIGIN, "https://app.example");
        request.bearer_auth(token).send()
    };
    let good = asked(token.clone()).await?;
    println!("a good token   {}", good.status());
    assert!(good.status().is_success());
    assert_eq!(text(good.headers(), "access-control-allow-origin"), "*");

    // A page may read the refusal, and the challenge.
    let refused = asked(provider.token().expired().sign()).await?;
    println!("an old token   {}", refused.status());
    assert_eq!(refused.status(), 401);
    assert_eq!(text(refused.headers(), "access-control-allow-origin"), "*");
    let exposed = text(refused.headers(), "access-control-expose-headers");
    assert!(exposed.contains("www-authenticate"), "{exposed}");
    assert!(text(refused.headers(), "www-authenticate").contains("expired"));

    if std::env::args().any(|argument| argument == "--serve") {
        println!("\nfetch('{url}', {{headers: {{Authorization: 'Bearer {token}'}}}})");
        println!("  .then(r => r.text()).then(console.log)");
        server.await??;
    }
    Ok(())
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

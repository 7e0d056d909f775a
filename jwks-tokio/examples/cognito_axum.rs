//! An axum service with a route that needs a scope, and what it answers: 200, 401, 403, or 503.
//!
//! With the argument `--serve` it goes on serving, and says how to ask it with curl.

#![expect(clippy::print_stdout, reason = "an example speaks on standard output")]

mod pool;

use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jwks_cognito::{AccessClaims, CognitoCall, CognitoVerifier};
use jwks_tokio::jwks_core::verify::Error;
use jwks_tokio::reqwest;

/// Whoever may read orders.
async fn orders(
    State(may_read): State<CognitoCall>,
    headers: HeaderMap,
) -> Result<String, Refused> {
    let caller = authorize(&may_read, &headers).await?;
    Ok(format!("orders of {}", caller.username.as_deref().unwrap_or("a machine")))
}

async fn authorize(call: &CognitoCall, headers: &HeaderMap) -> Result<AccessClaims, Refused> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) = value.and_then(|value| value.split_once(' ')).ok_or(Refused(None))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refused(None));
    }
    let verified = call.verify(token.trim()).await.map_err(|error| Refused(Some(error)))?;
    Ok(verified.into_claims())
}

/// Why a request is refused; nothing if it has no token.
struct Refused(Option<Error>);

/// RFC 6750, section 3.
impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Some(error) = self.0 else {
            return challenge(StatusCode::UNAUTHORIZED, r#"Bearer realm="orders""#);
        };
        match error.status_code() {
            StatusCode::SERVICE_UNAVAILABLE => {
                let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
                if let Some(seconds) = error.retry_after(SystemTime::now()) {
                    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
                }
                response
            }
            status @ StatusCode::FORBIDDEN => challenge(
                status,
                r#"Bearer realm="orders", error="insufficient_scope", scope="orders/read""#,
            ),
            status => challenge(status, r#"Bearer realm="orders", error="invalid_token""#),
        }
    }
}

fn challenge(status: StatusCode, text: &'static str) -> Response {
    (status, [(header::WWW_AUTHENTICATE, text)]).into_response()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let fake = pool::FakePool::start();
    fake.server.go_down();

    let settings = fake.settings()?;
    let verifier = jwks_tokio::start(CognitoVerifier::builder().pool(settings))?;
    let may_read = verifier.call().scope("orders/read").wait_at_most(Duration::from_millis(200));
    let app = Router::new().route("/orders", get(orders)).with_state(may_read);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/orders", listener.local_addr()?);
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    // From here on: a client of this service.
    let reader = fake.access_token("openid orders/read");
    ask("no keys yet", &url, Some(&reader)).await?;
    fake.server.come_up();
    while ask("a reader", &url, Some(&reader)).await? == StatusCode::SERVICE_UNAVAILABLE {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    ask("no token", &url, None).await?;
    ask("a broken token", &url, Some("eyJ.e30.x")).await?;
    ask("no scope", &url, Some(&fake.access_token("openid"))).await?;
    if std::env::args().any(|argument| argument == "--serve") {
        println!("\ncurl -i {url}\ncurl -i -H 'Authorization: Bearer {reader}' {url}");
        server.await??;
    }
    Ok(())
}

async fn ask(what: &str, url: &str, token: Option<&str>) -> Result<StatusCode, reqwest::Error> {
    let mut request = reqwest::Client::builder().no_proxy().build()?.get(url);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await?;
    let status = response.status();
    let said: Vec<_> = [header::WWW_AUTHENTICATE, header::RETRY_AFTER]
        .iter()
        .filter_map(|name| response.headers().get(name)?.to_str().ok().map(str::to_owned))
        .collect();
    println!("{what:<15} {status}  {}{}", said.join(""), response.text().await?);
    Ok(status)
}

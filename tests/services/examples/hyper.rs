//! A guard in a service of plain hyper, without tower's layers: it judges the head of a request and
//! says what to answer. Speaks on standard output, and ends by itself.

#![expect(clippy::print_stdout, reason = "an example speaks on standard output")]

use std::convert::Infallible;

use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jwks_testkit::{AUDIENCE, IssuerServer};
use jwks_tokio::{Issuer, Registered, Verifier, reqwest};
use jwks_tower::{Guard, Head, Need};
use tokio::net::TcpListener;

async fn serve(
    guard: &Guard<Registered>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(match guard.admit(&Head::of(&request)).await {
        Ok(Some(caller)) => {
            let sub = caller.claims().sub.as_deref().unwrap_or("nobody");
            Response::new(Full::from(format!("orders of {sub}")))
        }
        // Only an optional guard lets pass who presents nothing.
        Ok(None) => Response::new(Full::from("orders of nobody")),
        Err(refused) => refused.to_response(),
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // In place of your identity provider.
    let provider = IssuerServer::start();
    let issuer = Issuer::new(provider.iss()).jwks_uri(provider.url()).allow_loopback_http();
    let issuer = issuer.audience(AUDIENCE);
    let verifier = jwks_tokio::start(Verifier::builder().issuer(issuer))?;

    let guard = Guard::<Registered>::builder(verifier)
        .realm("orders")
        .need(Need::all(["orders:read"]))
        .build()?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let guard = guard.clone();
            tokio::spawn(async move {
                let service = service_fn(|request| serve(&guard, request));
                let http = hyper::server::conn::http1::Builder::new();
                // A client that goes away is no error of ours.
                let _ = http.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });

    // From here on: a client of this service.
    let reader = provider.token().subject("alice").scopes(["orders:read"]).sign();
    let stranger = provider.token().forged().sign();
    assert_eq!(ask(&url, None).await?, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&url, Some(&stranger)).await?, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&url, Some(&provider.token().sign())).await?, StatusCode::FORBIDDEN);
    assert_eq!(ask(&url, Some(&reader)).await?, StatusCode::OK);
    Ok(())
}

async fn ask(url: &str, token: Option<&str>) -> Result<StatusCode, reqwest::Error> {
    let mut request = reqwest::Client::builder().no_proxy().build()?.get(url);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await?;
    let status = response.status();
    let challenge = response.headers().get(header::WWW_AUTHENTICATE);
    let challenge = challenge.and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned();
    println!("{status}  {challenge}{}", response.text().await?);
    Ok(status)
}

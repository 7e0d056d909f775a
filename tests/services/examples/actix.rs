//! A guard in a service of actix-web, which has its own types for requests and responses: the token
//! is read by `bearer_token`, judged by the guard, and the answer comes as plain values. Speaks on
//! standard output, and ends by itself.

#![expect(clippy::print_stdout, reason = "an example speaks on standard output")]

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{App, FromRequest, HttpRequest, HttpResponse, HttpServer, ResponseError, web};
use jwks_testkit::{AUDIENCE, IssuerServer};
use jwks_tokio::{Issuer, Registered, Verifier, reqwest};
use jwks_tower::{Caller, Guard, Need, Refusal, Refused, bearer_token};

/// The caller, as an extractor of actix-web.
struct Who(Caller<Registered>);

/// A refusal, as its error.
#[derive(Debug)]
struct Error(Refused);

impl FromRequest for Who {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let guard = request.app_data::<web::Data<Guard<Registered>>>().expect("a guard").clone();
        let values = request.headers().get_all("authorization").map(|value| value.as_bytes());
        let token = bearer_token(values).map(|token| token.map(str::to_owned));
        Box::pin(async move {
            let token = token.and_then(|token| token.ok_or_else(Refusal::no_credential));
            let token = token.map_err(|refusal| Error(guard.refuse(refusal)))?;
            guard.admit_token(&token).await.map(Who).map_err(Error)
        })
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.answer().text())
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        let status = self.0.answer().status().as_u16();
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        for (name, value) in self.0.answer().headers() {
            response.insert_header((name.as_str(), value.as_bytes()));
        }
        response.finish()
    }
}

async fn list(Who(caller): Who) -> String {
    format!("orders of {}", caller.claims().sub.as_deref().unwrap_or("nobody"))
}

#[actix_web::main]
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
    let guard = web::Data::new(guard);
    let server =
        HttpServer::new(move || App::new().app_data(guard.clone()).route("/", web::get().to(list)));
    let server = server.workers(1).bind(("127.0.0.1", 0))?;
    let url = format!("http://{}/", server.addrs()[0]);
    let running = server.run();
    let handle = running.handle();
    let running = actix_web::rt::spawn(running);

    // From here on: a client of this service.
    let reader = provider.token().subject("alice").scopes(["orders:read"]).sign();
    assert_eq!(ask(&url, None).await?, 401);
    assert_eq!(ask(&url, Some("a,b")).await?, 400);
    assert_eq!(ask(&url, Some(&provider.token().expired().sign())).await?, 401);
    assert_eq!(ask(&url, Some(&provider.token().sign())).await?, 403);
    assert_eq!(ask(&url, Some(&reader)).await?, 200);
    handle.stop(true).await;
    running.await??;
    Ok(())
}

async fn ask(url: &str, token: Option<&str>) -> Result<u16, reqwest::Error> {
    let mut request = reqwest::Client::builder().no_proxy().build()?.get(url);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await?;
    let status = response.status().as_u16();
    let challenge = response.headers().get("www-authenticate");
    let challenge = challenge.and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned();
    println!("{status}  {challenge}{}", response.text().await?);
    Ok(status)
}

//! Services of tower, and issuers that listen.

use std::{cell::RefCell, io::Read as _, io::Write as _, net::TcpStream};

use axum::{Router, body::Body, http::HeaderMap, routing::get};
use bytes::Bytes;
use http::{Request, Response};
use jwks_testkit::{Audit, TestIssuer, Trailers, tower};

/// The key set, as a service fetches it.
fn keys(issuer: &TestIssuer) -> String {
    let host = issuer.base().trim_start_matches("http://");
    let Ok(mut stream) = TcpStream::connect(host) else { return String::new() };
    let request = format!("GET /keys HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn issuers_listen_unless_the_phase_is_an_outage() {
    let answers = RefCell::new(Vec::new());
    let report = pollster::block_on(Audit::get("/orders").run(async |issuer: TestIssuer| {
        answers.borrow_mut().push(keys(&issuer));
        async |_: Request<Bytes>| Response::new(Bytes::new())
    }));
    assert!(report.faults().count() > 60, "{report}");
    let answers = answers.into_inner();
    assert!(answers[..3].iter().all(|it| it.contains("kid-of-the-audit")), "{answers:?}");
    assert!(answers[3].starts_with("HTTP/1.1 500"), "{answers:?}");
    assert_eq!(answers[4], "", "nobody listens");
}

#[test]
fn a_router_is_a_service() {
    let report = pollster::block_on(Audit::get("/orders").run_in_memory(async |_| {
        let router = Router::new().route(
            "/orders",
            get(|headers: HeaderMap| async move {
                assert!(headers.len() < 3);
                "orders"
            }),
        );
        tower::<Router, Body, Body>(router)
    }));
    let open = |row: &str| report.faults().any(|it| it.row() == row && it.what() == "it is let in");
    assert!(
        ["1", "2", "3", "4", "5", "6", "8a", "9", "14", "19"].into_iter().all(open),
        "{report}"
    );
    // Its own 405, for want of a guard that would have asked first.
    assert!(!open("22"), "{report}");
}

#[test]
fn trailers_are_kept_beside_the_body() {
    let router = Router::new().route(
        "/",
        get(|| async {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", 0.into());
            Response::new(Body::new(WithTrailers(Some(trailers))))
        }),
    );
    let service = tower::<Router, Body, Body>(router);
    let response = pollster::block_on(service(Request::new(Bytes::new())));
    let trailers = response.extensions().get::<Trailers>().expect("trailers");
    assert_eq!(trailers.fields()["grpc-status"], "0");
}

struct WithTrailers(Option<HeaderMap>);

impl http_body::Body for WithTrailers {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Ready(
            self.0.take().map(|trailers| Ok(http_body::Frame::trailers(trailers))),
        )
    }
}

//! What is looked at in gRPC.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use jwks_testkit::{Audit, InMemory, Report, TestIssuer, Trailers};

/// A guard that is right in gRPC, but for what `change` does to its refusals.
fn report(change: impl Fn(&mut Response<Bytes>)) -> Report {
    let audit = Audit::grpc("/orders.Orders/List", b"");
    pollster::block_on(audit.run_in_memory(async |issuer: TestIssuer| {
        let mut world = InMemory::new();
        world.connect(&issuer);
        let verifier = world.verifier([issuer.configured()]);
        let world = RefCell::new(world);
        let change = &change;
        async move |request: Request<Bytes>| {
            let headers: Vec<_> = request.headers().get_all("authorization").iter().collect();
            let token = match headers[..] {
                [only] => only.to_str().unwrap_or_default(),
                _ => "",
            };
            let (scheme, token) = token.split_once(' ').unwrap_or_default();
            let mut answer = Response::new(Bytes::new());
            let headers = answer.headers_mut();
            headers.insert("content-type", "application/grpc".parse().unwrap());
            if !scheme.eq_ignore_ascii_case("bearer") {
                headers.insert("grpc-status", 16.into());
                change(&mut answer);
                return answer;
            }
            let budget = Duration::from_millis(200);
            let call = verifier.verify_within::<serde_json::Value>(token, budget);
            let verdict = world.borrow_mut().block_on(call);
            match verdict {
                Ok(verified) if verified.claims().get("cnf").is_none() => {
                    let mut trailers = HeaderMap::new();
                    trailers.insert("grpc-status", 0.into());
                    answer.extensions_mut().insert(Trailers::new(trailers));
                    return answer;
                }
                Ok(_) => headers.insert("grpc-status", 16.into()),
                Err(error) => {
                    if error.is_retryable() {
                        headers.insert("grpc-retry-pushback-ms", 1000.into());
                    }
                    let code = if error.is_caller_fault() { 16 } else { 14 };
                    headers.insert("grpc-status", code.into())
                }
            };
            change(&mut answer);
            answer
        }
    }))
}

#[test]
fn a_guard_that_is_right_has_no_deviation() {
    report(|_| {}).assert_clean();
}

#[test]
fn each_planted_fault_is_found() {
    let found = |what: &str, change: &dyn Fn(&mut Response<Bytes>)| {
        let report = report(change);
        assert!(report.deviations().any(|it| it.what().contains(what)), "{what}: {report}");
    };
    found("HTTP is not 200", &|answer| *answer.status_mut() = http::StatusCode::UNAUTHORIZED);
    found("`grpc-status` is not 14", &|answer| {
        answer.headers_mut().insert("grpc-status", 16.into());
    });
    found("let in", &|answer| {
        answer.headers_mut().remove("grpc-status");
    });
    found("pushback-ms` is missing", &|answer| {
        answer.headers_mut().remove("grpc-retry-pushback-ms");
    });
    found("pushback-ms` is no number", &|answer| {
        answer.headers_mut().insert("grpc-retry-pushback-ms", "soon".parse().unwrap());
    });
    found("has a body", &|answer| *answer.body_mut() = Bytes::from_static(b"{}"));
    found("content-type", &|answer| {
        answer.headers_mut().remove("content-type");
    });
    found("among the headers", &|answer| {
        let status = answer.headers_mut().remove("grpc-status").unwrap();
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", status);
        answer.extensions_mut().insert(Trailers::new(trailers));
    });
}

#[test]
fn every_call_is_a_post_with_one_frame() {
    let seen = Cell::new(0);
    let audit = Audit::grpc("/orders.Orders/List", b"abc");
    let _ = pollster::block_on(audit.run_in_memory(async |issuer: TestIssuer| {
        let (seen, iss) = (&seen, issuer.iss().to_owned());
        async move |request: Request<Bytes>| {
            assert_eq!(request.method(), "POST");
            assert_eq!(request.headers()["content-type"], "application/grpc");
            assert_eq!(request.body().as_ref(), b"\0\0\0\0\x03abc");
            assert_eq!(iss, "https://audit.test");
            seen.set(seen.get() + 1);
            Response::new(Bytes::new())
        }
    }));
    assert!(seen.get() > 50);
}

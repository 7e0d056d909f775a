//! Each case over a real tonic server on loopback, with tonic's own client.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, BufMut};
use http::uri::PathAndQuery;
use jwks_tower::jwks_core::verify::Registered;
use jwks_tower::{Caller, Guard, Need};
use tokio::runtime::Runtime;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::server::{NamedService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Status};
use tower::Service;

use crate::cases::{self, Case};
use crate::world::{SHORT, World, bearer};

/// Texts as messages, without protobuf.
#[derive(Clone, Copy, Default)]
struct Text;

impl Codec for Text {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Text {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, text: String, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(text.as_bytes());
        Ok(())
    }
}

impl Decoder for Text {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let bytes = buffer.copy_to_bytes(buffer.remaining());
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

type Answering<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Says who asks; needs a scope that only the message tells.
struct WhoAmI;

impl UnaryService<String> for WhoAmI {
    type Response = String;
    type Future = Answering<tonic::Response<String>, Status>;

    fn call(&mut self, request: tonic::Request<String>) -> Self::Future {
        Box::pin(async move {
            let caller = Caller::<Registered>::of(request.extensions())?;
            if !request.get_ref().is_empty() {
                caller.require(&Need::all([request.get_ref().as_str()]))?;
            }
            Ok(tonic::Response::new(caller.claims().sub.clone().unwrap_or_default()))
        })
    }
}

#[derive(Clone)]
struct Service0;

impl NamedService for Service0 {
    const NAME: &'static str = "test.Who";
}

impl Service<http::Request<Body>> for Service0 {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answering<http::Response<Body>, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move { Ok(tonic::server::Grpc::new(Text).unary(WhoAmI, request).await) })
    }
}

async fn serve(guard: Option<Guard<Registered>>) -> Channel {
    let incoming = TcpIncoming::bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let url = format!("http://{}", incoming.local_addr().expect("an address"));
    match guard {
        Some(guard) => {
            // Room for a token that is too long for the verifier.
            let builder = Server::builder().http2_max_header_list_size(1 << 16);
            let server = builder.layer(guard).add_service(Service0);
            tokio::spawn(server.serve_with_incoming(incoming));
        }
        None => {
            let server = Server::builder().add_service(Service0);
            tokio::spawn(server.serve_with_incoming(incoming));
        }
    }
    Endpoint::from_shared(url).expect("a URL").connect().await.expect("a connection")
}

async fn call(channel: Channel, headers: http::HeaderMap, scope: &str) -> Result<String, Status> {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
    let mut request = tonic::Request::new(scope.to_owned());
    *request.metadata_mut() = MetadataMap::from_headers(headers);
    let path = PathAndQuery::from_static("/test.Who/WhoAmI");
    Ok(client.unary(request, path, Text).await?.into_inner())
}

/// Runs the call, while the time of the world passes.
fn run(
    runtime: &Runtime,
    world: &mut World,
    guard: Option<Guard<Registered>>,
    headers: http::HeaderMap,
    scope: &'static str,
) -> Result<String, Status> {
    let asking = runtime.spawn(async move { call(serve(guard).await, headers, scope).await });
    while !asking.is_finished() {
        world.memory.advance(Duration::from_millis(2));
        std::thread::sleep(Duration::from_millis(1));
    }
    runtime.block_on(asking).expect("no panic")
}

#[test]
fn a_real_server_answers_as_the_table_says() {
    let runtime = Runtime::new().unwrap();
    for Case { name, mut world, guard, request, answer } in cases::all() {
        let status =
            run(&runtime, &mut world, Some(guard), request.headers().clone(), "").unwrap_err();
        assert_eq!(status.code(), Code::from_i32(answer.grpc.into()), "{name}: {status:?}");
        assert!(!status.message().is_empty(), "{name}");
        let pushback = status.metadata().get("grpc-retry-pushback-ms");
        assert_eq!(pushback.is_some(), answer.retry, "{name}");
    }
}

#[test]
fn a_good_token_passes_and_the_handler_may_need_more() {
    let runtime = Runtime::new().unwrap();
    let mut world = World::new();
    let guard = || world.guard().wait_at_most(SHORT).build().unwrap();
    let (first, second, third) = (guard(), guard(), guard().optional());
    let token = world.token().subject("alice").scopes(["read"]).sign();
    let headers = bearer(&token).headers().clone();
    let answered = run(&runtime, &mut world, Some(first), headers.clone(), "read").unwrap();
    assert_eq!(answered, "alice");
    let status = run(&runtime, &mut world, Some(second), headers.clone(), "write").unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    // Nobody, where the handler wants somebody.
    let status = run(&runtime, &mut world, Some(third), http::HeaderMap::new(), "").unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    // Row 23.
    let status = run(&runtime, &mut world, None, headers, "").unwrap_err();
    assert_eq!(status.code(), Code::Internal);
}

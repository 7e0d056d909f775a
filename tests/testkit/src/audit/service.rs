//! Services as functions from request to response.

use std::{fmt::Debug, future::poll_fn, pin::pin};

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, Request, Response};
use http_body::Body;
use tower_service::Service;

/// The trailers of a response, among its extensions: where gRPC has its status.
#[derive(Clone, Debug)]
pub struct Trailers(HeaderMap);

impl Trailers {
    /// These fields.
    pub const fn new(fields: HeaderMap) -> Self {
        Self(fields)
    }

    /// The fields.
    pub const fn fields(&self) -> &HeaderMap {
        &self.0
    }
}

/// A tower service, axum's `Router` for one, as a function for [`Audit::run`](super::Audit::run).
///
/// The response is read to its end; its trailers are put among the extensions, as [`Trailers`].
///
/// # Panics
///
/// The function it returns panics when the service, or the body, fails with an error: a guard
/// answers.
pub fn tower<S, Q, R>(service: S) -> impl AsyncFn(Request<Bytes>) -> Response<Bytes>
where
    S: Service<Request<Q>, Response = Response<R>> + Clone,
    S::Error: Debug,
    Q: From<Bytes>,
    R: Body,
    R::Error: Debug,
{
    async move |request: Request<Bytes>| {
        let mut service = service.clone();
        poll_fn(|context| service.poll_ready(context)).await.expect("a service that is ready");
        let response = service.call(request.map(Q::from)).await.expect("a response, no error");
        read(response).await
    }
}

async fn read<R>(response: Response<R>) -> Response<Bytes>
where
    R: Body,
    R::Error: Debug,
{
    let (mut parts, body) = response.into_parts();
    let mut body = pin!(body);
    let mut bytes = BytesMut::new();
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        match frame.expect("a body that ends well").into_data() {
            Ok(mut data) => {
                while data.has_remaining() {
                    let chunk = data.chunk();
                    bytes.extend_from_slice(chunk);
                    let len = chunk.len();
                    data.advance(len);
                }
            }
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    parts.extensions.insert(Trailers::new(trailers));
                }
            }
        }
    }
    Response::from_parts(parts, bytes.freeze())
}

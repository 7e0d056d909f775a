//! From request to answer.

use std::{
    future::pending,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    response::Response,
};
use bytes::Bytes;
use tokio::{io::AsyncWriteExt, time::sleep};

use super::socket::{Doorway, Socket};
use crate::{
    Recorded,
    issuer::{Answer, Ending, Manner, Shared},
};

/// Serves all connections until dropped.
pub(super) async fn serve(doorway: Doorway, shared: Arc<Shared>) -> io::Result<()> {
    let app = Router::new().fallback(handle).with_state(shared);
    axum::serve(doorway, app.into_make_service_with_connect_info::<Socket>()).await
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(socket): ConnectInfo<Socket>,
    request: Request,
) -> Response {
    let path = request.uri().path();
    // Answer and record are made together, so that they come in the same order.
    let (answer, _open) = {
        let mut script = shared.script();
        let open = shared.journal.open(Recorded {
            at: Instant::now(),
            connection: socket.number(),
            headers: request.headers().clone(),
            method: request.method().to_string(),
            path: path.to_owned(),
        });
        (script.answer(path, request.headers()), open)
    };
    // Even a timer of zero costs a round of the timer wheel.
    if !answer.delay.is_zero() {
        sleep(answer.delay).await;
    }
    if let Some(gate) = &answer.gate {
        gate.passed().await;
    }
    if answer.framed && matches!(answer.manner, Manner::Whole) {
        let mut response = Response::new(Body::from(answer.body));
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        return response;
    }
    let ending = write(&mut socket.clone(), &answer).await;
    match ending.unwrap_or(Ending::Close) {
        Ending::Close => socket.cut(),
        // axum drops this future when the other side hangs up.
        Ending::Hang => pending().await,
        Ending::Reset => socket.cut_with_reset(),
    }
    Response::default()
}

/// Writes the answer by hand, as far as its manner goes.
async fn write(socket: &mut Socket, answer: &Answer) -> io::Result<Ending> {
    if let Manner::Mute(ending) = answer.manner {
        return Ok(ending);
    }
    if answer.framed {
        socket.write_all(&head(answer)).await?;
    }
    match answer.manner {
        Manner::Chunked => {
            for chunk in answer.body.chunks(CHUNK) {
                socket.write_all(&framed(chunk)).await?;
            }
            socket.write_all(b"0\r\n\r\n").await?;
            Ok(Ending::Close)
        }
        Manner::Endless => {
            socket.write_all(&framed(&answer.body)).await?;
            // Until the other side hangs up.
            loop {
                socket.write_all(&framed(&[b' '; CHUNK])).await?;
            }
        }
        Manner::Mute(ending) => Ok(ending),
        Manner::Partial { bytes, ending } => {
            let part = answer.body.slice(..bytes.min(answer.body.len()));
            socket.write_all(&part).await?;
            Ok(ending)
        }
        Manner::Trickle { bytes, every } => {
            trickle(socket, &answer.body, bytes, every).await?;
            Ok(Ending::Close)
        }
        Manner::Whole => {
            socket.write_all(&answer.body).await?;
            Ok(Ending::Close)
        }
    }
}

/// One chunk (RFC 9112, section 7.1).
fn framed(chunk: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat()
}

async fn trickle(
    socket: &mut Socket,
    body: &Bytes,
    bytes: usize,
    every: Duration,
) -> io::Result<()> {
    for (index, piece) in body.chunks(bytes).enumerate() {
        if index > 0 {
            sleep(every).await;
        }
        socket.write_all(piece).await?;
    }
    Ok(())
}

/// Status line and headers (RFC 9112, sections 4 and 5).
fn head(answer: &Answer) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {}\r\n", answer.status).into_bytes();
    for (name, value) in &answer.headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    let framing = match answer.manner {
        Manner::Chunked | Manner::Endless => "transfer-encoding: chunked".to_owned(),
        _ => format!("content-length: {}", answer.body.len()),
    };
    head.extend_from_slice(format!("{framing}\r\nconnection: close\r\n\r\n").as_bytes());
    head
}

const CHUNK: usize = 8 * 1024;

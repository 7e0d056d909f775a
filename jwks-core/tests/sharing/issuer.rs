//! The scripted issuer.

use std::cell::Cell;
use std::time::Duration;

use http::{Request, Response};
use jwks_core::cache::FetchError;

use crate::keys::set_of;

/// What the issuer does with requests, until told otherwise.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Mode {
    /// 200 with exactly this body.
    Body(String),
    /// The adapter gives up and drops the reply.
    Drops,
    /// Nothing ever comes.
    Silent,
    /// This status, and this `Retry-After` in seconds.
    Status(u16, Option<u64>),
    /// No connection.
    Unreachable,
    /// 200 with the keys, or 304 if asked.
    Up,
}

pub(crate) struct Issuer {
    pub(crate) mode: Mode,
    pub(crate) latency: Duration,
    pub(crate) kids: Vec<&'static str>,
    /// Whether it sends validators and understands them.
    pub(crate) etags: bool,
    pub(crate) cache_control: Option<&'static str>,
    /// The `Age` of its answers: the answer of a cache on the way, if it is not zero.
    pub(crate) age: u64,
    /// Another replica of it, which every other request goes to, publishes these.
    pub(crate) replica: Option<Vec<&'static str>>,
    asked: Cell<usize>,
}

/// What will arrive.
pub(crate) enum Answer {
    Dropped,
    Response(Result<Response<Vec<u8>>, FetchError>),
}

impl Issuer {
    pub(crate) fn new() -> Self {
        Self {
            mode: Mode::Up,
            latency: Duration::from_millis(200),
            kids: vec!["a", "b"],
            etags: false,
            cache_control: None,
            age: 0,
            replica: None,
            asked: Cell::new(0),
        }
    }

    /// What the replica publishes that the last request went to.
    pub(crate) fn published(&self) -> &[&'static str] {
        self.replica.as_ref().filter(|_| self.asked.get() % 2 == 1).unwrap_or(&self.kids)
    }

    /// None: never.
    pub(crate) fn answer(&self, request: &Request<()>) -> Option<Answer> {
        self.asked.set(self.asked.get() + 1);
        Some(match &self.mode {
            Mode::Body(body) => self.found(body.clone(), None),
            Mode::Drops => Answer::Dropped,
            Mode::Silent => return None,
            Mode::Status(status, retry_after) => {
                let mut response = Response::builder().status(*status);
                if let Some(seconds) = retry_after {
                    response = response.header("retry-after", *seconds);
                }
                Answer::Response(Ok(response.body(Vec::new()).unwrap()))
            }
            Mode::Unreachable => Answer::Response(Err(FetchError::connect("refused"))),
            Mode::Up => {
                let kids = self.published();
                let etag = self.etags.then(|| format!("\"{}\"", kids.join("")));
                let sent = request.headers().get("if-none-match");
                if etag.is_some() && sent.map(|v| v.to_str().unwrap()) == etag.as_deref() {
                    let response = Response::builder().status(304).body(Vec::new()).unwrap();
                    return Some(Answer::Response(Ok(response)));
                }
                self.found(set_of(kids), etag)
            }
        })
    }

    fn found(&self, body: String, etag: Option<String>) -> Answer {
        let mut response = Response::builder().status(200);
        if let Some(etag) = etag {
            response = response.header("etag", etag);
        }
        if self.age > 0 {
            response = response.header("age", self.age);
        }
        if let Some(value) = self.cache_control {
            response = response.header("cache-control", value);
        }
        Answer::Response(Ok(response.body(body.into_bytes()).unwrap()))
    }
}

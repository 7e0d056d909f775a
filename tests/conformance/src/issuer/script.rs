//! Which answer comes next: a queue per path, then that path's standing answer.

use std::{
    collections::{BTreeMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{
    Gate,
    reply::{Content, Manner, Reply},
};

/// What the server is told to answer.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) delay: Duration,
    pages: BTreeMap<String, Page>,
    pub(super) published: Bytes,
}

impl Script {
    pub(super) fn new(published: Bytes) -> Self {
        Self { delay: Duration::ZERO, pages: BTreeMap::new(), published }
    }

    /// The answer to the next request for this path. All that depends on the moment is settled
    /// here, so that an answer that is slow to come carries what held when it was asked for.
    pub(super) fn answer(&mut self, path: &str) -> Answer {
        let reply = match self.pages.get_mut(path) {
            Some(page) => page.next.pop_front().unwrap_or_else(|| page.always.clone()),
            None => Reply::status(404),
        };
        let (body, framed) = match reply.content {
            Content::Body(body) => (body, true),
            Content::Padded(len) => (padded(&self.published, len), true),
            Content::Published => (self.published.clone(), true),
            Content::Raw(bytes) => (bytes, false),
        };
        let mut headers = reply.headers;
        if reply.tagged {
            headers.insert(header::ETAG, tag_of(&body));
        }
        let delay = reply.delay.unwrap_or(self.delay);
        let Reply { gate, manner, status, .. } = reply;
        Answer { body, delay, framed, gate, headers, manner, status }
    }

    pub(super) fn always(&mut self, path: &str, reply: Reply) {
        self.page(path).always = reply;
    }

    pub(super) fn next(&mut self, path: &str, reply: Reply) {
        self.page(path).next.push_back(reply);
    }

    pub(super) fn clear(&mut self, path: &str) {
        self.page(path).next.clear();
    }

    fn page(&mut self, path: &str) -> &mut Page {
        self.pages
            .entry(path.to_owned())
            .or_insert_with(|| Page { always: Reply::status(404), next: VecDeque::new() })
    }
}

/// A reply whose every byte is known.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) body: Bytes,
    pub(super) delay: Duration,
    /// Whether status line and headers go before the body.
    pub(super) framed: bool,
    pub(super) gate: Option<Gate>,
    pub(super) headers: HeaderMap,
    pub(super) manner: Manner,
    pub(super) status: StatusCode,
}

#[derive(Debug)]
struct Page {
    always: Reply,
    next: VecDeque<Reply>,
}

fn padded(json: &Bytes, len: usize) -> Bytes {
    let mut body = json.to_vec();
    body.resize(len.max(json.len()), b' ');
    body.into()
}

fn tag_of(body: &Bytes) -> HeaderValue {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let tag = format!("\"{:016x}\"", hasher.finish());
    HeaderValue::from_str(&tag).expect("hexadecimal digits in quotes")
}

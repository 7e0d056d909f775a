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
pub(crate) struct Script {
    pub(crate) delay: Duration,
    pages: BTreeMap<String, Page>,
    pub(crate) published: Bytes,
}

impl Script {
    pub(crate) fn new(published: Bytes) -> Self {
        Self { delay: Duration::ZERO, pages: BTreeMap::new(), published }
    }

    /// The answer to the next request for this path. All that depends on the moment is settled
    /// here, so that an answer that is slow to come carries what held when it was asked for.
    pub(crate) fn answer(&mut self, path: &str, asked: &HeaderMap) -> Answer {
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
        let mut answer = Answer { body, delay, framed, gate, headers, manner, status };
        if answer.status == StatusCode::OK && unchanged(&answer.headers, asked) {
            answer.become_not_modified();
        }
        answer
    }

    pub(crate) fn always(&mut self, path: &str, reply: Reply) {
        self.page(path).always = reply;
    }

    pub(crate) fn next(&mut self, path: &str, reply: Reply) {
        self.page(path).next.push_back(reply);
    }

    pub(crate) fn clear(&mut self, path: &str) {
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
pub(crate) struct Answer {
    pub(crate) body: Bytes,
    pub(crate) delay: Duration,
    /// Whether status line and headers go before the body.
    pub(crate) framed: bool,
    pub(crate) gate: Option<Gate>,
    pub(crate) headers: HeaderMap,
    pub(crate) manner: Manner,
    pub(crate) status: StatusCode,
}

impl Answer {
    fn become_not_modified(&mut self) {
        self.status = StatusCode::NOT_MODIFIED;
        self.headers.remove(header::CONTENT_TYPE);
        self.body = Bytes::new();
        // A 304 has no body that could come in pieces (RFC 9112, section 6.3).
        if !matches!(self.manner, Manner::Mute(_)) {
            self.manner = Manner::Whole;
        }
    }
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

/// Whether the client holds this representation already (RFC 9110, section 13).
///
/// `If-None-Match` compares weakly and, when present, alone; dates match when they are the same.
fn unchanged(answer: &HeaderMap, request: &HeaderMap) -> bool {
    if request.contains_key(header::IF_NONE_MATCH) {
        let Some(tag) = answer.get(header::ETAG).and_then(|tag| tag.to_str().ok()) else {
            return false;
        };
        return request
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|list| list.to_str().ok())
            .flat_map(|list| list.split(','))
            .any(|held| held.trim() == "*" || weak(held.trim()) == weak(tag));
    }
    match (answer.get(header::LAST_MODIFIED), request.get(header::IF_MODIFIED_SINCE)) {
        (Some(modified), Some(since)) => modified == since,
        _ => false,
    }
}

fn weak(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

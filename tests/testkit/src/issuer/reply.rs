//! What the issuer answers, sound or broken.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::Gate;

/// One answer of the fake issuer, built by value: what is said, and how it is delivered.
///
/// ```
/// use std::time::Duration;
///
/// use jwks_testkit::Reply;
///
/// let slow = Reply::published().cache_control("max-age=60").delay(Duration::from_millis(50));
/// let limited = Reply::status(429).retry_after(2);
/// let broken = Reply::published().truncate_after(20);
/// # let _ = (slow, limited, broken);
/// ```
///
/// A 200 with an `ETag` or `Last-Modified` becomes a 304 when the request's `If-None-Match` or
/// `If-Modified-Since` matches it.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(crate) content: Content,
    pub(crate) delay: Option<Duration>,
    pub(crate) gate: Option<Gate>,
    pub(crate) headers: HeaderMap,
    pub(crate) manner: Manner,
    pub(crate) status: StatusCode,
    pub(crate) tagged: bool,
}

/// What is said.
impl Reply {
    /// 200 with the key set that is published when the request arrives; without caching headers.
    pub fn published() -> Self {
        Self::new(StatusCode::OK, Content::Published).header("content-type", "application/json")
    }

    /// 200 with this JSON text, whatever is published.
    pub fn keys(json: impl Into<String>) -> Self {
        Self::new(StatusCode::OK, Content::Body(json.into().into()))
            .header("content-type", "application/json")
    }

    /// This status without a body. A 304 made so answers unconditional requests, too.
    ///
    /// # Panics
    ///
    /// When `code` is not in 100 … 999.
    pub fn status(code: u16) -> Self {
        let status = StatusCode::from_u16(code).expect("a status of three digits");
        Self::new(status, Content::Body(Bytes::new()))
    }

    /// 302 to this URL or path; for other codes, `Reply::status(307).header("location", to)`.
    pub fn redirect(to: &str) -> Self {
        Self::status(302).header("location", to)
    }

    /// 200 with a page of HTML, as a captive portal or a proxy would answer.
    pub fn not_json() -> Self {
        let page = "<!doctype html><title>Sign in</title><p>Please sign in.</p>";
        Self::new(StatusCode::OK, Content::Body(Bytes::from_static(page.as_bytes())))
            .header("content-type", "text/html")
    }

    /// 200 with the published set, padded with spaces to at least `len` bytes: too large, but
    /// otherwise right. Add [`Reply::chunked`] to leave `Content-Length` out.
    pub fn oversized(len: usize) -> Self {
        Self::new(StatusCode::OK, Content::Padded(len)).header("content-type", "application/json")
    }

    /// Exactly these bytes in place of an HTTP answer, then the connection is closed.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(StatusCode::OK, Content::Raw(bytes.into().into()))
    }

    /// Bytes that are no HTTP, then the connection is closed.
    pub fn malformed() -> Self {
        Self::raw("\x15\x03\x01 this is not HTTP\r\n\r\n")
    }

    /// The request is read, and nothing ever answered.
    pub fn hang() -> Self {
        Self::published().with(Manner::Mute(Ending::Hang))
    }

    /// The request is read, then the connection is reset (TCP RST).
    pub fn reset() -> Self {
        Self::published().with(Manner::Mute(Ending::Reset))
    }

    /// The request is read, then the connection is closed in an orderly way, without an answer.
    pub fn close() -> Self {
        Self::published().with(Manner::Mute(Ending::Close))
    }

    fn new(status: StatusCode, content: Content) -> Self {
        let (delay, headers, manner) = (None, HeaderMap::new(), Manner::Whole);
        Self { content, delay, gate: None, headers, manner, status, tagged: false }
    }
}

/// Its headers.
impl Reply {
    /// Sets a header, in place of an earlier one of that name. Values may be any bytes that HTTP
    /// allows, text or not.
    ///
    /// # Panics
    ///
    /// When the name or the value is not allowed in HTTP; such answers are [`Reply::raw`]'s.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        let value = HeaderValue::from_bytes(value.as_ref()).expect("a header's value");
        self.headers.insert(name, value);
        self
    }

    /// `Cache-Control`, for instance `"max-age=60"`.
    #[must_use]
    pub fn cache_control(self, directives: &str) -> Self {
        self.header(header::CACHE_CONTROL.as_str(), directives)
    }

    /// `ETag` with this value, quotes (and `W/`) included.
    #[must_use]
    pub fn etag(self, tag: &str) -> Self {
        self.header(header::ETAG.as_str(), tag)
    }

    /// `ETag` that is made from the body, so that it changes when other keys are published.
    #[must_use]
    pub fn tagged(mut self) -> Self {
        self.tagged = true;
        self
    }

    /// `Last-Modified`, as an HTTP date of whole seconds.
    #[must_use]
    pub fn last_modified(self, time: SystemTime) -> Self {
        self.header(header::LAST_MODIFIED.as_str(), httpdate::fmt_http_date(time))
    }

    /// `Retry-After` in seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header(header::RETRY_AFTER.as_str(), seconds.to_string())
    }

    /// `Retry-After` as an HTTP date of whole seconds.
    #[must_use]
    pub fn retry_after_date(self, time: SystemTime) -> Self {
        self.header(header::RETRY_AFTER.as_str(), httpdate::fmt_http_date(time))
    }
}

/// How it is delivered. Of the ways that exclude each other the last one counts.
impl Reply {
    /// Pause between the request and the answer's first byte, in place of the server's own
    /// ([`TestIssuer::delay`](super::TestIssuer::delay)).
    #[must_use]
    pub fn delay(mut self, pause: Duration) -> Self {
        self.delay = Some(pause);
        self
    }

    /// Not a byte before the gate is opened, and the pause is over.
    #[must_use]
    pub fn held(mut self, gate: &Gate) -> Self {
        self.gate = Some(gate.clone());
        self
    }

    /// In chunks, without `Content-Length` (RFC 9112, section 7.1).
    #[must_use]
    pub fn chunked(self) -> Self {
        self.with(Manner::Chunked)
    }

    /// The body, and then white space for ever, in chunks: who does not count reads for ever.
    #[must_use]
    pub fn endless(self) -> Self {
        self.with(Manner::Endless)
    }

    /// `bytes` bytes of the body (of all, if [`Reply::raw`]) at a time, `every` apart.
    #[must_use]
    pub fn trickle(self, bytes: usize, every: Duration) -> Self {
        self.with(Manner::Trickle { bytes: bytes.max(1), every })
    }

    /// Closes after this many bytes of the body, though `Content-Length` promised them all.
    #[must_use]
    pub fn truncate_after(self, bytes: usize) -> Self {
        self.with(Manner::Partial { bytes, ending: Ending::Close })
    }

    /// Sends this many bytes of the body (0: the headers alone), then nothing more, ever.
    #[must_use]
    pub fn stall_after(self, bytes: usize) -> Self {
        self.with(Manner::Partial { bytes, ending: Ending::Hang })
    }

    /// Resets the connection (TCP RST) after this many bytes of the body.
    #[must_use]
    pub fn reset_after(self, bytes: usize) -> Self {
        self.with(Manner::Partial { bytes, ending: Ending::Reset })
    }

    fn with(mut self, manner: Manner) -> Self {
        self.manner = manner;
        self
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Body(Bytes),
    Padded(usize),
    Published,
    Raw(Bytes),
}

/// How a connection ends that does not end as HTTP would have it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    Close,
    Hang,
    Reset,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    Chunked,
    Endless,
    Mute(Ending),
    Partial { bytes: usize, ending: Ending },
    Trickle { bytes: usize, every: Duration },
    Whole,
}

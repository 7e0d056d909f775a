//! How an answer is judged.

use core::time::Duration;
use std::time::SystemTime;

use http::header::{CONTENT_ENCODING, HeaderMap, HeaderValue, LOCATION};
use http::uri::{Authority, Uri};
use http::{Response, StatusCode};

use super::EntityTag;
use super::age::age;
use super::freshness::lifetime;
use super::retry_after::retry_after;
use crate::cache::FetchError;

/// An answer that can be used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    /// A 200: the body holds keys.
    Keys(Terms),
    /// A 304: the keys are what they were. Whether that was asked for, the caller knows.
    NotModified(Terms),
}

/// What a response says of itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Terms {
    /// For how long caches on the way have kept it; zero if none says so. Any other answer can
    /// show a key, but never that there is none: some caches ignore `no-cache`.
    pub(crate) age: Duration,
    /// What to ask with next time. On a 304: the set that it speaks of.
    pub(crate) etag: Option<EntityTag>,
    /// The lifetime that the response gives itself, its age taken off.
    pub(crate) lifetime: Option<Duration>,
    /// How long ago the issuer gave it to another instance.
    pub(crate) shared_for: Duration,
}

/// An [extension](http::Extensions) of a response that another instance got, and shares: how long
/// ago its request was sent.
///
/// The lifetime of the keys counts from then, so that all who share an answer refresh at the same
/// time, and can share the next. Give such a response an `Age` as well: that is what its trust, and
/// the absence of a key in it, are judged by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "made by those who share answers")]
pub struct SharedFor(pub Duration);

/// An answer that cannot be used.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) error: FetchError,
    /// How long the server asks not to be asked.
    pub(crate) retry_after: Option<Duration>,
}

/// Judges everything of a response but the keys in it. `wall` serves a `Retry-After` date only.
///
/// The content type is not judged: issuers send every kind, and what is not a key set shows.
pub(crate) fn judge<B: AsRef<[u8]>>(
    response: &Response<B>,
    max_body: usize,
    wall: SystemTime,
) -> Result<Answer, Refused> {
    let headers = response.headers();
    match response.status() {
        StatusCode::OK => match check_body(response, max_body) {
            // A `Retry-After` has a meaning with refusals by the server only, not with ours.
            Err(error) => Err(Refused { error, retry_after: None }),
            Ok(()) => Ok(Answer::Keys(Terms::of(response))),
        },
        StatusCode::NOT_MODIFIED => Ok(Answer::NotModified(Terms::of(response))),
        status => {
            let error = match headers.get(LOCATION) {
                Some(location) if status.is_redirection() => {
                    FetchError::redirect(status, target(location))
                }
                _ => FetchError::refused_status(status),
            };
            Err(Refused { error, retry_after: retry_after(headers, wall) })
        }
    }
}

impl Terms {
    /// With the lifetime that the document itself asks for, if it does: that counts more than what
    /// HTTP caches are told.
    pub(crate) fn hinted(self, hint: Option<Duration>) -> Self {
        let Some(hint) = hint else { return self };
        let left = hint.saturating_sub(self.age);
        Self { lifetime: Some(left).filter(|left| !left.is_zero()), ..self }
    }

    fn of<B>(response: &Response<B>) -> Self {
        let headers = response.headers();
        let age = age(headers);
        let shared_for = response.extensions().get::<SharedFor>().map_or(Duration::ZERO, |it| it.0);
        Self { age, etag: EntityTag::of(headers), lifetime: lifetime(headers, age), shared_for }
    }
}

fn check_body<B: AsRef<[u8]>>(response: &Response<B>, max_body: usize) -> Result<(), FetchError> {
    if let Some(coding) = foreign_coding(response.headers()) {
        return Err(FetchError::encoding(coding));
    }
    if response.body().as_ref().len() > max_body {
        return Err(FetchError::too_large(max_body));
    }
    if response.body().as_ref().trim_ascii().is_empty() {
        return Err(FetchError::empty());
    }
    Ok(())
}

/// The first content encoding that is not none at all (RFC 9110, section 8.4).
fn foreign_coding(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .flat_map(|line| line.as_bytes().split(|b| *b == b','))
        .map(<[u8]>::trim_ascii)
        .find(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
        .map(|coding| shortened(&coding.escape_ascii().to_string()))
}

/// Where a redirect leads, in words. Path and query may hold secrets, so a log must not show them.
fn target(location: &HeaderValue) -> String {
    let Ok(text) = location.to_str() else {
        return UNREADABLE.to_owned();
    };
    let text = text.trim();
    if let Some(rest) = text.strip_prefix("//") {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let authority = rest.get(..end).and_then(|text| text.parse::<Authority>().ok());
        return authority.map_or_else(|| UNREADABLE.to_owned(), |to| place("//", &to));
    }
    let Ok(uri) = text.parse::<Uri>() else {
        return UNREADABLE.to_owned();
    };
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => place(&format!("{scheme}://"), authority),
        _ if text.starts_with('/') => "on the same host".to_owned(),
        _ => UNREADABLE.to_owned(),
    }
}

/// Scheme, host and port, but no user information.
fn place(scheme: &str, authority: &Authority) -> String {
    let host = authority.as_str().rsplit('@').next().unwrap_or_default();
    format!("to {}", shortened(&format!("{scheme}{host}")))
}

/// Of ASCII text, which was escaped or parsed before.
fn shortened(text: &str) -> String {
    match text.get(..MAX_TEXT) {
        Some(start) if text.len() > MAX_TEXT => format!("{start}…"),
        _ => text.to_owned(),
    }
}

const MAX_TEXT: usize = 80;
const UNREADABLE: &str = "to somewhere";

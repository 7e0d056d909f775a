//! One fetch, as the driver hands it to the adapter, and the answer that comes back.

use std::fmt;
use std::sync::Arc;

use http::{Request, Response};

use super::discovery::{Discovery, DiscoveryError};
use super::http::{Answer, EntityTag, Refused, Terms, judge};
use super::shared::Shared;
use super::url::{Shown, Url};
use super::{FetchError, Guards, Progress, Source};
use crate::keys::KeySet;
use crate::refresh::{FetchId, Time};

/// A request to send, and where to put the answer.
///
/// Send `request` as it is, once, follow no redirect, stop reading past `max_body` bytes, and give
/// up at `deadline`; then call [`Reply::send`] with what came. The driver waits no longer than
/// `deadline` in any case. One attempt may take two of these: the first asks the issuer where its
/// keys are. The rules in full are [there](crate::adapter#writing-an-adapter).
///
/// [`Debug`](fmt::Debug) does not show the URL's query, which may hold a secret.
#[non_exhaustive]
pub struct Fetch {
    /// The whole request, but for the header `Host`: a GET of an absolute URL, without a body.
    pub request: Request<()>,
    /// When this request has failed, on the clock of [`Driver::poll`](super::Driver::poll).
    pub deadline: Time,
    /// The most bytes of body that are read; one more is [`FetchError::too_large`].
    pub max_body: usize,
    /// What an answer will be worth, for whoever can choose between answers. Optional.
    pub guards: Guards,
    /// Takes what the exchange waits for, so that a time-out can say it. Optional.
    pub progress: Progress,
    /// Takes the outcome.
    pub reply: Reply,
}

/// Takes the outcome of one [`Fetch`], on any thread, and wakes the driver. Dropping it reports
/// that the fetch was abandoned. Nothing happens if the driver has given that fetch up, or is gone.
#[derive(Debug)]
pub struct Reply {
    id: FetchId,
    asked: Arc<Asked>,
    progress: Progress,
    shared: Option<Arc<Shared>>,
}

/// What the answer answers.
#[derive(Debug)]
pub(crate) enum Asked {
    Discovery(Arc<Discovery>),
    /// The keys of this source; with a tag: whether they are still those.
    Keys {
        etag: Option<EntityTag>,
        source: Source,
    },
}

/// What the answer is worth.
#[derive(Debug)]
pub(crate) enum Judged {
    /// The keys could not be had.
    Failed(Refused),
    /// The issuer's keys are there.
    Found(Url),
    Keys {
        keys: KeySet,
        terms: Terms,
    },
    /// The issuer's document does not say where its keys are.
    NotFound(NotFound),
    NotModified(Terms),
}

/// Why the place of the keys is not known.
#[derive(Debug)]
pub(crate) struct NotFound {
    pub(crate) refused: Refused,
    /// The document says something that must not be believed, so that no place that the issuer
    /// named before is believed either.
    pub(crate) is_refusal: bool,
}

impl Reply {
    pub(crate) fn new(id: FetchId, asked: Arc<Asked>, progress: Progress, shared: &Arc<Shared>) -> Self {
        Self { id, asked, progress, shared: Some(Arc::clone(shared)) }
    }

    /// Judges the response, parses its keys on this thread, and hands them to the driver.
    ///
    /// Which failure of the transport it was, is the adapter's to say; a response of any status
    /// is a response. It carries the status, all headers, and the body as it came.
    pub fn send<B: AsRef<[u8]>>(mut self, outcome: Result<Response<B>, FetchError>) {
        if let Some(shared) = self.shared.take() {
            let judged = match outcome {
                Ok(response) => Judged::response(&shared, &self.asked, &response),
                Err(error) => Judged::error(&self.asked, self.progress.explain(error)),
            };
            shared.reply(self.id, judged);
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            shared.reply(self.id, Judged::error(&self.asked, FetchError::abandoned()));
        }
    }
}

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetch")
            .field("url", &Shown(self.request.uri()))
            .field("deadline", &self.deadline)
            .field("max_body", &self.max_body)
            .field("reply", &self.reply)
            .finish_non_exhaustive()
    }
}

impl Judged {
    /// There was no response.
    fn error(asked: &Asked, error: FetchError) -> Self {
        let refused = Refused { error, retry_after: None };
        match asked {
            Asked::Discovery(_) => Self::NotFound(NotFound { refused, is_refusal: false }),
            Asked::Keys { .. } => Self::Failed(refused),
        }
    }

    pub(super) fn response<B: AsRef<[u8]>>(
        shared: &Shared,
        asked: &Asked,
        response: &Response<B>,
    ) -> Self {
        let answer = judge(response, shared.policy.max_body(), shared.wall_now());
        let body = response.body().as_ref();
        match asked {
            Asked::Discovery(discovery) => Self::found(discovery, answer, body),
            Asked::Keys { etag, source } => Self::keys(shared, source, answer, body, etag.as_ref()),
        }
    }

    fn found(discovery: &Discovery, answer: Result<Answer, Refused>, body: &[u8]) -> Self {
        let (error, retry_after) = match answer {
            Ok(Answer::Keys(_)) => match discovery.jwks_uri(body) {
                Ok(url) => return Self::Found(url),
                Err(error) => (error, None),
            },
            Ok(Answer::NotModified(_)) => {
                (DiscoveryError::Response(FetchError::not_modified()), None)
            }
            Err(refused) => (DiscoveryError::Response(refused.error), refused.retry_after),
        };
        let is_refusal = error.is_refusal();
        let refused = Refused { error: FetchError::discovery(error), retry_after };
        Self::NotFound(NotFound { refused, is_refusal })
    }

    fn keys(
        shared: &Shared,
        source: &Source,
        answer: Result<Answer, Refused>,
        body: &[u8],
        asked: Option<&EntityTag>,
    ) -> Self {
        let error = match answer {
            Ok(Answer::Keys(terms)) => match source.parse(body, &shared.policy) {
                Ok(keys) => return Self::Keys { keys, terms },
                Err(error) => FetchError::key_set(error),
            },
            Ok(Answer::NotModified(terms)) => match (asked, &terms.etag) {
                (None, _) => FetchError::not_modified(),
                (Some(asked), Some(other)) if !asked.is_same_as(other) => FetchError::other_set(),
                (Some(_), _) => return Self::NotModified(terms),
            },
            Err(refused) => return Self::Failed(refused),
        };
        Self::Failed(Refused { error, retry_after: None })
    }
}

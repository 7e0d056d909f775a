//! One fetch, as the driver hands it to the adapter, and the answer that comes back.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, Uri};

use super::discovery::{Discovery, DiscoveryError};
use super::http::{Answer, Refused, Validators, judge};
use super::shared::Shared;
use super::{FetchError, Progress, Source};
use crate::keys::KeySet;
use crate::refresh::{FetchId, Time};

/// A request to send, and where to put the answer.
///
/// Send `request` as it is, once, follow no redirect, stop reading past `max_body` bytes, and give
/// up at `deadline`; then call [`Reply::send`] with what came. The driver waits no longer than
/// `deadline` in any case. One attempt may take two of these, with one deadline: the first asks
/// the issuer where its keys are. The rules in full are [with the module](crate::adapter#writing-an-adapter).
#[derive(Debug)]
#[non_exhaustive]
pub struct Fetch {
    /// The whole request, but for the header `Host`: a GET of an absolute URL, without a body.
    pub request: Request<()>,
    /// When the attempt has failed, on the clock of [`Driver::poll`](super::Driver::poll).
    pub deadline: Time,
    /// The most bytes of body that are read; one more is [`FetchError::too_large`].
    pub max_body: usize,
    /// Takes what the exchange waits for, so that a time-out can say it. Optional.
    pub progress: Progress,
    /// Takes the outcome.
    pub reply: Reply,
}

/// Takes the outcome of one [`Fetch`], on any thread, and wakes the driver. Dropping it reports that
/// the fetch was abandoned. Nothing happens if the driver has given that fetch up, or is gone.
#[derive(Debug)]
pub struct Reply {
    id: FetchId,
    asked: Asked,
    progress: Progress,
    shared: Option<Arc<Shared>>,
}

/// What the answer answers.
#[derive(Debug)]
pub(crate) enum Asked {
    Discovery(Arc<Discovery>),
    Keys { conditional: bool, source: Source },
}

#[derive(Debug)]
pub(crate) enum Judged {
    Failed(Refused),
    /// The issuer's keys are there.
    Found(Uri),
    Keys {
        keys: KeySet,
        validators: Validators,
        lifetime: Option<Duration>,
    },
    NotModified {
        validators: Validators,
        lifetime: Option<Duration>,
    },
}

impl Reply {
    pub(crate) fn new(id: FetchId, asked: Asked, progress: Progress, shared: &Arc<Shared>) -> Self {
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
                Err(error) => {
                    let error = self.progress.explain(error);
                    Judged::Failed(Refused { error, retry_after: None })
                }
            };
            shared.reply(self.id, judged);
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            let error = FetchError::abandoned();
            shared.reply(self.id, Judged::Failed(Refused { error, retry_after: None }));
        }
    }
}

impl Judged {
    fn response<B: AsRef<[u8]>>(shared: &Shared, asked: &Asked, response: &Response<B>) -> Self {
        let answer = judge(response, shared.policy.max_body(), shared.wall_now());
        let body = response.body().as_ref();
        match asked {
            Asked::Discovery(discovery) => Self::found(discovery, answer, body),
            Asked::Keys { conditional, source } => {
                Self::keys(shared, source, answer, body, *conditional)
            }
        }
    }

    fn found(discovery: &Discovery, answer: Result<Answer, Refused>, body: &[u8]) -> Self {
        let (error, retry_after) = match answer {
            Ok(Answer::Keys { .. }) => match discovery.jwks_uri(body) {
                Ok(uri) => return Self::Found(uri),
                Err(error) => (error, None),
            },
            Ok(Answer::NotModified { .. }) => {
                (DiscoveryError::Response(FetchError::not_modified()), None)
            }
            Err(refused) => (DiscoveryError::Response(refused.error), refused.retry_after),
        };
        Self::Failed(Refused { error: FetchError::discovery(error), retry_after })
    }

    fn keys(
        shared: &Shared,
        source: &Source,
        answer: Result<Answer, Refused>,
        body: &[u8],
        conditional: bool,
    ) -> Self {
        match answer {
            Ok(Answer::Keys { validators, lifetime }) => match source.parse(body, &shared.policy) {
                Ok(keys) => Self::Keys { keys, validators, lifetime },
                Err(error) => {
                    let error = FetchError::key_set(error);
                    Self::Failed(Refused { error, retry_after: None })
                }
            },
            // The machine knows whether there was something to confirm; but what was confirmed
            // elsewhere says nothing of the keys here.
            Ok(Answer::NotModified { .. }) if !conditional => {
                Self::Failed(Refused { error: FetchError::not_modified(), retry_after: None })
            }
            Ok(Answer::NotModified { validators, lifetime }) => {
                Self::NotModified { validators, lifetime }
            }
            Err(refused) => Self::Failed(refused),
        }
    }
}

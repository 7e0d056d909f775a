//! What an answer is worth to the driver.

use std::sync::Arc;
use std::time::SystemTime;

use http::Response;

use super::discovery::{Discovery, DiscoveryError};
use super::http::{Answer, EntityTag, Refused, Terms, judge};
use super::url::Url;
use super::{FetchError, Policy, Source};
use crate::keys::KeySet;

/// What the answer answers.
#[derive(Debug)]
pub(crate) enum Asked {
    Discovery(Arc<Discovery>),
    /// The keys of this source; with a tag: whether they are still those.
    Keys {
        etag: Option<EntityTag>,
        source: Box<Source>,
        /// The source has headers, and this place does not get them.
        withheld: bool,
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

impl Judged {
    /// There was no response.
    pub(super) fn error(asked: &Asked, error: FetchError) -> Self {
        let refused = Refused { error, retry_after: None };
        match asked {
            Asked::Discovery(_) => Self::NotFound(NotFound { refused, is_refusal: false }),
            Asked::Keys { .. } => Self::Failed(refused),
        }
    }

    pub(super) fn response<B: AsRef<[u8]>>(
        response: &Response<B>,
        asked: &Asked,
        policy: &Policy,
        now: SystemTime,
    ) -> Self {
        let answer = judge(response, policy.max_body(), now);
        let body = response.body().as_ref();
        match asked {
            Asked::Discovery(discovery) => Self::found(discovery, answer, body),
            Asked::Keys { etag, source, withheld } => {
                let judged = Self::keys(policy, source, answer, body, etag.as_ref());
                if *withheld { judged.without_headers() } else { judged }
            }
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

    /// Says what may have been missing.
    fn without_headers(self) -> Self {
        match self {
            Self::Failed(Refused { error, retry_after }) => {
                Self::Failed(Refused { error: error.without_headers(), retry_after })
            }
            judged => judged,
        }
    }

    fn keys(
        policy: &Policy,
        source: &Source,
        answer: Result<Answer, Refused>,
        body: &[u8],
        asked: Option<&EntityTag>,
    ) -> Self {
        let error = match answer {
            Ok(Answer::Keys(terms)) => match source.parse(body, policy) {
                Ok(keys) => {
                    let terms = terms.hinted(keys.bundle().refresh_hint);
                    return Self::Keys { keys, terms };
                }
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

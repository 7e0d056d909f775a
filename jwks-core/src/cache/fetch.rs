//! One fetch, as the driver hands it to the adapter, and the answer that comes back.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};

use super::FetchError;
use super::http::{Answer, Refused, Validators, judge};
use super::shared::Shared;
use crate::keys::{KeyLimits, KeySet};
use crate::refresh::{FetchId, Time};

/// A request to send, and where to put the answer.
///
/// Send `request` as it is, follow no redirect, stop reading past `max_body` bytes, and give up at
/// `deadline`; then call [`Reply::send`] with what came. The driver waits no longer than
/// `deadline` in any case.
#[derive(Debug)]
#[non_exhaustive]
pub struct Fetch {
    /// The whole request; it has no body.
    pub request: Request<()>,
    /// When the attempt has failed.
    pub deadline: Time,
    /// The most bytes of body worth reading.
    pub max_body: usize,
    /// Takes the outcome.
    pub reply: Reply,
}

/// Takes the outcome of one [`Fetch`]. Dropping it reports that the fetch was abandoned.
#[derive(Debug)]
pub struct Reply {
    id: FetchId,
    shared: Option<Arc<Shared>>,
}

#[derive(Debug)]
pub(crate) enum Judged {
    Failed(Refused),
    Keys { keys: KeySet, validators: Validators, lifetime: Option<Duration> },
    NotModified { validators: Validators, lifetime: Option<Duration> },
}

impl Reply {
    pub(crate) fn new(id: FetchId, shared: &Arc<Shared>) -> Self {
        Self { id, shared: Some(Arc::clone(shared)) }
    }

    /// Judges the response, parses its keys on this thread, and hands them to the driver.
    ///
    /// Which failure of the transport it was, is the adapter's to say; a response of any status
    /// is a response.
    pub fn send<B: AsRef<[u8]>>(mut self, outcome: Result<Response<B>, FetchError>) {
        if let Some(shared) = self.shared.take() {
            let judged = match outcome {
                Ok(response) => Judged::response(&shared, &response),
                Err(error) => Judged::Failed(Refused { error, retry_after: None }),
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
    fn response<B: AsRef<[u8]>>(shared: &Shared, response: &Response<B>) -> Self {
        let policy = &shared.policy;
        match judge(response, policy.max_body(), shared.wall_now()) {
            Ok(Answer::Keys { validators, lifetime }) => {
                let limits = KeyLimits {
                    max_body: policy.max_body(),
                    max_keys: policy.max_keys(),
                    min_keys: policy.min_keys(),
                };
                match KeySet::parse(response.body().as_ref(), &limits) {
                    Ok(keys) => Self::Keys { keys, validators, lifetime },
                    Err(error) => {
                        let error = FetchError::key_set(error);
                        Self::Failed(Refused { error, retry_after: None })
                    }
                }
            }
            Ok(Answer::NotModified { validators, lifetime }) => {
                Self::NotModified { validators, lifetime }
            }
            Err(refused) => Self::Failed(refused),
        }
    }
}

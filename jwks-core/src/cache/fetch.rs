//! One fetch, as the driver hands it to the adapter, and the answer that comes back.

use std::fmt;
use std::sync::Arc;

use http::{Request, Response};

use super::judged::{Asked, Judged};
use super::shared::Shared;
use super::url::Shown;
use super::{FetchError, Guards, Progress};
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

impl Reply {
    pub(crate) fn new(
        id: FetchId,
        asked: Arc<Asked>,
        progress: Progress,
        shared: &Arc<Shared>,
    ) -> Self {
        Self { id, asked, progress, shared: Some(Arc::clone(shared)) }
    }

    /// Judges the response, parses its keys on this thread, and hands them to the driver.
    ///
    /// Which failure of the transport it was, is the adapter's to say; a response of any status
    /// is a response. It carries the status, all headers, and the body as it came.
    pub fn send<B: AsRef<[u8]>>(mut self, outcome: Result<Response<B>, FetchError>) {
        if let Some(shared) = self.shared.take() {
            let judged = match outcome {
                Ok(response) => {
                    Judged::response(&response, &self.asked, &shared.policy, shared.wall_now())
                }
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

//! One fetch, as the driver hands it to the adapter, and the answer that comes back.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use http::{Request, Response};

use super::judged::{Asked, Judged};
use super::observe::Span;
use super::shared::Shared;
use super::url::Shown;
use super::{Addresses, FetchError, Guards, Headers, Progress};
use crate::refresh::{FetchId, Time};

/// A request to send, and where to send its outcome.
///
/// Send `request` as it is, once; follow no redirect; stop reading past `max_body` bytes; and give
/// up at `deadline`. Then call [`Reply::send`] with the outcome. The driver never waits longer than
/// `deadline`. One attempt may need two of these: with discovery, the first request asks the issuer
/// where its keys are. See [the full rules](crate::adapter#writing-an-adapter).
///
/// [`Debug`](fmt::Debug) does not show the URL's query, which may hold a secret.
#[non_exhaustive]
pub struct Fetch {
    /// The whole request, except the header `Host`: a GET of an absolute URL, without a body.
    pub request: Request<()>,
    /// Headers to add to the request before it is sent, in the task that sends it, with
    /// [`Headers::add_to`]. For most sources there are none.
    pub headers: Headers,
    /// The file to read instead of sending the request: its content is the body of a 200. Only for an
    /// adapter that has said [`Env::reads_files`](super::Env::reads_files). A file that cannot be
    /// read is [`FetchError::file`].
    pub file: Option<Arc<Path>>,
    /// Which addresses may be connected to. Only for an adapter that has said
    /// [`Env::checks_addresses`](super::Env::checks_addresses); for others it is any.
    pub addresses: Addresses,
    /// When this request is given up, on the clock of [`Driver::poll`](super::Driver::poll).
    pub deadline: Time,
    /// The most bytes of body to read. If there are more, report [`FetchError::too_large`].
    pub max_body: usize,
    /// What an answer will be worth, for an exchange that can choose between answers. Optional.
    pub guards: Guards,
    /// Report here what the exchange waits for, so that a time-out can say it. Optional.
    pub progress: Progress,
    /// Report the outcome here.
    pub reply: Reply,
    /// That of the attempt.
    pub(crate) span: Span,
}

/// Takes the outcome of one [`Fetch`], on any thread, and wakes the driver. If it is dropped, the
/// fetch counts as abandoned. It does nothing if the driver has given up that fetch, or is gone.
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

    /// Checks the response, parses its keys on this thread, and hands them to the driver.
    ///
    /// Give any response as `Ok`, whatever its status, with all headers and with the body as it
    /// came. Give a failure of the transport as the [`FetchError`] that describes it.
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

//! One request in memory, from a driver to the issuer that it is for.

use std::{fmt, time::Instant};

use bytes::Bytes;
use http::{Request, Response};
use jwks_core::adapter::{Fetch, FetchError, Reply, Time};

use crate::{
    Gate, Recorded, TestIssuer,
    issuer::{Answer, Ending, Manner, Open},
};

pub(super) struct Exchange {
    /// None: never.
    due: Option<Time>,
    gate: Option<Gate>,
    /// Who answers, if anybody does.
    issuer: Option<TestIssuer>,
    _open: Option<Open>,
    outcome: Result<Response<Bytes>, FetchError>,
    reply: Reply,
}

impl Exchange {
    pub(super) fn begin(fetch: Fetch, now: Time, issuers: &[TestIssuer]) -> Self {
        let Fetch { request, max_body, reply, .. } = fetch;
        let url = request.uri().to_string();
        // One issuer's URL may be the beginning of another's: tenants of one host.
        let asked = issuers.iter().filter_map(|issuer| {
            let path = url.strip_prefix(issuer.base()).filter(|path| path.starts_with('/'))?;
            Some((issuer.clone(), path))
        });
        let asked = asked.max_by_key(|(issuer, _)| issuer.base().len());
        match asked {
            None => Self::refused(reply, now, "no issuer of this world has that address"),
            Some((issuer, _)) if issuer.is_down() => {
                Self::refused(reply, now, "connection refused")
            }
            Some((issuer, path)) => {
                let path = path.split_once('?').map_or(path, |(path, _)| path);
                let (answer, open) = ask(&issuer, &request, path);
                let gate = answer.gate.clone();
                let (due, outcome) = deliver(answer, now, max_body);
                Self { due, gate, issuer: Some(issuer), _open: Some(open), outcome, reply }
            }
        }
    }

    fn refused(reply: Reply, now: Time, why: &'static str) -> Self {
        let outcome = Err(FetchError::connect(why));
        Self { due: Some(now), gate: None, issuer: None, _open: None, outcome, reply }
    }

    /// When the answer comes, as far as time decides it.
    pub(super) fn due(&self) -> Option<Time> {
        let shut = self.gate.as_ref().is_some_and(|gate| !gate.is_open());
        if self.is_broken_off() { Some(Time::ZERO) } else { self.due.filter(|_| !shut) }
    }

    pub(super) fn is_due(&self, now: Time) -> bool {
        self.due().is_some_and(|at| at <= now)
    }

    pub(super) fn end(self) {
        let broken_off = self.is_broken_off();
        let broken = || Err(FetchError::other("the connection was closed"));
        self.reply.send(if broken_off { broken() } else { self.outcome });
    }

    /// The issuer has gone down on the way.
    fn is_broken_off(&self) -> bool {
        self.issuer.as_ref().is_some_and(TestIssuer::is_down)
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("due", &self.due).finish_non_exhaustive()
    }
}

/// Answer and record are made together, so that they come in the same order.
fn ask(issuer: &TestIssuer, request: &Request<()>, path: &str) -> (Answer, Open) {
    let shared = issuer.shared();
    let mut script = shared.script();
    let open = shared.journal.open(Recorded {
        at: Instant::now(),
        connection: 0,
        headers: request.headers().clone(),
        method: request.method().to_string(),
        path: path.to_owned(),
    });
    (script.answer(path, request.headers()), open)
}

/// When what comes of an answer is there; none: never.
fn deliver(
    answer: Answer,
    now: Time,
    max_body: usize,
) -> (Option<Time>, Result<Response<Bytes>, FetchError>) {
    let Answer { body, delay, framed, headers, manner, status, .. } = answer;
    let due = Some(now + delay);
    let ended = |ending, error| match ending {
        Ending::Hang => (None, Err(error)),
        Ending::Close | Ending::Reset => (due, Err(error)),
    };
    match manner {
        Manner::Mute(ending) => ended(ending, FetchError::other("the connection was closed")),
        Manner::Partial { bytes, ending }
            if bytes < body.len() || !matches!(ending, Ending::Close) =>
        {
            ended(ending, FetchError::body("the body ends early"))
        }
        Manner::Endless => (due, Err(FetchError::too_large(max_body))),
        _ if !framed => (due, Err(FetchError::other("an answer that is no HTTP"))),
        _ if body.len() > max_body => (due, Err(FetchError::too_large(max_body))),
        _ => {
            let last = match manner {
                Manner::Trickle { bytes, every } => {
                    let pieces = body.len().div_ceil(bytes).saturating_sub(1);
                    every.saturating_mul(u32::try_from(pieces).unwrap_or(u32::MAX))
                }
                _ => std::time::Duration::ZERO,
            };
            let mut response = Response::new(body);
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            (due.map(|due| due + last), Ok(response))
        }
    }
}

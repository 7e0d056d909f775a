//! One attempt and its requests: first for the discovery document, if it is needed, then for the
//! keys.

use std::sync::Arc;
use std::time::SystemTime;

use super::super::discovery::DiscoveryError;
use super::super::fetch::{Fetch, Reply};
use super::super::fetch_error::FetchErrorKind;
use super::super::http::{EntityTag, Terms, discovery_request, request};
use super::super::judged::{Asked, NotFound};
use super::super::snapshot::later;
use super::super::source::Endpoint;
use super::super::url::Url;
use super::super::{FetchError, Guards, Progress};
use super::IssuerDriver;
use crate::refresh::{Answered, FetchId, FetchStart, Policy, Time};

/// The attempt that runs.
#[derive(Debug)]
pub(super) struct Flight {
    start: FetchStart,
    /// Wall time when it began.
    began_at: SystemTime,
    step: Step,
    /// Whether the adapter has the request of this step.
    asked: bool,
    /// How far the request of this step has come.
    progress: Progress,
}

#[derive(Debug)]
enum Step {
    /// Until when the discovery document is awaited, and how many places have answered 404.
    Discovery {
        absent: usize,
        until: Time,
    },
    Keys(Url),
}

impl Flight {
    /// Where the keys were asked for.
    pub(super) fn keys_at(self) -> Option<Url> {
        match self.step {
            Step::Discovery { .. } => None,
            Step::Keys(url) => Some(url),
        }
    }

    /// When the driver goes on without the issuer's answer, if it waits for that.
    pub(super) fn discovery_until(&self) -> Option<Time> {
        match self.step {
            Step::Discovery { until, .. } if until < self.start.deadline => Some(until),
            Step::Discovery { .. } | Step::Keys(_) => None,
        }
    }

    /// The end of trust in wall time that an answer may have at most: it counts from when the
    /// request was sent, although the answer, and with it the machine's word, comes later.
    pub(super) fn trusted_until(&self, policy: &Policy, terms: &Terms) -> SystemTime {
        let max_trust = policy.max_trust();
        let granted = policy.trust_for(policy.lifetime_for(terms.lifetime));
        later(self.began_at, granted.min(max_trust.saturating_sub(terms.age.min(max_trust / 2))))
    }

    fn asks_issuer(&self) -> bool {
        matches!(self.step, Step::Discovery { .. })
    }
}

impl IssuerDriver {
    pub(super) fn flight_id(&self) -> Option<FetchId> {
        self.flight.as_ref().map(|flight| flight.start.id)
    }

    /// Begins an attempt: with the discovery document, unless the place of the keys is known.
    pub(super) fn start_flight(&mut self, start: FetchStart) {
        let now = self.now;
        let step = match self.source.endpoint() {
            Endpoint::Discovery(_) => {
                let cold = self.current.held.is_none();
                match (self.place.place_for(&start, now, cold), self.place.known()) {
                    (Some(url), _) => Step::Keys(url),
                    (None, None) => Step::Discovery { absent: 0, until: start.deadline },
                    // Half of the time is left for the place that is known.
                    (None, Some(_)) => Step::Discovery {
                        absent: 0,
                        until: now + start.deadline.saturating_since(now) / 2,
                    },
                }
            }
            Endpoint::Document(_) | Endpoint::File { .. } | Endpoint::JwksUri(_) => {
                Step::Keys(Url(self.source.uri().clone()))
            }
        };
        let began_at = self.shared.wall_now();
        self.flight =
            Some(Flight { start, began_at, step, asked: false, progress: Progress::default() });
    }

    /// What the adapter warns of, in the attempt that runs.
    pub(super) fn tell_warnings(&mut self) {
        let Some(flight) = &self.flight else { return };
        for warning in flight.progress.take_warnings() {
            self.report.warned(warning);
        }
    }

    /// The request to make now, if there is one.
    pub(super) fn next_fetch(&mut self) -> Option<Fetch> {
        self.give_up_discovery();
        let flight = self.flight.as_mut().filter(|flight| !flight.asked)?;
        flight.asked = true;
        let FetchStart { id, deadline, conditional, no_cache, .. } = flight.start;
        let (asked, request, deadline) = match (&flight.step, self.source.endpoint()) {
            (Step::Discovery { absent, until }, Endpoint::Discovery(discovery)) => {
                let url = discovery.url_after(*absent).unwrap_or_else(|| discovery.url());
                let request = discovery_request(&self.source, url, no_cache);
                (Asked::Discovery(Arc::clone(discovery)), request, *until)
            }
            (Step::Discovery { .. }, _) => return None,
            (Step::Keys(url), _) => {
                // The same tag at another place may mean other keys.
                let same = conditional && self.held_from.as_ref() == Some(url);
                let held = self.current.held.as_ref().filter(|_| same);
                let etag: Option<EntityTag> = held.and_then(|held| held.etag.clone());
                let request = request(&self.source, &url.0, etag.as_ref(), no_cache);
                let (source, withheld) =
                    (Box::new(self.source.clone()), self.source.withholds_headers(&url.0));
                (Asked::Keys { etag, source, withheld }, request, deadline)
            }
        };
        let (asked, progress) = (Arc::new(asked), flight.progress.clone());
        let max_body = self.shared.policy.max_body();
        let guards = Guards::new(Arc::clone(&asked), Arc::clone(&self.shared), self.wanted());
        let reply = Reply::new(id, asked, progress.clone(), &self.shared);
        let span = self.report.span();
        let headers = self.source.headers_for(request.uri());
        let file = self.source.file().cloned();
        let addresses = self.source.addresses_for(request.uri());
        Some(Fetch {
            request,
            headers,
            file,
            addresses,
            deadline,
            max_body,
            guards,
            progress,
            reply,
            span,
        })
    }

    /// The kids that the held set lacks, and that callers wait for, or have asked for.
    fn wanted(&self) -> Arc<[Box<str>]> {
        let held = self.current.held.as_ref();
        let missing = |kid: &str| held.is_none_or(|held| !held.keys.contains(kid));
        let mut wanted = self.shared.room.kids(MOST_WANTED, missing);
        wanted.extend(self.missing.noted().filter(|kid| missing(kid)).map(Into::into));
        wanted.into_iter().take(MOST_WANTED).collect()
    }

    /// The attempt has reached its deadline, and the adapter has not reported it.
    pub(super) fn timed_out(&self) -> FetchError {
        let error = FetchError::timeout();
        match &self.flight {
            Some(flight) => flight.progress.explain(error),
            None => error,
        }
    }

    /// The discovery document names the place of the keys: they are requested within the same
    /// attempt.
    pub(super) fn found(&mut self, id: FetchId, url: Url) {
        let now = self.now;
        let Some(flight) = self.flight.as_mut().filter(|flight| awaits(flight, id, now)) else {
            return;
        };
        flight.step = Step::Keys(url.clone());
        flight.asked = false;
        flight.progress = Progress::default();
        self.report.place(&self.shared, &self.source, Some(&url));
        self.place.found(url, now);
    }

    /// Discovery failed. The attempt goes on with the known place, if there is one, unless the
    /// issuer's answer forbids that.
    pub(super) fn not_found(&mut self, id: FetchId, NotFound { refused, is_refusal }: NotFound) {
        let now = self.now;
        let asks = |flight: &&Flight| flight.start.id == id && flight.asks_issuer();
        let Some(flight) = self.flight.as_ref().filter(asks) else { return };
        let awaited = awaits(flight, id, now);
        if awaited && refused.error.status() == Some(404) && self.look_elsewhere() {
            return;
        }
        if !is_refusal && self.place.known().is_some() {
            return self.go_on_with_known_place(refused.error);
        }
        // A refusal that comes late changes nothing, as any late answer.
        if awaited && self.machine.handle_failure(now, id, refused.retry_after) == Answered::Failed
        {
            self.failed(refused.error);
            self.place.not_found(is_refusal);
        }
    }

    /// The document is not there. Asks for it at the next place, within the same attempt.
    fn look_elsewhere(&mut self) -> bool {
        let Endpoint::Discovery(discovery) = self.source.endpoint() else { return false };
        let Some(flight) = &mut self.flight else { return false };
        let Step::Discovery { absent, .. } = &mut flight.step else { return false };
        if discovery.url_after(*absent + 1).is_none() {
            return false;
        }
        *absent += 1;
        flight.asked = false;
        flight.progress = Progress::default();
        true
    }

    /// Ends the attempt.
    pub(super) fn end_flight(&mut self, failure: Option<&FetchError>) -> Option<Flight> {
        let flight = self.flight.take()?;
        match failure {
            None => self.place.succeeded(),
            Some(error) => {
                if flight.asks_issuer() {
                    self.place.not_found(false);
                }
                let gone = error.status().is_some_and(|status| status == 404 || status == 410);
                self.place.failed(gone && error.kind() == FetchErrorKind::Status);
            }
        }
        Some(flight)
    }

    /// The answer came so late, because the process was frozen, that it confirms nothing. The
    /// machine fetches again at once. Callers keep waiting, and join that fetch.
    pub(super) fn answer_came_too_late(&mut self) {
        self.flight = None;
        self.report.outlived();
    }

    /// Goes on with the known place after discovery has used its half of the attempt.
    fn give_up_discovery(&mut self) {
        let until = self.flight.as_ref().and_then(Flight::discovery_until);
        if until.is_some_and(|until| self.now >= until) {
            self.go_on_with_known_place(FetchError::timeout());
        }
    }

    fn go_on_with_known_place(&mut self, error: FetchError) {
        let known = self.place.known().cloned();
        let (Some(flight), Some(url)) = (&mut self.flight, known) else { return };
        let error = flight.progress.explain(error);
        flight.step = Step::Keys(url);
        flight.asked = false;
        flight.progress = Progress::default();
        self.place.not_found(false);
        let error = match error.kind() {
            FetchErrorKind::Discovery => error,
            _ => FetchError::discovery(DiscoveryError::Response(error)),
        };
        self.report.discovery_failed(error);
    }
}

/// Whether this discovery answer is still awaited.
fn awaits(flight: &Flight, id: FetchId, now: Time) -> bool {
    match flight.step {
        Step::Discovery { until, .. } => flight.start.id == id && now < until,
        Step::Keys(_) => false,
    }
}

/// Of so many kids an answer is told whether it has them. Strangers can ask for any number.
const MOST_WANTED: usize = 64;

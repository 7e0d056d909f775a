//! One attempt and its requests: for the place of the keys, if that has to be asked, and for them.

use std::sync::Arc;
use std::time::Duration;

use http::Uri;

use super::super::fetch::{Asked, Fetch, Reply};
use super::super::fetch_error::FetchErrorKind;
use super::super::http::{discovery_request, request};
use super::super::source::Endpoint;
use super::super::{FetchError, Progress};
use super::Driver;
use crate::refresh::{FetchId, FetchStart, Time};

/// The attempt that runs.
#[derive(Debug)]
pub(super) struct Flight {
    start: FetchStart,
    step: Step,
    /// Whether the adapter has the request of this step.
    asked: bool,
    /// How far that request has come.
    progress: Progress,
}

#[derive(Debug)]
enum Step {
    Discovery,
    Keys(Uri),
}

/// Where an issuer said that its keys are, and when.
#[derive(Debug)]
pub(super) struct Place {
    uri: Uri,
    since: Time,
}

impl Flight {
    /// Where the keys were asked for.
    pub(super) fn keys_at(self) -> Option<Uri> {
        match self.step {
            Step::Discovery => None,
            Step::Keys(uri) => Some(uri),
        }
    }
}

impl Driver {
    pub(super) fn flight_id(&self) -> Option<FetchId> {
        self.flight.as_ref().map(|flight| flight.start.id)
    }

    /// An attempt begins: by the issuer, unless it is known where the keys are.
    pub(super) fn depart(&mut self, start: FetchStart) {
        let step = match self.source.endpoint() {
            Endpoint::Discovery(_) => {
                let since = |place: &&Place| self.now.saturating_since(place.since);
                let known = self.found.as_ref().filter(|place| since(place) < PLACE_LIFETIME);
                let known = known.filter(|_| self.current.held.is_some());
                known.map_or(Step::Discovery, |place| Step::Keys(place.uri.clone()))
            }
            Endpoint::JwksUri(uri) => Step::Keys(uri.clone()),
        };
        self.flight = Some(Flight { start, step, asked: false, progress: Progress::default() });
    }

    /// The request that is to be made now, if one is.
    pub(super) fn next_fetch(&mut self) -> Option<Fetch> {
        let flight = self.flight.as_mut().filter(|flight| !flight.asked)?;
        flight.asked = true;
        let FetchStart { id, deadline, conditional, no_cache, .. } = flight.start;
        let (asked, request) = match (&flight.step, self.source.endpoint()) {
            (Step::Discovery, Endpoint::Discovery(discovery)) => {
                let request = discovery_request(&self.source, discovery.url(), no_cache);
                (Asked::Discovery(Arc::clone(discovery)), request)
            }
            (Step::Discovery, Endpoint::JwksUri(_)) => return None,
            (Step::Keys(uri), _) => {
                // The same validators at another place may mean other keys.
                let same = conditional && self.held_from.as_ref() == Some(uri);
                let held = self.current.held.as_ref().filter(|_| same);
                let validators = held.map(|held| held.validators.clone()).unwrap_or_default();
                let request = request(&self.source, uri, &validators, no_cache);
                let (conditional, source) = (!validators.is_empty(), self.source.clone());
                (Asked::Keys { conditional, source }, request)
            }
        };
        let max_body = self.shared.policy.max_body();
        let progress = flight.progress.clone();
        let reply = Reply::new(id, asked, progress.clone(), &self.shared);
        Some(Fetch { request, deadline, max_body, progress, reply })
    }

    /// The attempt has run into its deadline, and nobody has said so yet.
    pub(super) fn timed_out(&self) -> FetchError {
        let error = FetchError::timeout();
        match &self.flight {
            Some(flight) => flight.progress.explain(error),
            None => error,
        }
    }

    /// The issuer said where its keys are: they are asked for within the same attempt.
    pub(super) fn found(&mut self, id: FetchId, uri: Uri) {
        let now = self.now;
        let awaited = |flight: &&mut Flight| flight.start.id == id && now < flight.start.deadline;
        let Some(flight) = self.flight.as_mut().filter(awaited) else { return };
        flight.step = Step::Keys(uri.clone());
        flight.asked = false;
        flight.progress = Progress::default();
        self.report.place(&self.shared, &self.source, Some(&uri));
        self.found = Some(Place { uri, since: now });
    }

    /// Keys that are gone may have moved: the issuer is asked again.
    pub(super) fn doubt_place(&mut self, error: &FetchError) {
        let gone = error.kind() == FetchErrorKind::Status
            && error.status().is_some_and(|status| status == 404 || status == 410);
        if gone && self.found.take().is_some() {
            self.report.place(&self.shared, &self.source, None);
        }
    }
}

/// How long a place is believed while keys are held.
const PLACE_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

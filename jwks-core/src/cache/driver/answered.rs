//! What the driver does with an answer: it publishes the keys, and answers the callers.

use std::sync::Arc;

use super::super::FetchError;
use super::super::http::{EntityTag, Refused, Terms};
use super::super::judged::Judged;
use super::super::snapshot::{Held, Reading, later};
use super::IssuerDriver;
use crate::keys::KeySet;
use crate::refresh::{Answered, FetchId, Response};

impl IssuerDriver {
    pub(super) fn answered(&mut self, id: FetchId, judged: Judged) {
        let now = self.now;
        match judged {
            Judged::Found(url) => self.found(id, url),
            Judged::NotFound(not_found) => self.not_found(id, not_found),
            Judged::Keys { keys, terms } => {
                if let Err(error) = self.check_not_older(&keys) {
                    if self.machine.handle_failure(now, id, None) == Answered::Failed {
                        self.failed(error);
                    }
                    return;
                }
                let response = response(&terms, terms.etag.is_some());
                match self.machine.handle_success(now, id, response) {
                    Answered::Confirmed => self.commit(keys, terms),
                    Answered::Failed => self.failed(FetchError::timeout()),
                    Answered::Ignored => {}
                    Answered::Outlived => self.answer_came_too_late(),
                }
            }
            Judged::NotModified(terms) => {
                match self.machine.handle_not_modified(now, id, response(&terms, true)) {
                    Answered::Confirmed => self.renew(&terms),
                    Answered::Failed => self.failed(FetchError::not_modified()),
                    Answered::Ignored => {}
                    Answered::Outlived => self.answer_came_too_late(),
                }
            }
            Judged::Failed(Refused { error, retry_after }) => {
                if self.machine.handle_failure(now, id, retry_after) == Answered::Failed {
                    self.failed(error);
                }
            }
        }
    }

    /// A bundle that goes back is an old answer. Without held keys there is nothing to compare it with.
    fn check_not_older(&self, keys: &KeySet) -> Result<(), FetchError> {
        let Some(held) = &self.current.held else { return Ok(()) };
        keys.check_not_older(&held.all).map_err(FetchError::key_set)
    }

    fn commit(&mut self, keys: KeySet, terms: Terms) {
        let old = self.current.held.as_ref().map(|held| Arc::clone(&held.all));
        // A cache on the way may not know the newest key.
        let full = terms.age.is_zero();
        if self.publish_confirmed(Arc::new(keys), terms.etag.clone(), &terms, full) {
            if let Some(held) = &self.current.held {
                let (now, wall_now) = (self.now, self.wall_now);
                self.report.completed(now, wall_now, &held.all, old.as_deref());
            }
            self.answer_after_success();
        }
    }

    fn renew(&mut self, terms: &Terms) {
        let Some(held) = self.current.held.clone() else { return };
        if self.publish_confirmed(held.all, held.etag, terms, false) {
            self.report.confirmed(self.now, self.wall_now);
            self.answer_after_success();
        }
    }

    /// Publishes the keys that the machine has just confirmed; `full`: the issuer itself has sent
    /// all of them. Returns false if they were invalidated while they came: the inbox says so, and
    /// the callers who waited for them get their answer then.
    fn publish_confirmed(
        &mut self,
        all: Arc<KeySet>,
        etag: Option<EntityTag>,
        terms: &Terms,
        full: bool,
    ) -> bool {
        let Some(flight) = self.end_flight(None) else { return false };
        let trust_until = self.machine.trust_until().unwrap_or(self.now);
        let trust = trust_until.saturating_since(self.now);
        let most = flight.trusted_until(&self.shared.policy, terms);
        self.held_from = flight.keys_at();
        let held = Held {
            keys: Arc::clone(&all),
            all,
            etag,
            lifetime: terms.lifetime,
            confirmed_at: self.wall_now,
            trust_until: later(self.wall_now, trust).min(most),
        };
        self.publish(Some((held, Reading { fetch: self.begun.number, full })))
    }

    pub(super) fn failed(&mut self, failure: FetchError) {
        self.end_flight(Some(&failure));
        let trust_until = self.current.held.as_ref().map(|held| held.trust_until);
        self.report.failed((self.now, self.wall_now), &self.machine, &failure, trust_until);
        self.answer_after_failure(&failure);
    }
}

/// `validators`: whether the keys have a tag, to be asked about by it.
const fn response(terms: &Terms, validators: bool) -> Response {
    Response { lifetime: terms.lifetime, age: terms.age, shared_for: terms.shared_for, validators }
}

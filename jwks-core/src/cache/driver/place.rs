//! Where an issuer said that its keys are, and when it is asked again.

use std::time::Duration;

use super::super::url::Url;
use crate::refresh::{FetchStart, Time};

/// What is known of the place of the keys, for an issuer that is asked for it.
#[derive(Debug, Default)]
pub(super) struct Place {
    known: Option<Known>,
    /// Attempts that have failed since the last success, for whatever cause.
    failures: u32,
    /// The keys' place has answered 404 or 410.
    gone: bool,
    /// The last discovery failed though a place was known: it used up half of its attempt, so the
    /// next attempt has its whole time for the keys.
    leave_out: bool,
    /// The last document named another issuer, or a URL that is refused. Its issuer must speak
    /// again before the known place is believed, so it is not left out.
    refused: bool,
}

#[derive(Debug)]
struct Known {
    url: Url,
    /// When the document was read.
    since: Time,
}

impl Place {
    /// The known place, if an attempt that begins at `now` need not ask the issuer first. `cold`:
    /// no keys are held.
    pub(super) fn place_for(&mut self, start: &FetchStart, now: Time, cold: bool) -> Option<Url> {
        let known = self.known.as_ref()?;
        let age = now.saturating_since(known.since);
        let left_out = std::mem::take(&mut self.leave_out) && !self.refused;
        let again = cold
            || self.gone
            || self.refused
            || self.failures >= FAILURES
            || start.by_hand
            || (start.unknown_kid && age >= AGE_FOR_UNKNOWN_KID)
            || age >= AGE;
        (left_out || !again).then(|| known.url.clone())
    }

    /// Where to ask for the keys if the issuer does not say.
    pub(super) fn known(&self) -> Option<&Url> {
        self.known.as_ref().map(|known| &known.url)
    }

    /// The issuer has said where its keys are.
    pub(super) fn found(&mut self, url: Url, now: Time) {
        self.known = Some(Known { url, since: now });
        self.gone = false;
        self.refused = false;
    }

    /// The issuer was asked, and did not say where its keys are.
    pub(super) const fn not_found(&mut self, refused: bool) {
        self.leave_out = self.known.is_some();
        self.refused = refused;
    }

    /// An attempt has brought keys, or confirmed them.
    pub(super) const fn succeeded(&mut self) {
        self.failures = 0;
        self.gone = false;
    }

    /// An attempt has failed. `gone`: its keys' place answered 404 or 410.
    pub(super) const fn failed(&mut self, gone: bool) {
        self.failures = self.failures.saturating_add(1);
        self.gone |= gone;
    }
}

/// After so many failed attempts in a row the keys may have moved.
const FAILURES: u32 = 3;
/// How old the document is when any attempt reads it again.
const AGE: Duration = Duration::from_secs(60 * 60);
/// How old it is when an attempt for an unknown kid does.
const AGE_FOR_UNKNOWN_KID: Duration = Duration::from_secs(10 * 60);

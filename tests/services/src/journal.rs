//! The last events of all issuers, for the page of operators.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use jwks_tokio::Event;
use serde::{Serialize, Serializer};

use crate::web::cut;

/// The last events. A clone is the same journal.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<VecDeque<Entry>>>);

/// An event, or a run of equal ones.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// When it happened, the last time.
    #[serde(serialize_with = "seconds")]
    pub at: SystemTime,
    /// The label of the issuer.
    pub issuer: String,
    /// What happened, cut short.
    pub text: String,
    /// How often in a row.
    pub times: u64,
    /// Whether an operator should be warned.
    pub warning: bool,
}

impl Journal {
    /// Notes every event of the issuer that it is given to.
    pub fn observer(&self) -> impl Fn(&Event) + Send + Sync + use<> {
        let journal = self.clone();
        move |event| journal.note(event)
    }

    /// The last events, the newest first.
    #[must_use]
    pub fn last(&self) -> Vec<Entry> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.iter().rev().cloned().collect()
    }

    fn note(&self, event: &Event) {
        let entry = Entry {
            at: SystemTime::now(),
            issuer: cut(event.label(), 64),
            text: cut(&event.kind().to_string(), 300),
            times: 1,
            warning: event.is_warning(),
        };
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = entries.back_mut().filter(|last| last.says_the_same(&entry)) {
            last.times = last.times.saturating_add(1);
            last.at = entry.at;
            return;
        }
        if entries.len() == HELD {
            entries.pop_front();
        }
        entries.push_back(entry);
    }
}

impl Entry {
    fn says_the_same(&self, other: &Self) -> bool {
        self.text == other.text && self.issuer == other.issuer
    }
}

fn seconds<S: Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64())
}

const HELD: usize = 60;

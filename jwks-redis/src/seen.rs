//! What this instance knows of a URL: so that nothing older is taken for news.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// By URL.
#[derive(Debug, Default)]
pub(crate) struct AllSeen(Mutex<HashMap<String, Seen>>);

/// The last answer of one URL that this instance took, from wherever.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// The largest number, until when it counts. Redis may be emptied, and count anew: by then no
    /// value of before is young enough to be put back.
    number: Option<(u64, Instant)>,
    /// When the last request was sent that had no number.
    sent: SystemTime,
    /// The digest of the body.
    body: Option<[u8; 32]>,
}

impl Default for Seen {
    fn default() -> Self {
        Self { number: None, sent: UNIX_EPOCH, body: None }
    }
}

impl Seen {
    /// No lower number is taken.
    pub(crate) fn floor(&self) -> u64 {
        self.number.filter(|(_, until)| Instant::now() < *until).map_or(0, |(number, _)| number)
    }

    pub(crate) const fn sent(&self) -> SystemTime {
        self.sent
    }

    pub(crate) fn is_body(&self, body: [u8; 32]) -> bool {
        self.body == Some(body)
    }
}

impl AllSeen {
    pub(crate) fn of(&self, url: &str) -> Seen {
        self.lock().get(url).copied().unwrap_or_default()
    }

    /// An answer with a number was taken, or has come. Values of before it are young for `span`.
    pub(crate) fn numbered(&self, url: &str, number: u64, span: Duration, body: Option<[u8; 32]>) {
        self.change(url, |seen| {
            let until = Instant::now() + span.min(LONGEST);
            seen.number = Some((number.max(seen.floor()), until));
            seen.body = body.or(seen.body);
        });
    }

    /// An answer without a number has come.
    pub(crate) fn direct(&self, url: &str, sent: SystemTime, body: [u8; 32]) {
        self.change(url, |seen| {
            seen.sent = sent;
            seen.body = Some(body);
        });
    }

    fn change(&self, url: &str, change: impl FnOnce(&mut Seen)) {
        let mut all = self.lock();
        // Issuers come and go. What is forgotten is only less shared.
        if all.len() >= MOST && !all.contains_key(url) {
            all.clear();
        }
        change(all.entry(url.to_owned()).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const MOST: usize = 4096;
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

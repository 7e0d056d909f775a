//! Connections that are kept for the next request.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use surf::http::url::Origin;

use super::connection::Connection;

/// At most one to each place.
#[derive(Debug, Default)]
pub(super) struct Idle(Mutex<Vec<Kept>>);

#[derive(Debug)]
struct Kept {
    connection: Connection,
    place: Origin,
    since: Instant,
}

impl Idle {
    /// The one to `place`, if it can still be used.
    pub(super) fn take(&self, place: &Origin) -> Option<Connection> {
        let mut kept = self.fit();
        let index = kept.iter().position(|it| it.place == *place)?;
        Some(kept.swap_remove(index).connection)
    }

    pub(super) fn keep(&self, place: Origin, connection: Connection) {
        let mut kept = self.fit();
        kept.retain(|it| it.place != place);
        kept.push(Kept { connection, place, since: Instant::now() });
    }

    /// Those that the other side has not closed, and will hardly have forgotten.
    fn fit(&self) -> MutexGuard<'_, Vec<Kept>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|it| !it.connection.is_closed() && it.since.elapsed() < LONGEST);
        kept
    }
}

/// A connection that was idle for longer may be dead without a sign of it (a firewall on the way
/// forgets it), and would cost the attempt its whole time.
const LONGEST: Duration = Duration::from_secs(60);

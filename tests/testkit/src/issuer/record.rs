//! What came in: every request in order, and how many were open at once.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use http::{HeaderMap, HeaderName, HeaderValue};

/// One request that the issuer has read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Recorded {
    /// When its head had been read.
    pub at: Instant,
    /// The number of its TCP connection, from 1 in the order of acceptance: requests with the
    /// same number came over one connection that was kept.
    pub connection: u64,
    /// All headers, names in lower case.
    pub headers: HeaderMap,
    /// `GET`, as a rule.
    pub method: String,
    /// The path, without a query.
    pub path: String,
}

impl Recorded {
    /// The header's value as text; `None` when it is absent or no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A copy that shares no memory: what a server has read is a part of its buffer of 8 KiB, which a
/// journal would keep for each request.
fn copied(headers: &HeaderMap) -> HeaderMap {
    let own = |name: &HeaderName, value: &HeaderValue| {
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
        let mut copy = HeaderValue::from_bytes(value.as_bytes()).ok()?;
        copy.set_sensitive(value.is_sensitive());
        Some((name, copy))
    };
    let mut copies = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers.iter().filter_map(|(name, value)| own(name, value)) {
        copies.append(name, value);
    }
    copies
}

/// All requests since the start, shared by the server's thread and the test's.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    changed: Condvar,
    entries: Mutex<Entries>,
}

impl Journal {
    /// Notes a request; it is open until the guard is dropped.
    pub(crate) fn open(self: &Arc<Self>, mut request: Recorded) -> Open {
        request.headers = copied(&request.headers);
        let mut entries = self.lock();
        entries.requests.push(request);
        entries.open += 1;
        entries.max_open = entries.max_open.max(entries.open);
        self.changed.notify_all();
        Open(Arc::clone(self))
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.lock().requests.clone()
    }

    pub(crate) fn count(&self, path: &str) -> usize {
        self.lock().count(path)
    }

    pub(crate) fn now_open(&self) -> usize {
        self.lock().open
    }

    pub(crate) fn max_open(&self) -> usize {
        self.lock().max_open
    }

    /// Blocks until `path` was asked for `count` times, or the time is over: false.
    pub(crate) fn wait_for_count(&self, path: &str, count: usize, timeout: Duration) -> bool {
        self.wait(timeout, |entries| entries.count(path) >= count)
    }

    /// Blocks until no request is open, or the time is over: false.
    pub(crate) fn wait_for_idle(&self, timeout: Duration) -> bool {
        self.wait(timeout, |entries| entries.open == 0)
    }

    fn wait(&self, timeout: Duration, reached: impl Fn(&Entries) -> bool) -> bool {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), timeout, |entries| !reached(entries))
            .unwrap_or_else(PoisonError::into_inner);
        !waited.1.timed_out()
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Open(Arc<Journal>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.lock().open -= 1;
        self.0.changed.notify_all();
    }
}

#[derive(Debug, Default)]
struct Entries {
    max_open: usize,
    open: usize,
    requests: Vec<Recorded>,
}

impl Entries {
    fn count(&self, path: &str) -> usize {
        self.requests.iter().filter(|request| request.path == path).count()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_copy_of_headers_does_not_keep_the_buffer_they_were_read_into() {
        let buffer = Bytes::from(vec![b'a'; 8192]);
        let mut headers = HeaderMap::new();
        for (name, range) in [("x-a", 0..9), ("x-a", 9..10), ("accept", 10..12)] {
            let value = HeaderValue::from_maybe_shared(buffer.slice(range));
            headers.append(HeaderName::from_static(name), value.unwrap());
        }
        let copies = copied(&headers);
        assert_eq!(copies, headers);
        assert!(!buffer.is_unique());
        drop(headers);
        assert!(buffer.is_unique());
        assert_eq!(copies.get_all("x-a").iter().count(), 2);
    }
}

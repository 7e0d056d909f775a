//! The table.

use std::fmt;
use std::time::{Duration, Instant};

use jwks_conformance::Adapter;

use crate::scene::{Seen, Service, Traffic};

/// One fault, and what it did to one adapter.
pub(crate) struct Row {
    pub(crate) adapter: String,
    pub(crate) fault: String,
    /// Held during the fault, at its end.
    pub(crate) keys: usize,
    pub(crate) traffic: Traffic,
    pub(crate) attempts: u64,
    pub(crate) failures: u64,
    pub(crate) recovered: Option<Duration>,
    pub(crate) error: String,
    pub(crate) is_good: bool,
}

impl Row {
    pub(crate) const HEAD: &'static str = "adapter    fault             keys passed refused waited \
                                           attempts failed recovered  error";

    pub(crate) fn new(adapter: &dyn Adapter, fault: &str, before: &Seen, during: Seen) -> Self {
        Self {
            adapter: adapter.name().to_owned(),
            fault: fault.to_owned(),
            keys: during.keys,
            traffic: Traffic::default(),
            attempts: during.fetches - before.fetches,
            failures: during.failures - before.failures,
            recovered: None,
            error: during.error,
            is_good: false,
        }
    }

    /// No valid token was refused, or made to wait.
    pub(crate) const fn is_unnoticed(&self) -> bool {
        let Traffic { refused, waited, .. } = self.traffic;
        refused == 0 && waited == 0 && self.keys > 0
    }

    /// No token noticed the fault, attempts failed, and it was over soon after its end.
    pub(crate) const fn is_suffered(&self) -> bool {
        self.is_unnoticed() && self.failures > 0 && self.recovered.is_some()
    }

    pub(crate) fn judged(self, is_good: impl FnOnce(&Self) -> bool) -> Self {
        let is_good = is_good(&self);
        Self { is_good, ..self }
    }
}

/// How long after the end of the fault fetches succeed again, with traffic meanwhile.
pub(crate) fn recovery(service: &mut dyn Service, traffic: &mut Traffic) -> Option<Duration> {
    let healed = Instant::now();
    loop {
        if service.seen().is_well {
            return Some(healed.elapsed());
        }
        if healed.elapsed() > PATIENCE {
            return None;
        }
        *traffic += service.traffic(Duration::from_millis(10));
    }
}

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Traffic { refused, waited, .. } = self.traffic;
        let recovered = self.recovered.map_or_else(|| "never".to_owned(), |it| format!("{it:.1?}"));
        let error: String = self.error.chars().take(100).collect();
        write!(
            f,
            "{:<10} {:<17} {:>4} {:>6} {refused:>7} {waited:>6} {:>8} {:>6} {recovered:>9}  \
             {error}{}",
            self.adapter,
            self.fault,
            self.keys,
            self.traffic.passed(),
            self.attempts,
            self.failures,
            if self.is_good { "" } else { "  FAILED" }
        )
    }
}

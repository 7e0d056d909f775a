//! What the log is told of the resolver: now and then, and never which `iss` it was about.

use std::time::Duration;

use crate::keys::text::OneLine;
use crate::refresh::Time;

/// Why the function did not say yes or no.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// Since the last line.
    count: u64,
    last: Box<str>,
    /// No line before this.
    tell_at: Time,
}

impl Failures {
    /// `text` is of the service's own; it may quote the `iss`, which any stranger can choose.
    pub(super) fn note(&mut self, text: &str, iss: &str) {
        self.count += 1;
        let text = if iss.is_empty() { text.into() } else { text.replace(iss, "(iss)") };
        self.last = OneLine(text).to_string().into();
    }

    /// How many there were, and the last one, if it is time to say so.
    pub(super) fn due(&mut self, now: Time) -> Option<(u64, Box<str>)> {
        if self.count == 0 || now < self.tell_at {
            return None;
        }
        self.tell_at = now + TELL_EVERY;
        Some((std::mem::take(&mut self.count), std::mem::take(&mut self.last)))
    }

    /// When there is something to tell.
    pub(super) fn next(&self) -> Option<Time> {
        (self.count > 0).then_some(self.tell_at)
    }
}

/// A line of one kind, at most so often.
pub(super) const TELL_EVERY: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_in_a_line_now_and_then_without_the_iss() {
        let mut failures = Failures::default();
        let at = |seconds| Time::from_origin(Duration::from_secs(seconds));
        assert_eq!((failures.due(at(0)), failures.next()), (None, None));
        let iss = "https://evil.example";
        failures.note("no row for https://evil.example\n\u{1b}[31m", iss);
        assert_eq!(failures.next(), Some(Time::ZERO));
        let (count, text) = failures.due(at(1)).unwrap();
        assert_eq!((count, &*text), (1, r"no row for (iss)\n\u{1b}[31m"));
        assert_eq!(failures.next(), None);
        (0..1000).for_each(|_| failures.note("the pool is empty", iss));
        assert_eq!((failures.due(at(10)), failures.next()), (None, Some(at(11))));
        assert_eq!(failures.due(at(11)).unwrap(), (1000, "the pool is empty".into()));
        failures.note(&"x".repeat(100_000), "");
        assert!(failures.due(at(30)).unwrap().1.len() < 1000);
    }
}

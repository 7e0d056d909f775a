//! What happened lately, in short: the episodes of a recording.

use std::time::Duration;

use super::entry::Entry;
use super::line::Line;
use super::operation::Operation;
use super::tale::span;
use super::{Outcome, Recording};
use crate::refresh::{Machine, Reason, Time};

impl Recording {
    /// What is worth knowing of it at a glance: outages that are over, the end of trust, what was
    /// done by hand, frozen time, fetches for unknown kids. The last `most` of them, the oldest
    /// first; none for a quiet time.
    pub(crate) fn episodes(&self, most: usize) -> Vec<Line> {
        let mut machine = self.machine();
        let mut told = Told::default();
        if machine.failures() > 0 {
            told.outage = Some(Outage::since(&machine, machine.failures(), true));
        }
        for entry in &self.entries {
            for (at, input) in inputs(entry) {
                let before = machine.clone();
                let outcome = machine.handle(at, input);
                told.step(&before, &machine, input, outcome);
            }
        }
        told.end();
        let too_many = told.lines.len().saturating_sub(most);
        told.lines.split_off(too_many)
    }
}

fn inputs(entry: &Entry) -> impl Iterator<Item = (Time, Operation)> + '_ {
    entry.calls().map(|step| (step.at, step.input))
}

#[derive(Default)]
struct Told {
    lines: Vec<Line>,
    outage: Option<Outage>,
    strangers: Option<Strangers>,
}

/// Fetches that fail, one after the other.
struct Outage {
    /// When it began.
    line: Line,
    failures: u32,
    /// It began before the recording.
    earlier: bool,
}

/// Fetches that unknown kids have caused, in a row.
struct Strangers {
    /// When the first began.
    line: Line,
    last: Time,
    fetches: u32,
}

impl Outage {
    fn since(machine: &Machine, failures: u32, earlier: bool) -> Self {
        Self { line: now_at(machine), failures, earlier }
    }
}

impl Told {
    fn step(&mut self, before: &Machine, after: &Machine, input: Operation, outcome: Outcome) {
        if let Outcome::Started(start) = outcome {
            self.started(after, start.unknown_kid || start.reason == Reason::UnknownKid);
        }
        if before.trust_until().is_some() && after.trust_until().is_none() {
            let text = if input == Operation::Invalidate {
                "the keys were withdrawn by hand"
            } else {
                "the keys stopped serving: the trust in them had ended"
            };
            self.lines.push(now_at(after).saying(text.to_owned()));
        }
        let frozen = after.clock.frozen().saturating_sub(before.clock.frozen());
        if frozen >= LEAST_FROZEN {
            let text = format!("the process stood still for {}", span(frozen));
            self.lines.push(now_at(after).saying(text));
        }
        match (&mut self.outage, before.failures(), after.failures()) {
            (None, was, is) if is > was => self.outage = Some(Outage::since(after, is, false)),
            (Some(outage), was, is) if is > was => {
                outage.failures = outage.failures.saturating_add(is - was);
            }
            (Some(_), _, 0) => self.recovered(after),
            _ => {}
        }
    }

    fn started(&mut self, after: &Machine, unknown_kid: bool) {
        if !unknown_kid {
            return;
        }
        let now = after.clock.adapter();
        match &mut self.strangers {
            Some(row) if now.saturating_since(row.last) < APART => {
                row.fetches = row.fetches.saturating_add(1);
                row.last = now;
            }
            row => {
                let first = Strangers { line: now_at(after), last: now, fetches: 1 };
                let before = row.replace(first);
                self.tell_strangers(before);
            }
        }
    }

    fn recovered(&mut self, after: &Machine) {
        let Some(outage) = self.outage.take() else { return };
        let lasted = span(after.clock.adapter().saturating_since(outage.line.at()));
        let fetches = fetches(outage.failures);
        let earlier = if outage.earlier { "or longer" } else { "until one succeeded" };
        let text = format!("{fetches} failed in a row, for {lasted} {earlier}");
        self.lines.push(outage.line.saying(text));
    }

    fn tell_strangers(&mut self, row: Option<Strangers>) {
        let Some(row) = row else { return };
        let took = row.last.saturating_since(row.line.at());
        let within =
            if took.is_zero() { String::new() } else { format!(", within {}", span(took)) };
        let text = format!("{} for unknown kids{within}", fetches(row.fetches));
        self.lines.push(row.line.saying(text));
    }

    fn end(&mut self) {
        let row = self.strangers.take();
        self.tell_strangers(row);
        self.lines.sort_by_key(Line::at);
    }
}

fn now_at(machine: &Machine) -> Line {
    Line::new(machine, machine.clock.adapter(), String::new())
}

fn fetches(number: u32) -> String {
    format!("{number} {}", if number == 1 { "fetch" } else { "fetches" })
}

/// Rows of fetches that are this far apart are told one by one.
const APART: Duration = Duration::from_secs(5 * 60);

/// Shorter standstills are no episode.
const LEAST_FROZEN: Duration = Duration::from_secs(30);

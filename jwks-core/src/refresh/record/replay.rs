//! A recording, run again.

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeStruct as _, Serializer};

use super::entry::{Entry, Step};
use super::line::{Line, When};
use super::operation::Did;
use super::tale::{Tale, span};
use super::{Recording, seconds};
use crate::refresh::{Freshness, Machine, Time};

/// The story of a [`Recording`], from [`Recording::replay`]: when, what came in, what the machine
/// did, and why.
///
/// `Display` gives a line for each event, for people. With serde it is an object with the same
/// lines, for programs; their texts may change with each version.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use jwks_core::refresh::record::{Operation, Recording};
/// use jwks_core::refresh::{Policy, Time};
///
/// let at = |seconds| Time::from_origin(Duration::from_secs(seconds));
/// let inputs = [(at(0), Operation::Timeout), (at(5), Operation::Timeout)];
/// let recording = Recording::script(Policy::default(), 1, at(0), inputs).rerun();
///
/// let replay = recording.replay();
/// assert!(replay.parting().is_none()); // this version acts as the recorded one did
/// assert!(replay.to_string().contains("fetch 1 begins: no keys"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Replay {
    label: Option<String>,
    lines: Vec<Line>,
    parting: Option<Parting>,
    inputs: u64,
    end: String,
}

/// Where the machine of this version does something else than the one that was recorded.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Parting {
    #[serde(with = "seconds::time")]
    at: Time,
    input: String,
    recorded: String,
    now: String,
}

impl Recording {
    /// Runs a machine through the recording, and tells what happens. Ends where this machine does
    /// something else than the recorded one did: see [`Replay::parting`].
    #[must_use]
    pub fn replay(&self) -> Replay {
        let mut run = Run { machine: self.machine(), tale: Tale::default(), inputs: 0 };
        run.tale.begin(&run.machine);
        let parting = self.entries.iter().find_map(|entry| run.entry(entry));
        let lines = run.tale.lines;
        let end = in_the_end(&run.machine);
        let label = self.label().map(str::to_owned);
        Replay { label, lines, parting, inputs: run.inputs, end }
    }
}

impl Replay {
    /// The events, in their order.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    /// Where this version of the machine does something else than the recorded one; none if it does
    /// the same throughout.
    #[must_use]
    pub const fn parting(&self) -> Option<&Parting> {
        self.parting.as_ref()
    }
}

struct Run {
    machine: Machine,
    tale: Tale,
    inputs: u64,
}

impl Run {
    fn entry(&mut self, entry: &Entry) -> Option<Parting> {
        self.tale.quiet(&self.machine, &entry.quiet);
        self.inputs = self.inputs.saturating_add(entry.inputs());
        entry.calls().find_map(|call| self.step(call))
    }

    fn step(&mut self, step: Step) -> Option<Parting> {
        let before = self.machine.clone();
        let at = before.clock.adapter().max(step.at);
        self.tale.ages(&before, at);
        let outcome = self.machine.handle(step.at, step.input);
        let did = Did::from(outcome);
        if let Some(recorded) = step.did.filter(|recorded| *recorded != did) {
            let [recorded, now] = [recorded, did].map(shown);
            return Some(Parting { at, input: format!("{:?}", step.input), recorded, now });
        }
        self.tale.step(&before, &self.machine, step.input, outcome);
        None
    }
}

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(label) = &self.label {
            writeln!(f, "{}", label.escape_debug())?;
        }
        for line in &self.lines {
            writeln!(f, "{}  {}", When(line.at(), line.time()), line.text())?;
        }
        match &self.parting {
            Some(parting) => write!(f, "{parting}"),
            None => write!(
                f,
                "{} inputs; the machine does now what it did then. {}",
                self.inputs, self.end
            ),
        }
    }
}

impl fmt::Display for Parting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, input, recorded, now } = self;
        write!(
            f,
            "{}  HERE THEY PART: at the input {input} the recorded machine did this: {recorded}; \
             this version does: {now}",
            When(*at, None)
        )
    }
}

impl Serialize for Replay {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut out = to.serialize_struct("Replay", 5)?;
        out.serialize_field("label", &self.label)?;
        out.serialize_field("inputs", &self.inputs)?;
        out.serialize_field("events", &self.lines)?;
        out.serialize_field("end", &self.end)?;
        out.serialize_field("parting", &self.parting)?;
        out.end()
    }
}

fn in_the_end(machine: &Machine) -> String {
    let now = machine.clock.adapter();
    let keys = match machine.freshness(now) {
        Freshness::Missing => "no keys are held",
        Freshness::Fresh => "the keys are fresh",
        Freshness::Due => "the keys are due for a refresh",
        Freshness::Stale => "the keys are stale, and serve",
        Freshness::Expired => "the keys have expired",
    };
    let next = match (machine.in_flight(), machine.next_fetch()) {
        (Some(_), _) => "a fetch is in flight".to_owned(),
        (None, Some(next)) => {
            format!("next fetch in {} ({})", span(next.at.saturating_since(now)), next.reason)
        }
        (None, None) => "no fetch is planned".to_owned(),
    };
    let failures = machine.failures();
    let failing =
        if failures > 0 { format!(", {failures} failed attempts") } else { String::new() };
    format!("In the end {keys}; {next}{failing}.")
}

fn shown(did: Did) -> String {
    match did {
        Did::Confirmed => "the keys are confirmed".to_owned(),
        Did::Failed => "the attempt counts as failed".to_owned(),
        Did::Ignored => "the answer is ignored".to_owned(),
        Did::Nothing => "nothing".to_owned(),
        Did::Outlived => "the answer has outlived its trust".to_owned(),
        Did::Refused => "the refresh by hand is refused".to_owned(),
        Did::Started { reason, conditional, no_cache, by_hand, unknown_kid } => {
            let flags = [
                (conditional, ", conditional"),
                (no_cache, ", past caches"),
                (by_hand, ", by hand"),
                (unknown_kid, ", for an unknown kid"),
            ];
            let flags: String = flags.into_iter().filter(|it| it.0).map(|it| it.1).collect();
            format!("a fetch begins ({reason}{flags})")
        }
    }
}

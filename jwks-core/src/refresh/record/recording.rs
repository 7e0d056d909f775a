//! What a recorder gives out, and a file holds.

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::checkpoint::State;
use super::entry::{Entry, Quiet, Step};
use super::operation::Did;
use super::{Operation, seconds};
use crate::refresh::{Machine, Policy, Time};

/// The last inputs of one machine, with its policy and the state that they began from.
///
/// With serde it is one JSON object of version 1, to be kept, sent, and read by another process.
/// It holds no token, no claim and no `kid`. The [label](Self::label) names the issuer.
/// [`replay`](Self::replay) tells it in words.
///
/// Reading it checks its size: at most 65,536 entries, in the order of time. It has no promise of
/// compatibility between versions of this crate: a recording is read by the version that wrote it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(into = "Form", try_from = "Form")]
pub struct Recording {
    label: Option<String>,
    pub(super) policy: Policy,
    pub(super) start: Start,
    pub(super) entries: Vec<Entry>,
}

/// The state of the machine before the first entry.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "one a recording")]
pub(super) enum Start {
    New {
        seed: u64,
        #[serde(with = "seconds::time")]
        at: Time,
    },
    State(#[serde(with = "State")] Machine),
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Form {
    version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    policy: Policy,
    start: Start,
    #[serde(deserialize_with = "not_too_many")]
    entries: Vec<Entry>,
}

impl Recording {
    /// A script: these inputs for a machine that is new at `now`. What the machine does with them
    /// is left open, until [`rerun`](Self::rerun) fills it in.
    ///
    /// For tests: a case that fails becomes a file, and the file a test.
    pub fn script(
        policy: Policy,
        seed: u64,
        now: Time,
        inputs: impl IntoIterator<Item = (Time, Operation)>,
    ) -> Self {
        let step = |(at, input)| Some(Step { at, input, did: None });
        let entry = |input| Entry { quiet: Quiet::default(), step: step(input) };
        let entries = inputs.into_iter().map(entry).collect();
        Self::new(policy, Start::New { seed, at: now }, entries)
    }

    /// Names its issuer.
    #[must_use]
    pub fn with_label(self, label: &str) -> Self {
        Self { label: Some(label.chars().take(LONGEST_LABEL).collect()), ..self }
    }

    /// The name of the issuer, as the cache was [given](crate::cache::KeyCacheBuilder::label) it.
    /// In a file it is whatever the file says: escape it.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// The settings of the machine.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The machine as it was before the first input.
    #[must_use]
    pub fn machine(&self) -> Machine {
        match &self.start {
            Start::New { seed, at } => Machine::new(self.policy.clone(), *seed, *at),
            Start::State(machine) => machine.clone(),
        }
    }

    /// The seed and the time of the machine, if it was new before the first input.
    #[must_use]
    pub const fn seed(&self) -> Option<(u64, Time)> {
        match self.start {
            Start::New { seed, at } => Some((seed, at)),
            Start::State(_) => None,
        }
    }

    /// The inputs that lead from that machine to the state at the end. Of a run of inputs that
    /// changed nothing else, these are only the few that the state depends on.
    pub fn inputs(&self) -> impl Iterator<Item = (Time, Operation)> + '_ {
        self.entries.iter().flat_map(Entry::calls).map(|step| (step.at, step.input))
    }

    /// The same inputs, with what this version of the machine does with them: the
    /// [`replay`](Self::replay) of it parts nowhere.
    ///
    /// Inputs that the recorded machine did nothing with were counted, and few of them kept. Where
    /// this version does something with one of these, it has an entry of its own.
    #[must_use]
    pub fn rerun(&self) -> Self {
        let (mut machine, mut entries) = (self.machine(), Vec::new());
        for entry in &self.entries {
            let mut tried = machine.clone();
            let is_quiet = entry.quiet.calls().all(|call| did(&mut tried, call) == Did::Nothing);
            let parts =
                if is_quiet { [Some(*entry), None, None] } else { entry.opened().map(Some) };
            for mut entry in parts.into_iter().flatten() {
                for call in entry.quiet.calls() {
                    machine.handle(call.at, call.input);
                }
                if let Some(step) = &mut entry.step {
                    step.did = Some(did(&mut machine, *step));
                }
                entries.push(entry);
            }
        }
        Self { entries, ..self.clone() }
    }

    pub(super) const fn new(policy: Policy, start: Start, entries: Vec<Entry>) -> Self {
        Self { label: None, policy, start, entries }
    }
}

impl From<Recording> for Form {
    fn from(recording: Recording) -> Self {
        let Recording { label, policy, start, entries } = recording;
        Self { version: VERSION, label, policy, start, entries }
    }
}

impl TryFrom<Form> for Recording {
    type Error = String;

    fn try_from(form: Form) -> Result<Self, String> {
        let Form { version, label, policy, mut start, entries } = form;
        if version != VERSION {
            return Err(format!(
                "the recording has version {version}, and this program reads {VERSION}"
            ));
        }
        if label.as_ref().is_some_and(|label| label.chars().count() > LONGEST_LABEL) {
            return Err(format!("the label is longer than {LONGEST_LABEL} characters"));
        }
        if let Start::State(machine) = &mut start {
            // It was left out there.
            machine.policy = policy.clone();
        }
        Ok(Self { label, policy, start, entries })
    }
}

fn did(machine: &mut Machine, step: Step) -> Did {
    machine.handle(step.at, step.input).into()
}

fn not_too_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Entry>, D::Error> {
    struct Entries;

    impl<'de> Visitor<'de> for Entries {
        type Value = Vec<Entry>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "at most {MOST_ENTRIES} entries")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Vec<Entry>, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = from.next_element()? {
                if entries.len() == MOST_ENTRIES {
                    return Err(A::Error::custom(format_args!("more than {MOST_ENTRIES} entries")));
                }
                entries.push(entry);
            }
            Ok(entries)
        }
    }

    from.deserialize_seq(Entries)
}

const LONGEST_LABEL: usize = 128;

const MOST_ENTRIES: usize = 65_536;

const VERSION: u64 = 1;

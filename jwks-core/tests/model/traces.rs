//! Recordings, replayed: the same actions and the same story, and nothing that breaks a rule.
//!
//! `tests/traces` holds them, each with its story beside it. A failing case of this model, or of
//! `refresh/explore`, is saved as one. `JWKS_TRACES=write cargo test -p jwks-core --test model traces`
//! fills in what this version of the machine does, and writes the stories: read what has changed.

#![expect(clippy::disallowed_methods, reason = "the recordings are files")]

use std::path::{Path, PathBuf};
use std::{env, fs};

use jwks_core::refresh::record::{Operation, Recording};
use jwks_core::refresh::{Policy, Time};

use crate::reference::{Model, Trial};
pub(crate) use saving::saved;

#[path = "../support/traces.rs"]
mod saving;

#[test]
fn each_is_told_as_before() {
    for file in traces() {
        let mut recording = read(&file);
        let story_file = file.with_extension("txt");
        if is_to_be_written() {
            recording = recording.rerun();
            fs::write(&file, serde_json::to_string_pretty(&recording).unwrap() + "\n").unwrap();
            fs::write(&story_file, recording.replay().to_string() + "\n").unwrap();
        }
        let replay = recording.replay();
        let shown = file.display();
        assert_eq!(replay.parting(), None, "{shown}");
        let story = fs::read_to_string(&story_file).unwrap_or_default();
        assert_eq!(replay.to_string(), story.trim_end(), "{shown}");
    }
}

/// Those that begin with a new machine are played beside the reference.
#[test]
fn none_breaks_a_rule() {
    if is_to_be_written() {
        // By the other test, at this moment.
        return;
    }
    let mut played = 0;
    for file in traces() {
        let recording = read(&file);
        let Some((_, at)) = recording.seed() else { continue };
        let model = Model::new(recording.policy().clone(), at);
        let mut trial = Trial { machine: recording.machine(), model, now: at, beyond: false };
        for (number, (now, call)) in recording.inputs().enumerate() {
            if let Err(broken) = trial.put(now, call) {
                let shown = file.display();
                panic!("{shown}: input {number}, {call:?}: {}\n{}", broken.rule, broken.why);
            }
        }
        played += 1;
    }
    assert!(played > 0);
}

/// A case that breaks a rule is saved as a file that breaks it again.
#[test]
fn what_is_saved_is_what_failed() {
    let inputs = [(Time::ZERO, Operation::Timeout), (Time::ZERO, Operation::Refresh)];
    let recording = Recording::script(Policy::default(), 5, Time::ZERO, inputs);
    let said = saved("saving", &recording);
    let file = said.trim_start_matches("saved as ").split(", ").next().unwrap();
    assert_eq!(read(Path::new(file)), recording);
    fs::remove_file(file).unwrap();
}

fn traces() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces");
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|ending| ending == "json")).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn read(file: &Path) -> Recording {
    let text = fs::read_to_string(file).expect("a file");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn is_to_be_written() -> bool {
    env::var("JWKS_TRACES").is_ok_and(|value| value == "write")
}

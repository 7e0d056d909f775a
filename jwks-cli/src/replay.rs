//! `jwks replay`: what has happened to a cache, told from its recording.

use std::fs::File;
use std::io::{Read, Write, stdin, stdout};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jwks_core::refresh::record::Recording;

use crate::exit::{Exit, Stopped};

/// Tell from a recording what happened to a cache, and why
///
/// A recording is the JSON of `KeyCache::recording()`. The refresh machine runs through it again;
/// each line says when, what came in, what the machine did, and why. Nothing is fetched.
///
/// Exit code 1: the file is no recording, or this version of the machine acts differently from the
/// one that was recorded. The last line says where they part.
#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// The file; `-` reads standard input
    file: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let recording = read(&arguments.file)?;
    let replay = recording.replay();
    let told =
        if arguments.json { serde_json::to_string_pretty(&replay)? } else { replay.to_string() };
    writeln!(stdout(), "{told}").context("standard output cannot be written")?;
    Ok(if replay.parting().is_some() { Exit::Refused } else { Exit::Done })
}

fn read(path: &Path) -> Result<Recording> {
    let shown =
        if path == Path::new("-") { "standard input".into() } else { path.to_string_lossy() };
    let text = text_of(path).with_context(|| format!("{shown} cannot be read"))?;
    if text.len() as u64 > LONGEST {
        let text = format!("{shown} is no recording: it has more than {LONGEST} bytes");
        return Err(Stopped(Exit::Refused, text).into());
    }
    serde_json::from_slice(&text).map_err(|error| {
        let error = error.to_string().escape_debug().to_string();
        Stopped(Exit::Refused, format!("{shown} is no recording: {error:.200}")).into()
    })
}

fn text_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    if path == Path::new("-") {
        stdin().take(LONGEST + 1).read_to_end(&mut text)?;
    } else {
        File::open(path)?.take(LONGEST + 1).read_to_end(&mut text)?;
    }
    Ok(text)
}

/// A recording of a cache has some ten thousand bytes.
const LONGEST: u64 = 64 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::of_error;

    fn file(name: &str, text: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("jwks-replay-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn a_recording_is_told() {
        let text = r#"{"version":1,"policy":{},"start":{"new":{"seed":1,"at":"0"}},
            "entries":[{"step":{"at":"0","input":"timeout"}}]}"#;
        let file = file("good.json", text);
        let exit = run(&Arguments { file: file.clone(), json: false }).unwrap();
        assert_eq!(exit, Exit::Done);
        let exit = run(&Arguments { file: file.clone(), json: true }).unwrap();
        assert_eq!(exit, Exit::Done);
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn a_machine_that_acts_differently_is_an_exit_of_its_own() {
        let text = r#"{"version":1,"policy":{},"start":{"new":{"seed":1,"at":"0"}},
            "entries":[{"step":{"at":"0","input":"timeout","did":"nothing"}}]}"#;
        let file = file("parted.json", text);
        let exit = run(&Arguments { file: file.clone(), json: false }).unwrap();
        assert_eq!(exit, Exit::Refused);
        assert!(read(&file).unwrap().replay().to_string().contains("HERE THEY PART"));
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn other_files_are_refused_and_missing_ones_are_unavailable() {
        let path = file("other.json", r#"{"version":1,"poli\u001bcy":{}}"#);
        let error = read(&path).unwrap_err();
        assert_eq!(of_error(&error), Exit::Refused);
        assert!(!error.to_string().contains('\u{1b}'), "{error}");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(of_error(&read(&path).unwrap_err()), Exit::Unavailable);
    }
}

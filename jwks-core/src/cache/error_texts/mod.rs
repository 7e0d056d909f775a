//! Every error of this crate, in its worst case: each text is enough, none repeats another, none
//! holds a secret, and the debug form is one line.
//!
//! It stands here, because some of them can be made nowhere else.

mod samples;

use std::error::Error as StdError;
use std::fmt;
use std::path::Path;

use super::{Error, FetchError, Progress};
use crate::keys::Algorithm;
use crate::verify::{self, InvalidToken, SpiffeId};
use samples::{
    all_key_sets, builds, caches, denials, fetches, hydrations, issuers, not_ready, policies,
    refused_address, settings, sources, unreachable,
};

const SECRET: &str = "s3cr3t";

/// What an adapter's HTTP client says, with a cause of its own.
#[derive(Debug)]
struct Client(std::io::Error);

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("client error\r\n\u{1b}[31m(Connect)")
    }
}

impl StdError for Client {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

fn client() -> Client {
    Client(std::io::Error::other("os error 111"))
}

#[test]
fn errors_of_this_crate() {
    let mut seen = Seen::default();
    seen.all(&all_key_sets());
    seen.all(&fetches());
    seen.all(&caches());
    seen.all(&hydrations());
    seen.all(&sources());
    seen.all(&denials());
    seen.all(&verify::all_errors());
    seen.all(&issuers());
    seen.all(&builds());
    seen.all(&settings());
    seen.all(&policies());
    seen.all(&["RS1".parse::<Algorithm>().unwrap_err()]);
    seen.all(&[InvalidToken::new(client())]);
    seen.all(&[not_ready()]);
    seen.all(&["s3cr3t", "spiffe://s3cr3t s3cr3t"].map(|id| id.parse::<SpiffeId>().unwrap_err()));
    seen.all(&[unreachable()]);
    seen.all(&[refused_address()]);
    seen.all(
        &[b"".as_slice(), b"s3cr3t s3cr3t"].map(|text| crate::adapter::bearer(text).unwrap_err()),
    );
    seen.is_complete();
}

/// What a user would read first, as a whole.
#[test]
fn a_chain_of_all_floors() {
    let progress = Progress::default();
    progress.through_proxy(&"http://u:s3cr3t@proxy.example:3128/".parse().unwrap());
    let failure = progress.explain(FetchError::connect(client()));
    let cause = Error::without_keys(None, Some(failure));
    assert_eq!(
        format!("{cause:?}"),
        "no keys are available from https://id.example.com/keys?…: no connection to the key server \
         through the proxy http://proxy.example:3128: client error\\r\\n\\u{1b}[31m(Connect): \
         os error 111"
    );
}

/// The types whose errors have been looked at.
#[derive(Default)]
struct Seen(Vec<&'static str>);

impl Seen {
    fn all<E: StdError + 'static>(&mut self, errors: &[E]) {
        let path = std::any::type_name::<E>();
        self.0.push(path);
        assert!(!errors.is_empty(), "{path}");
        for error in errors {
            let sources = std::iter::successors(error.source(), |&error| error.source());
            let causes: Vec<_> = sources.map(ToString::to_string).collect();
            let text = error.to_string();
            is_a_line(&text);
            // A variable of the environment, or an abbreviation, stands there as it is written.
            let word = text.split(' ').next().unwrap_or_default();
            let lower = |text: &str| !text.starts_with(char::is_uppercase);
            assert!(lower(word) || !word.contains(char::is_lowercase), "{text}");
            let texts: Vec<_> = std::iter::once(&text).chain(&causes).collect();
            for (n, one) in texts.iter().enumerate() {
                for other in texts.iter().skip(n + 1) {
                    let apart = !one.contains(other.as_str()) && !other.contains(one.as_str());
                    assert!(apart, "{path} repeats itself: {one} / {other}");
                }
            }
            let debug = format!("{error:?}");
            is_a_line(&debug);
            assert!(debug.starts_with(&text), "{path} is not readable: {debug}");
            let shown = format!("{texts:?} {debug} {error:#?}");
            assert!(!shown.contains(SECRET), "{path}: {shown}");
        }
    }

    /// Whether each public error of the source text is among them.
    fn is_complete(&self) {
        let mut names = Vec::new();
        names_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut names);
        assert!(names.len() > 10, "{names:?}");
        for name in names {
            let end = format!("::{name}");
            assert!(self.0.iter().any(|path| path.ends_with(&end)), "{name} is not looked at");
        }
        // Two of that name.
        assert_eq!(self.0.iter().filter(|path| path.ends_with("::Error")).count(), 2);
    }
}

fn is_a_line(text: &str) {
    assert!(!text.is_empty() && !text.contains(char::is_control), "{text:?}");
    assert!(text.chars().count() < 1500, "{text}");
}

/// The public types that are errors, by the lines that say so.
#[expect(clippy::disallowed_methods, reason = "the test reads the source text")]
fn names_in(folder: &Path, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names_in(&path, names);
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let public = |name: &str| {
            ["struct", "enum"].iter().any(|kind| text.contains(&format!("\npub {kind} {name}")))
        };
        let mut derived = false;
        for line in text.lines() {
            let implemented =
                line.strip_prefix("impl ").and_then(|rest| rest.split_once("Error for "));
            let name = match implemented {
                Some((_, name)) => Some(name),
                None if derived => {
                    line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "))
                }
                None => None,
            };
            derived |= line.contains("thiserror::Error)]");
            derived &= line.starts_with('#');
            let name = name.map(|name| name.split(|c: char| !c.is_alphanumeric()).next().unwrap());
            // Why a key is skipped is shown by `Skipped`, which is no error.
            names.extend(
                name.filter(|name| public(name) && *name != "SkipReason").map(str::to_owned),
            );
        }
    }
}

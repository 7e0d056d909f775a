//! `cargo xtask demo`: the main job, on an embedded provider or a real one.

mod client;
mod conductor;
mod embedded;
mod latency;
mod log;
mod provider;
mod question;
mod real;
mod schedule;
mod tally;

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::ArgGroup;
use jwks_core::keys::Algorithm;

use crate::process::USAGE;
use question::Question;
use schedule::Schedule;

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode> {
    let Some(question) = arguments.question() else {
        return embedded::run(Schedule::demo()?);
    };
    real::run(question).or_else(|error| {
        eprintln!("xtask: {error:#}");
        Ok(ExitCode::from(USAGE))
    })
}

/// The main job, on an embedded identity provider or against a real one
///
/// Without options: service, clients and an identity provider in one process, over real HTTP on
/// loopback, for about 15 seconds, all intervals shortened.
///
/// The provider takes 200 ms to answer. It rotates its keys three times as it should (a new key
/// is published well before its first signature, an old one until its last token has expired), and
/// once in an emergency: from one moment to the next it publishes and signs with other keys, and
/// the clients drop their old tokens. 50 clients present 20 tokens a second each.
///
/// The log of the cache goes to standard error, these lines to standard output at the end:
///
///   validations        tokens judged after the first load
///   failed             of them, those refused for any reason but that of `withdrawn`
///   waited             of them, those that had to wait for keys, the emergency's aside
///   fetches            requests for keys that the provider got, the first load included
///   rotations          proper ones, the emergency aside
///   emergency_waited   tokens of the emergency's keys that waited for them
///   emergency_fetches  fetches that an unknown key caused, that of the emergency
///   withdrawn          tokens of withdrawn keys refused because their key is gone
///   p50, p99, max      time of one validation, those of `emergency_waited` aside; whoever else
///                      uses the machine shows in it
///
/// Exit code 0 if `failed` and `waited` are 0, `emergency_fetches` is 1, and everything took place;
/// else 1.
///
/// With --issuer: fetches the keys of a real provider, validates one token, and prints `accepted`
/// with its header, the names of its claims, its key, the age of the keys and the next refresh
/// (exit code 0), or `refused: REASON` (1), or `unavailable: REASON` when no keys can be had (2).
/// Keys are asked for once, without a second try. The token and the values of its claims are never
/// shown.
///
/// Arguments that cannot work: exit code 64.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[command(group(ArgGroup::new("whom").args(["audience", "any_audience"])))]
pub(crate) struct Arguments {
    /// The exact `iss` of the tokens of a real provider
    #[arg(long, value_name = "ISS", requires_all = ["token", "whom"])]
    issuer: Option<String>,
    /// Where its key set is: https, or plain http to this machine [default: where the issuer says,
    /// by OpenID Connect Discovery]
    #[arg(long, value_name = "URL", requires = "issuer")]
    jwks: Option<String>,
    /// Whom the token must be meant for; may be repeated, one of them is enough
    #[arg(long, requires = "issuer")]
    audience: Vec<String>,
    /// Do not look whom the token is meant for
    #[arg(long, requires = "issuer")]
    any_audience: bool,
    /// A signature algorithm that may be used; may be repeated [default: all that are supported]
    #[arg(long, value_name = "ALG", requires = "issuer")]
    algorithm: Vec<Algorithm>,
    /// PEM file of certificate authorities to trust besides the platform's
    #[arg(long, value_name = "FILE", requires = "issuer")]
    ca: Option<PathBuf>,
    /// The token, or `-` to read it from standard input, where other users cannot see it
    #[arg(long, value_name = "T", requires = "issuer")]
    token: Option<String>,
}

impl Arguments {
    /// What to ask of the real provider, if one is named.
    fn question(self) -> Option<Question> {
        // The two come together: clap sees to it.
        let (issuer, jwks, token) = (self.issuer?, self.jwks, self.token?);
        let audience = if self.any_audience { None } else { Some(self.audience) };
        Some(Question { issuer, jwks, audience, algorithms: self.algorithm, ca: self.ca, token })
    }
}

/// Without the token.
impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arguments").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches as _};

    use super::*;

    fn read(line: &str) -> Result<Option<Question>, clap::Error> {
        let command = Arguments::augment_args(Command::new("demo").no_binary_name(true));
        let matches = command.try_get_matches_from(line.split_whitespace())?;
        Ok(Arguments::from_arg_matches(&matches)?.question())
    }

    #[test]
    fn without_options_it_is_the_embedded_provider() {
        assert!(read("").unwrap().is_none());
    }

    #[test]
    fn a_real_provider_is_told_in_full() {
        let line = "--issuer i --jwks u --audience a --audience b --algorithm RS256 --token -";
        let question = read(line).unwrap().unwrap();
        assert_eq!(question.audience, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(question.algorithms, [Algorithm::RS256]);
        assert_eq!(question.token, "-");
        let question = read("--issuer i --jwks u --any-audience --token t").unwrap().unwrap();
        assert_eq!(question.audience, None);
        assert_eq!(question.jwks.as_deref(), Some("u"));
        let question = read("--issuer i --any-audience --token t").unwrap().unwrap();
        assert_eq!(question.jwks, None);
    }

    #[test]
    fn what_is_missing_or_too_much_is_refused() {
        for line in [
            "--issuer i",
            "--jwks u",
            "--token t",
            "--audience a",
            "--any-audience",
            "--ca f",
            "--algorithm RS256",
            "--issuer i --jwks u --token t",
            "--issuer i --jwks u --audience a",
            "--issuer i --token t",
            "--jwks u --token t --audience a",
            "--issuer i --jwks u --audience a --any-audience --token t",
            "--issuer i --jwks u --any-audience --token t --algorithm HS256",
            "--issuer i --jwks u --any-audience --token t --algorithm none",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }

    #[test]
    fn the_debug_form_has_no_token() {
        let command = Arguments::augment_args(Command::new("demo").no_binary_name(true));
        let line = "--issuer i --jwks u --any-audience --token secret";
        let matches = command.get_matches_from(line.split(' '));
        let arguments = Arguments::from_arg_matches(&matches).unwrap();
        assert!(!format!("{arguments:?}").contains("secret"));
    }
}

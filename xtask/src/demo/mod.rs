//! `cargo xtask demo`: the main job, on an embedded provider.

mod client;
mod conductor;
mod embedded;
mod latency;
mod log;
mod provider;
mod schedule;
mod tally;

use std::process::ExitCode;

use anyhow::Result;

use schedule::Schedule;

pub(crate) fn run(_arguments: Arguments) -> Result<ExitCode> {
    embedded::run(Schedule::demo()?)
}

/// The main job, on an embedded identity provider
///
/// Service, clients and an identity provider in one process, over real HTTP on loopback, for about
/// 15 seconds, all intervals shortened. Against a real provider: `jwks explain` (crate `jwks-cli`).
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
/// Arguments that cannot work: exit code 64.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {}

//! What a validation costs beside the signature check that it cannot do without.
//!
//! `cargo bench -p jwks-core --bench validation` prints one line for each figure, `ratio NAME VALUE`:
//! the median, over many rounds, of the time of one thing divided by the time of another in the same
//! round. So what else the machine does at the time hardly matters. `-- PART` runs only the
//! figures whose names hold that text.
//!
//! `-- count NAME TIMES` runs one thing so often and measures nothing: to be counted by callgrind.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "a clock measures")]
#![expect(clippy::print_stdout, reason = "what it is for")]
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed run")]

mod claims;
mod memo;
mod rounds;
mod subjects;
mod world;

use std::time::Duration;

use rounds::{Rounds, Threads};
use subjects::Subjects;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let subjects = Subjects::new();
    if let [count, name, times] = arguments.as_slice()
        && count == "count"
    {
        return counted(subjects.named(name), times.parse().unwrap());
    }
    let part = arguments.first().map_or("", String::as_str);
    for (name, over, under, threads) in FIGURES {
        let name = format!("{name}{}", if *threads == Threads::Two { ", two threads" } else { "" });
        if name.contains(part) {
            let rounds = Rounds { threads: *threads, time: Duration::from_millis(1500) };
            let ratio = rounds.ratio(subjects.named(over), subjects.named(under));
            println!("ratio {name} {ratio:.3}");
        }
    }
}

/// For `valgrind --tool=callgrind --toggle-collect='*::counted'`.
#[inline(never)]
fn counted(subject: &subjects::Subject, times: u64) {
    for _ in 0..times {
        subject();
    }
}

/// Name, and what is divided by what.
const FIGURES: &[(&str, &str, &str, Threads)] = &[
    ("RS256 11 claims / raw", "RS256", "RS256 raw", Threads::One),
    ("RS256 11 claims async / raw", "RS256 async", "RS256 raw", Threads::One),
    ("RS256 registered / raw", "RS256 registered", "RS256 raw", Threads::One),
    ("RS256 borrowed / raw", "RS256 borrowed", "RS256 raw", Threads::One),
    ("RS256 11 claims, two issuers / raw", "RS256 two issuers", "RS256 raw", Threads::One),
    ("ES256 11 claims / raw", "ES256", "ES256 raw", Threads::One),
    ("EdDSA 11 claims / raw", "EdDSA", "EdDSA raw", Threads::One),
    ("RS256 11 claims / raw", "RS256", "RS256 raw", Threads::Two),
    ("ES256 11 claims / raw", "ES256", "ES256 raw", Threads::Two),
    ("RS256 11 claims, memo / raw", "RS256 memo", "RS256 raw", Threads::One),
    ("RS256 borrowed, memo / raw", "RS256 memo borrowed", "RS256 raw", Threads::One),
    ("ES256 11 claims, memo / raw", "ES256 memo", "ES256 raw", Threads::One),
    ("ES256 borrowed, memo / raw", "ES256 memo borrowed", "ES256 raw", Threads::One),
    ("EdDSA 11 claims, memo / raw", "EdDSA memo", "EdDSA raw", Threads::One),
    ("RS256 64 tokens, memo / raw", "RS256 many memo", "RS256 raw", Threads::One),
    ("RS256 memo missed / none", "RS256 many missed", "RS256 many", Threads::One),
    ("ES256 memo missed / none", "ES256 many missed", "ES256 many", Threads::One),
    ("EdDSA memo missed / none", "EdDSA many missed", "EdDSA many", Threads::One),
    ("RS256 memo of each thread / one", "RS256 memo of each thread", "RS256 memo", Threads::Two),
    ("ES256 memo of each thread / one", "ES256 memo of each thread", "ES256 memo", Threads::Two),
    ("RS256 jsonwebtoken / raw", "RS256 jsonwebtoken", "RS256 raw", Threads::One),
    ("RS256 jsonwebtoken / ours", "RS256 jsonwebtoken", "RS256", Threads::One),
    ("ES256 jsonwebtoken / ours", "ES256 jsonwebtoken", "ES256", Threads::One),
    ("EdDSA jsonwebtoken / ours", "EdDSA jsonwebtoken", "EdDSA", Threads::One),
    ("look-up / arc-swap and map", "look-up", "arc-swap and map", Threads::One),
    ("look-up / arc-swap and map", "look-up", "arc-swap and map", Threads::Two),
];

//! What a validation costs as key sets, tokens and the number of issuers grow, and their memory.
//!
//! `cargo xtask bench --only sizes` runs it. `ratio NAME VALUE` is the median, over many rounds, of
//! the time of one thing divided by the time of another in the same round. `micros NAME VALUE` is the
//! median of its time. `bytes NAME VALUE` is by how much the process grows, C libraries included.

#[path = "../../../../jwks-core/benches/validation/claims.rs"]
mod claims;
mod memory;
#[path = "../../../../jwks-core/benches/validation/rounds.rs"]
#[expect(dead_code, reason = "one thread is enough here")]
mod rounds;
mod subjects;
mod world;

use std::time::{Duration, Instant};

use rounds::{Rounds, Threads};
use subjects::{Subject, accepts, jsonwebtoken, looks, raw, refuses};
use world::{Keys, Served, issuers, token};

fn main() {
    let part = std::env::args().nth(1).unwrap_or_default();
    let say = |name: &str, over: &Subject, under: &Subject| {
        if name.contains(&part) {
            let rounds = Rounds { threads: Threads::One, time: Duration::from_millis(1500) };
            println!("ratio {name} {:.3}", rounds.ratio(over, under));
        }
    };
    let keys = Keys::new();
    // First, while the process is small.
    memory::report(&keys, &part);

    let one = Served::new(issuers(1), keys.set(1));
    let usual = token(&keys, &one.last, 0);
    let (check, ours) = (raw(&keys, &usual), accepts(&one, &usual));
    say("RS256 1 key / raw", &ours, &check);
    for number in [4, 100, 256] {
        let many = Served::new(issuers(1), keys.set(number));
        say(&format!("RS256 {number} keys / 1 key"), &accepts(&many, &usual), &ours);
        say(&format!("look-up {number} keys / 1 key"), &looks(&many), &looks(&one));
    }
    for (name, bytes) in [("300 bytes", 0), ("2 KiB", 2 << 10), ("16 KiB", 16 << 10)] {
        let token = token(&keys, &one.last, bytes);
        let (check, ours) = (raw(&keys, &token), accepts(&one, &token));
        say(&format!("RS256 payload of {name} / raw"), &ours, &check);
        let theirs = jsonwebtoken(&keys, &token);
        say(&format!("RS256 payload of {name}, jsonwebtoken / ours"), &theirs, &ours);
    }
    for number in [2, 100, 10_000] {
        let many = Served::new(issuers(number), keys.set(1));
        let (first, last) = (token(&keys, &many.first, 0), token(&keys, &many.last, 0));
        let name = |which: &str| format!("RS256 {which} of {number} issuers");
        say(&format!("{} / of one", name("first")), &accepts(&many, &first), &ours);
        say(&format!("{} / of one", name("last")), &accepts(&many, &last), &ours);
        say(&format!("{} / first", name("last")), &accepts(&many, &last), &accepts(&many, &first));
        let unknown = refuses(&many, &token(&keys, "https://other.example.com", 0));
        say(&format!("{} / raw", name("unknown")), &unknown, &check);
        if name("unknown").contains(&part) {
            println!("micros {} {:.2}", name("unknown"), micros(&unknown));
        }
    }
}

/// The median of what it takes, in blocks of 100.
fn micros(subject: &Subject) -> f64 {
    let block = |_| {
        let start = Instant::now();
        (0..100).for_each(|_| subject());
        start.elapsed().as_secs_f64() * 1e4
    };
    let mut blocks: Vec<f64> = (0..2000).map(block).collect();
    blocks.sort_by(f64::total_cmp);
    blocks[blocks.len() / 2]
}

//! Ours beside other crates that cache keys: what one validation takes.
//!
//! `cargo xtask bench --only peers` runs it. One line for each figure, `ratio NAME VALUE`: the median,
//! over many rounds, of the time of one thing divided by the time of another in the same round. So
//! above 1 the peer is slower than ours. `absent NAME: WHY` tells what a peer cannot do.
//!
//! All have the same token, the same claims where they allow a type of one's own, and the keys in
//! their cache, served by an issuer on the loopback. Each checks `iss` (where it can), `aud`, `exp` and
//! `nbf`.

#[path = "../../../../jwks-core/benches/validation/claims.rs"]
mod claims;
mod peers;
#[path = "../../../../jwks-core/benches/validation/rounds.rs"]
mod rounds;
mod subjects;
mod world;

use std::time::Duration;

use peers::PEERS;
use rounds::{Rounds, Threads};
use world::World;

fn main() {
    let part = std::env::args().nth(1).unwrap_or_default();
    // Of the two that its dependents ask for.
    jsonwebtoken_10::crypto::aws_lc::DEFAULT_PROVIDER.install_default().expect("nobody was before");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let _entered = runtime.enter();
    for world in [World::rs256(), World::es256(), World::eddsa()] {
        let (raw, ours) = (subjects::raw(&world), runtime.block_on(subjects::ours(&world)));
        let mut all = vec![("jsonwebtoken 12, a ready key", subjects::jsonwebtoken(&world))];
        for (name, peer) in PEERS {
            match runtime.block_on(peer(&world)) {
                Ok(subject) => all.push((name, subject)),
                Err(reason) => println!("absent {} {name}: {reason}", world.algorithm()),
            }
        }
        for threads in [Threads::One, Threads::Two] {
            let rounds = Rounds { threads, time: Duration::from_millis(1500) };
            let say = |name: String, over: &subjects::Subject, under: &subjects::Subject| {
                let name = format!("{} {name}", world.algorithm());
                let name = match threads {
                    Threads::One => name,
                    Threads::Two => format!("{name}, two threads"),
                };
                if name.contains(&part) {
                    println!("ratio {name} {:.3}", rounds.ratio(over, under));
                }
            };
            say("ours / raw".to_owned(), &ours, &raw);
            for (name, subject) in &all {
                say(format!("{name} / ours"), subject, &ours);
            }
        }
    }
}

//! How much the process grows with its issuers.

use std::fs;

use jwks_testkit::Signer;

use crate::world::{KID, Keys, Served, issuers};

/// What is recorded of all issuers of a process is 4 MiB at most: so many have 2 KiB each.
const NUMBER: usize = 2_000;

/// The process holds what it has freed, so each one is kept until the end: they do not share it.
pub(crate) fn report(keys: &Keys, part: &str) {
    // What is made once.
    let mut kept = vec![Served::new(issuers(10), keys.set(2))];
    let es256 = Keys(Signer::es256(KID));
    for (name, set, recorder) in [
        ("an issuer with 4 RS256 keys, nothing recorded", keys.set(4), Some(0)),
        ("an issuer with 4 ES256 keys, nothing recorded", es256.set(4), Some(0)),
        ("an issuer with 4 RS256 keys", keys.set(4), None),
        ("an issuer with 2 RS256 keys, nothing recorded", keys.set(2), Some(0)),
        (
            "an issuer with 2 RSA keys without `alg`, nothing recorded",
            keys.set_without_alg(2),
            Some(0),
        ),
        ("an issuer with 10 RS256 keys, nothing recorded", keys.set(10), Some(0)),
    ] {
        if !name.contains(part) {
            continue;
        }
        let Some(before) = resident() else { return };
        kept.push(Served::recorded(issuers(NUMBER), set, recorder));
        let after = resident().unwrap_or(before);
        println!("bytes {name} {}", after.saturating_sub(before) / NUMBER);
    }
}

/// The resident set in bytes, where Linux tells it.
fn resident() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

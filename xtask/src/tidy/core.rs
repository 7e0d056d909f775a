//! What jwks-core may depend on.

use anyhow::Result;
use cargo_metadata::{Dependency, DependencyKind};

use super::{Faults, Tree};

/// Every dependency of a user's build of jwks-core is in the list, with no other features.
pub(super) fn check(tree: &Tree) -> Result<Faults> {
    let direct = tree.member("jwks-core")?.dependencies.iter();
    let listed = direct.filter(|it| it.kind != DependencyKind::Development).map(line);
    let other = listed.filter(|line| !ALLOWED.contains(&line.as_str()));
    Ok(other
        .map(|line| {
            format!(
                "jwks-core depends on `{line}`; add it to ALLOWED in xtask/src/tidy/core.rs, \
                 and say why, if it does without socket, clock and thread"
            )
        })
        .collect())
}

/// Name and features, `default` among them when it is not switched off.
fn line(dependency: &Dependency) -> String {
    let default = dependency.uses_default_features.then_some("default");
    let features = default.into_iter().chain(dependency.features.iter().map(String::as_str));
    [dependency.name.as_str()].into_iter().chain(features).collect::<Vec<_>>().join(" ")
}

const ALLOWED: &[&str] = &[
    // The snapshot that readers load without a lock.
    "arc-swap default",
    // Signatures, feature `aws-lc`. The objects for Windows spare its users an assembler.
    "aws-lc-rs default prebuilt-nasm",
    "base64 default",
    "bytes default",
    // Public keys and certificates in DER: reading alone, without allocation.
    "der oid",
    // As p256.
    "ed25519-dalek",
    // Vocabulary for requests and responses: types, no transport.
    "http default",
    "httpdate default",
    "humantime default",
    // Vocabulary for those who decode with it, feature `jsonwebtoken`: none of its backends.
    "jsonwebtoken",
    // A facade for metrics, feature `metrics`: atomics, no exporter.
    "metrics",
    // Signatures in pure Rust, feature `rust-crypto`, with ed25519-dalek: without `std`,
    // `getrandom` and `pem`, since a verifier neither signs nor reads files.
    "p256 ecdsa",
    "p384 ecdsa",
    "p521 ecdsa",
    // `verify_blocking`: parks the caller's own thread.
    "pollster default",
    "rsa pkcs1v15",
    "serde default derive",
    // `raw_value`: a key is kept as text until its own parsing, so one bad key spoils no other.
    "serde_json default raw_value",
    "thiserror default",
    // A facade for events and spans, feature `tracing`: no subscriber.
    "tracing",
];

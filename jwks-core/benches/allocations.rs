//! How often a validation allocates.
//!
//! `cargo bench -p jwks-core --bench allocations` prints `allocations NAME COUNT`. A bench by itself,
//! because an allocator that counts would spoil the times of the others.

#![expect(clippy::disallowed_methods, reason = "tokens of now")]
#![expect(clippy::print_stdout, reason = "what it is for")]
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed run")]

#[path = "validation/claims.rs"]
mod claims;
#[path = "validation/world.rs"]
#[expect(dead_code, reason = "the other bench uses more of it")]
mod world;

use std::alloc::System;

use claims::{Borrowed, Claims};
use jwks_core::verify::{Registered, TokenBuffer};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use world::{ISSUER, Signer, verifier};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let signer = Signer::rs256();
    let token = signer.token(ISSUER);
    let (one, _drivers) = verifier(&[&signer], &[ISSUER]);
    let (two, _more) = verifier(&[&signer], &["https://other.example.com", ISSUER]);
    let (signed, signature) = Signer::raw(&token);
    let raw = || signer.parsed.verify_sig(signed.as_bytes(), &signature).unwrap();
    report("raw", raw);
    println!("allocations strings of 11 claims {STRINGS}");
    report("11 claims", || drop(one.try_verify::<Claims>(&token).unwrap()));
    report("11 claims, two issuers", || drop(two.try_verify::<Claims>(&token).unwrap()));
    report("registered", || drop(one.try_verify::<Registered>(&token).unwrap()));
    let buffer = std::cell::RefCell::new(TokenBuffer::new());
    report("borrowed", || {
        let mut buffer = buffer.borrow_mut();
        drop(one.try_verify_in::<Borrowed<'_>>(&token, &mut buffer).unwrap());
    });
    let call = one.call().audience("my-api").required_claim("sub");
    report("11 claims, a call", || drop(call.try_verify::<Claims>(&token).unwrap()));
}

/// Those of one time, after some that prepare what a thread keeps.
fn report(name: &str, what: impl Fn()) {
    (0..10).for_each(|_| what());
    let region = Region::new(ALLOCATOR);
    what();
    let change = region.change();
    println!("allocations {name} {}", change.allocations + change.reallocations);
}

/// What reading the 11 claims has to allocate.
const STRINGS: usize = 7;

//! What an issuer takes of the heap, and that its number costs a token nothing. By itself, because
//! the allocator counts for the whole process. What the C library of aws-lc allocates for a key is
//! not counted: `cargo xtask bench --only sizes` sees that too.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::alloc::System;
use std::time::UNIX_EPOCH;

use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Response;
use jwks_core::adapter::{Action, Driver, Env, Start};
use jwks_core::refresh::Time;
use jwks_core::verify::{ErrorKind, Issuer, Registered, Verifier};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One after the other, since what runs beside them would be counted too.
#[test]
fn the_heap_is_counted() {
    an_issuer_with_four_keys_takes_a_few_kilobytes();
    an_unknown_iss_costs_the_same_among_many_issuers();
}

/// The documentation says these numbers (`jwks-tokio/docs/tenants.md`).
#[expect(clippy::print_stdout, reason = "the documentation quotes them")]
fn an_issuer_with_four_keys_takes_a_few_kilobytes() {
    let with = |members: &str, recorder| bytes_of_one(&set(members), recorder);
    let (rsa, ec) = (rsa(), ec());
    let figures = [with(&rsa, 0), with(&ec, 0), with(&rsa, 2 << 10)];
    println!("RS256, ES256, RS256 with what is recorded: {figures:?} bytes");
    let [rsa, ec, recorded] = figures;
    assert!(rsa <= 11_500 && ec <= 9000, "{figures:?}");
    assert!(recorded <= rsa + 3800, "{figures:?}");
}

fn an_unknown_iss_costs_the_same_among_many_issuers() {
    let cost = |issuers: usize| {
        let (verifier, _drivers) = verifier(issuers, 0);
        let token = token("https://nobody.example.com");
        let refused = || {
            let error = verifier.try_verify::<Registered>(&token).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::WrongIssuer);
        };
        (0..10).map(|_| change(refused)).min().unwrap()
    };
    assert_eq!(cost(3), cost(3000));
}

/// How much the heap grows with one issuer more that holds this set.
fn bytes_of_one(set: &str, recorder: usize) -> isize {
    const FEW: isize = 100;
    const MANY: isize = 1100;
    let held = |issuers: isize| {
        let mut kept = None;
        let (_, bytes) = change(|| {
            let (verifier, mut drivers) = verifier(issuers.unsigned_abs(), recorder);
            drivers.iter_mut().for_each(|driver| load(driver, set));
            kept = Some((verifier, drivers));
        });
        bytes
    };
    // What a process makes once.
    held(1);
    (held(MANY) - held(FEW)) / (MANY - FEW)
}

/// Allocations, and by how many bytes the heap has grown.
fn change(what: impl FnOnce()) -> (usize, isize) {
    let region = Region::new(ALLOCATOR);
    what();
    let change = region.change();
    let bytes = change.bytes_allocated.wrapping_sub(change.bytes_deallocated);
    (change.allocations + change.reallocations, bytes.cast_signed())
}

fn verifier(issuers: usize, recorder: usize) -> (Verifier, Vec<Driver>) {
    let issuer = |n: usize| {
        let iss = format!("https://login.example.com/tenants/{n:06}");
        Issuer::new(iss).jwks_uri("https://id.example.com/keys").audience("api").recorder(recorder)
    };
    let builder = (0..issuers).map(issuer).fold(Verifier::builder(), |it, new| it.issuer(new));
    let (verifier, mut drivers) = builder.build(Env::new(|| UNIX_EPOCH).seed(7)).unwrap();
    (verifier, drivers.take_ready())
}

fn load(driver: &mut Driver, set: &str) {
    let Action::Fetch(fetch) = driver.poll(Time::ZERO) else { panic!("the load is due") };
    fetch.reply.send(Ok(Response::new(set.to_owned())));
    assert!(matches!(driver.poll(Time::ZERO), Action::Wait(_)));
}

/// Four keys with the same material.
fn set(members: &str) -> String {
    let key = |n: usize| format!(r#"{{"kid":"key-of-a-usual-length-{n}","use":"sig",{members}}}"#);
    format!(r#"{{"keys":[{}]}}"#, (0..4).map(key).collect::<Vec<_>>().join(","))
}

fn rsa() -> String {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let n = encode(pair.public_key().modulus().big_endian_without_leading_zero());
    format!(r#""kty":"RSA","alg":"RS256","e":"AQAB","n":"{n}""#)
}

fn ec() -> String {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    format!(r#""kty":"EC","crv":"P-256","alg":"ES256","x":"{}","y":"{}""#, encode(x), encode(y))
}

fn token(iss: &str) -> String {
    let claims = format!(r#"{{"iss":"{iss}","exp":2000}}"#);
    let parts = [r#"{"alg":"ES256","kid":"a"}"#, &claims, &"s".repeat(64)];
    parts.map(encode).join(".")
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

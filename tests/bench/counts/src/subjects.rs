//! What is counted.

use std::cell::RefCell;
use std::future::Future as _;
use std::hint::black_box;
use std::iter::once;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Verifier as _};
use jwks_core::verify::{Registered, TokenBuffer, Verifier};

use crate::claims::{Borrowed, Claims};
use crate::guarded::guarded;
use crate::world::{ISSUER, kid, signer, token, verifier};

pub(crate) type Subject = dyn Fn();

/// Name, and what is done. From one whose name says `+ check` the check of its signature is
/// subtracted, which is the next one whose name begins with `check`.
pub(crate) fn subjects() -> Vec<(&'static str, Box<Subject>)> {
    let (one, drivers) = verifier(once(ISSUER.to_owned()), 2);
    let (many, more) = verifier(issuers(), 1);
    let (large, most) = verifier(once(ISSUER.to_owned()), 200);
    // Without drivers they would ask for keys in vain.
    Box::leak(Box::new((drivers, more, most)));
    let usual = token(ISSUER, &kid(7), 0);
    let long = token(ISSUER, &kid(7), 16_384);
    let last = token(&issuers().last().expect("there are many"), &kid(7), 0);
    let foreign = token("https://other.example.com", &kid(7), 0);
    let forged = forged(&usual);
    let cache = one.caches().next().expect("it has one");
    vec![
        ("11 claims + check", accepts::<Claims>(&one, &usual)),
        ("11 claims, awaited + check", awaits(&one, &usual)),
        ("borrowed claims + check", borrows(&one, &usual)),
        ("registered claims + check", accepts::<Registered>(&one, &usual)),
        ("behind a guard + check", guarded(&one, &usual)),
        ("200 keys + check", accepts::<Claims>(&large, &usual)),
        ("1000 issuers + check", accepts::<Claims>(&many, &usual)),
        ("refused: forged + check", refuses(&one, &forged)),
        ("check", check(&usual)),
        ("1000 issuers, the last + check", accepts::<Claims>(&many, &last)),
        ("check of the last", check(&last)),
        ("16 KiB + check", accepts::<Claims>(&one, &long)),
        ("check of 16 KiB", check(&long)),
        ("refused: another issuer of 1000", refuses(&many, &foreign)),
        ("refused: malformed", refuses(&one, &usual[..usual.len() / 2])),
        (
            "look-up",
            Box::new(move || {
                let found = cache.try_with_keys(black_box("key-of-signer-7"), |keys| keys.count());
                assert_eq!(found.ok(), Some(1));
            }),
        ),
    ]
}

fn issuers() -> impl Iterator<Item = String> {
    once(ISSUER.to_owned()).chain((1..1_000).map(|n| format!("https://{n}.example.com")))
}

fn accepts<T: serde::de::DeserializeOwned + 'static>(
    verifier: &Verifier,
    token: &str,
) -> Box<Subject> {
    let (verifier, token) = (verifier.clone(), token.to_owned());
    Box::new(move || {
        let verified = verifier.try_verify::<T>(black_box(&token));
        drop(black_box(verified.expect("the token is good")));
    })
}

/// `verify` of a key that is held: it has nothing to wait for.
fn awaits(verifier: &Verifier, token: &str) -> Box<Subject> {
    let (verifier, token) = (verifier.clone(), token.to_owned());
    Box::new(move || {
        let verified = pin!(verifier.verify::<Claims>(black_box(&token)));
        match verified.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(verified) => drop(black_box(verified.expect("the token is good"))),
            Poll::Pending => panic!("it waits, although the key is there"),
        }
    })
}

fn borrows(verifier: &Verifier, token: &str) -> Box<Subject> {
    let (verifier, token) = (verifier.clone(), token.to_owned());
    let buffer = RefCell::new(TokenBuffer::new());
    Box::new(move || {
        let mut buffer = buffer.borrow_mut();
        let verified = verifier.try_verify_in::<Borrowed<'_>>(black_box(&token), &mut buffer);
        drop(black_box(verified.expect("the token is good")));
    })
}

fn refuses(verifier: &Verifier, token: &str) -> Box<Subject> {
    let (verifier, token) = (verifier.clone(), token.to_owned());
    Box::new(move || {
        let verified = verifier.try_verify::<Claims>(black_box(&token));
        drop(black_box(verified.expect_err("the token is bad")));
    })
}

fn check(token: &str) -> Box<Subject> {
    let (signed, signature) = token.rsplit_once('.').expect("it has three parts");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("it is base64url");
    let signature = Signature::from_slice(&signature).expect("it has 64 bytes");
    let (signed, key) = (signed.to_owned(), signer().verifying_key());
    Box::new(move || {
        let checked = key.verify(black_box(signed.as_bytes()), &signature);
        checked.expect("it is signed by this key");
    })
}

/// Signed by nobody: the last character but two is another.
fn forged(token: &str) -> String {
    let at = token.len() - 3;
    let other = if token[at..].starts_with('A') { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

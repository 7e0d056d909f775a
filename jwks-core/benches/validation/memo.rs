//! Tokens that come again, with and without a memo of good signatures.

use std::cell::Cell;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

use jwks_core::verify::Verifier;

use super::subjects::Subjects;
use super::world::{ISSUER, Signer, serving};
use crate::claims::{Borrowed, Claims};

/// All that [`FIGURES`](super::FIGURES) name of it.
pub(crate) fn add(all: &mut Subjects, signers: &[Signer; 3]) {
    let each: Vec<_> = signers.iter().collect();
    let verifier = |remembered| {
        let builder = Verifier::builder().remember_signatures(remembered);
        let (verifier, drivers) = serving(builder, &each, &[ISSUER]);
        Box::leak(Box::new(drivers));
        verifier
    };
    let (none, shared, own, small) =
        (verifier(0), verifier(1000), [verifier(1000), verifier(1000)], verifier(1));
    for signer in signers {
        let name = signer.algorithm;
        let token = signer.token(ISSUER);
        let (memo, text) = (shared.clone(), token.clone());
        all.add(format!("{name} memo"), move || check(&memo, &text));
        let (memo, text) = (shared.clone(), token.clone());
        all.add(format!("{name} memo borrowed"), move || {
            super::subjects::BUFFER.with_borrow_mut(|buffer| {
                drop(black_box(memo.try_verify_in::<Borrowed<'_>>(&text, buffer).unwrap()));
            });
        });
        let (memo, texts) = (own.clone(), [token.clone(), token]);
        all.add(format!("{name} memo of each thread"), move || {
            check(&memo[thread()], &texts[thread()]);
        });
        // Many in turn, more than the small memo has room for.
        let texts: Vec<_> = (0..MANY).map(|n| signer.token_of(ISSUER, n)).collect();
        for (what, verifier) in [("many", &none), ("many missed", &small), ("many memo", &shared)] {
            let (verifier, texts, next) = (verifier.clone(), texts.clone(), AtomicUsize::new(0));
            all.add(format!("{name} {what}"), move || {
                check(&verifier, &texts[next.fetch_add(1, Ordering::Relaxed) % MANY]);
            });
        }
    }
}

fn check(verifier: &Verifier, token: &str) {
    drop(black_box(verifier.try_verify::<Claims>(black_box(token)).unwrap()));
}

/// 0 for one thread, 1 for another.
fn thread() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
    }
    NUMBER.get().unwrap_or_else(|| {
        let number = THREADS.fetch_add(1, Ordering::Relaxed) % 2;
        NUMBER.set(Some(number));
        number
    })
}

const MANY: usize = 64;

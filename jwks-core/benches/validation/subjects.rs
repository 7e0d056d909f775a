//! The things that are compared.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future as _;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use jwks_core::keys::Key;
use jwks_core::verify::{Registered, TokenBuffer};

use super::world::{AUDIENCE, ISSUER, Signer, verifier};
use crate::claims::{Borrowed, Claims};

thread_local! {
    pub(crate) static BUFFER: RefCell<TokenBuffer> = RefCell::default();
}

pub(crate) type Subject = dyn Fn() + Sync;

pub(crate) struct Subjects(Vec<(String, Box<Subject>)>);

impl Subjects {
    pub(crate) fn new() -> Self {
        let mut all = Self(Vec::new());
        let signers = [Signer::rs256(), Signer::es256(), Signer::eddsa()];
        let [rsa, ec, ed] = &signers;
        let (one, drivers) = verifier(&[rsa, ec, ed], &[ISSUER]);
        let (two, more) = verifier(&[rsa, ec, ed], &["https://other.example.com", ISSUER]);
        // A verifier without drivers would ask for keys in vain.
        Box::leak(Box::new((drivers, more)));
        let keys = one.caches().next().unwrap();
        super::memo::add(&mut all, &signers);

        for signer in signers {
            let (name, token) = (signer.algorithm, signer.token(ISSUER));
            let theirs = keys
                .try_with_keys(&format!("key-of-{name}"), |keys| {
                    keys.next().and_then(Key::decoding_key).cloned()
                })
                .unwrap()
                .unwrap();
            let (signed, signature) = Signer::raw(&token);
            let (signed, parsed) = (signed.to_owned(), signer.parsed);
            all.add(format!("{name} raw"), move || {
                parsed.verify_sig(black_box(signed.as_bytes()), &signature).unwrap();
            });
            let (verifier, text) = (one.clone(), token.clone());
            all.add(name, move || drop(black_box(verifier.try_verify::<Claims>(&text).unwrap())));
            let (verifier, text) = (one.clone(), token.clone());
            all.add(format!("{name} async"), move || {
                let verified = pin!(verifier.verify::<Claims>(&text));
                let outcome = verified.poll(&mut Context::from_waker(Waker::noop()));
                let Poll::Ready(Ok(verified)) = outcome else { panic!("the key is held") };
                drop(black_box(verified));
            });
            let (verifier, text) = (one.clone(), token.clone());
            all.add(format!("{name} registered"), move || {
                drop(black_box(verifier.try_verify::<Registered>(&text).unwrap()));
            });
            let (verifier, text) = (one.clone(), token.clone());
            all.add(format!("{name} borrowed"), move || {
                BUFFER.with_borrow_mut(|buffer| {
                    let verified = verifier.try_verify_in::<Borrowed<'_>>(&text, buffer);
                    drop(black_box(verified.unwrap()));
                });
            });
            let (verifier, text) = (two.clone(), token.clone());
            all.add(format!("{name} two issuers"), move || {
                drop(black_box(verifier.try_verify::<Claims>(&text).unwrap()));
            });
            let check = jsonwebtoken(name, theirs);
            all.add(format!("{name} jsonwebtoken"), move || check(&token));
        }

        all.add("look-up", move || {
            keys.try_with_keys(black_box("key-of-ES256"), |keys| {
                black_box(keys.next().unwrap());
            })
            .unwrap();
        });
        let map =
            ["RS256", "ES256", "EdDSA"].map(|name| (format!("key-of-{name}"), Arc::new(name)));
        let map = ArcSwap::from_pointee(HashMap::from(map));
        all.add("arc-swap and map", move || {
            black_box(SystemTime::now());
            black_box(map.load().get(black_box("key-of-ES256")).unwrap());
        });
        all
    }

    pub(crate) fn named(&self, name: &str) -> &Subject {
        let found = self.0.iter().find(|(its, _)| its == name);
        found.unwrap_or_else(|| panic!("nothing is called {name}")).1.as_ref()
    }

    pub(crate) fn add(&mut self, name: impl Into<String>, subject: impl Fn() + Sync + 'static) {
        self.0.push((name.into(), Box::new(subject)));
    }
}

/// `jsonwebtoken::decode` with a ready key, and the same expectations.
fn jsonwebtoken(algorithm: &str, key: DecodingKey) -> impl Fn(&str) + Sync + use<> {
    let mut validation = Validation::new(algorithm.parse::<Algorithm>().unwrap());
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_nbf = true;
    move |token| {
        drop(black_box(jsonwebtoken::decode::<Claims>(token, &key, &validation).unwrap()));
    }
}

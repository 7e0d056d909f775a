//! Several threads at once, and many issuers.

#![expect(clippy::disallowed_methods, reason = "threads are what is tested")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use jwks_core::verify::{ErrorKind, Issuer, Registered};

use crate::world::{World, iss, issuer};

#[test]
fn changes_come_one_after_the_other() {
    let mut world = World::new(&["a"]);
    let a = world.issuer("a");
    let start = Arc::new(Barrier::new(4));
    let all: Vec<Vec<Issuer>> = (0..4)
        .map(|n| {
            let own = (0..20).map(move |at| issuer(&format!("t{n}-{at}")));
            [a.clone()].into_iter().chain(own).collect()
        })
        .collect();
    let threads: Vec<_> = all
        .into_iter()
        .map(|all| {
            let (issuers, start) = (world.verifier.issuers(), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                for _ in 0..50 {
                    assert_eq!(issuers.apply(all.clone()).unwrap().moved.len(), 0);
                }
            })
        })
        .collect();
    let reader = {
        let (verifier, token) = (world.verifier.clone(), world.token("a"));
        let done = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&done);
        let thread = thread::spawn(move || {
            let mut read = 0;
            while !stop.load(Ordering::Relaxed) {
                verifier.try_verify::<Registered>(&token).unwrap();
                read += 1;
            }
            read
        });
        (done, thread)
    };
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    reader.0.store(true, Ordering::Relaxed);
    assert!(reader.1.join().unwrap() > 0);
    // What one of them has applied, as a whole.
    let labels: Vec<_> = world.verifier.status().into_iter().map(|it| it.label).collect();
    assert_eq!((labels.len(), labels[0].as_str()), (21, "a"));
    let set = &labels[1][..2];
    assert!(labels[1..].iter().all(|label| label.starts_with(set)), "{labels:?}");
    world.poll();
    assert_eq!(world.running.len(), 21);
}

/// Two threads add the same one: one of them succeeds.
#[test]
fn one_of_two_adds_it() {
    let world = World::new(&["a"]);
    for round in 0..50 {
        let name = format!("b{round}");
        let start = Arc::new(Barrier::new(2));
        let add = |issuer: Issuer| {
            let (issuers, start) = (world.verifier.issuers(), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                issuers.add(issuer).is_ok()
            })
        };
        let threads = [add(issuer(&name)), add(issuer(&name))];
        let won: usize = threads.into_iter().map(|it| usize::from(it.join().unwrap())).sum();
        assert_eq!(won, 1);
        assert!(world.verifier.issuers().remove(&iss(&name)));
    }
}

/// Among many that come and go, each is found by its own name, and no other.
#[test]
fn each_of_many_is_found() {
    let mut world = World::new(&["a"]);
    let issuers = world.verifier.issuers();
    let name = |n: usize| format!("n{n}");
    let many = |range: std::ops::Range<usize>| {
        let all = range.map(|n| issuer(&name(n)).also(format!("also {n}")));
        [issuer("a")].into_iter().chain(all).collect::<Vec<_>>()
    };
    let there = |range: std::ops::Range<usize>| {
        let all = range.clone().filter(|n| {
            issuers.contains(&iss(&name(*n))) && issuers.contains(&format!("also {n}"))
        });
        let status = world.verifier.status_of(&iss(&name(range.start)));
        assert_eq!(status.map(|it| it.label), (!range.is_empty()).then(|| name(range.start)));
        all.count()
    };
    issuers.apply(many(0..3000)).unwrap();
    assert_eq!((issuers.len(), there(0..3000)), (3001, 3000));
    let changes = issuers.apply(many(1000..4000)).unwrap();
    assert_eq!(
        (changes.added.len(), changes.withdrawn.len(), changes.unchanged),
        (1000, 1000, 2001)
    );
    assert_eq!((issuers.len(), there(1000..4000)), (3001, 3000));
    assert!(!issuers.contains(&iss(&name(999))) && !issuers.contains("also 999"));
    for n in 1000..3990 {
        assert!(issuers.remove(&iss(&name(n))));
        assert!(issuers.contains(&iss(&name(n + 1))) && !issuers.contains(&format!("also {n}")));
    }
    assert_eq!((issuers.len(), there(3990..4000)), (11, 10));
    for n in 4000..4500 {
        issuers.add(issuer(&name(n))).unwrap();
    }
    assert_eq!(issuers.len(), 511);
    world.poll();
    assert_eq!(world.running.len(), 511);
    assert_eq!(world.try_verify("n1"), Err(ErrorKind::WrongIssuer));
    assert_eq!(world.try_verify("a"), Ok(()));
}

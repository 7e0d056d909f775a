//! What strangers may do to the logins of others.

use jwks_core::cache::{ErrorKind, Event, EventKind, Policy};
use jwks_core::refresh::{PolicyBuilder, Reason};
use serde_json::Value;

use crate::clocks::{ms, secs};
use crate::issuer::{Issuer, Mode};
use crate::keys::{kidless_token, token};
use crate::verifying::{ISS, at_once, exp, setup, verify};
use crate::world::World;

fn policy() -> PolicyBuilder {
    Policy::builder().jitter(0.0).interval(secs(3600)).max_trust(secs(9000))
}

/// A bad signature may cause one fetch a minute. That the next one is remembered for a minute must
/// not keep the driver from hearing of a new kid, for which it may fetch now.
#[test]
fn a_remembered_bad_signature_hides_no_unknown_kid() {
    for kidless in [false, true] {
        let (mut world, verifier) = setup(policy().build().unwrap());
        world.issuer.kids = vec!["a"];
        world.refresh();
        world.run_to(secs(2));
        let forged = token(ISS, "a", "b", exp(1000));
        verify(&mut world, &verifier, &forged);
        world.run_to(secs(30));
        assert_eq!(world.count(Reason::UnknownKid), 1);
        at_once(&verifier, &forged).unwrap_err();
        world.run_to(secs(31));
        world.issuer.kids = vec!["c"];
        let good = match kidless {
            true => kidless_token(ISS, "c", exp(1000)),
            false => token(ISS, "c", "c", exp(1000)),
        };
        assert!(verifier.try_verify::<Value>(&good).unwrap_err().is_undecided());
        world.run_for(ms(200));
        verifier.try_verify::<Value>(&good).unwrap();
    }
}

/// A kidless note that finds one of another class there before it.
#[test]
fn nor_does_a_note_that_woke_nobody() {
    let (mut world, verifier) = setup(policy().build().unwrap());
    world.issuer.kids = vec!["a"];
    world.refresh();
    world.run_to(secs(2));
    let forged = token(ISS, "a", "b", exp(1000));
    verify(&mut world, &verifier, &forged);
    world.run_to(secs(3));
    // The kidless are closed for 10 s, and bad signatures for a minute.
    at_once(&verifier, &forged).unwrap_err();
    world.settle();
    at_once(&verifier, &forged).unwrap_err();
    world.settle();
    let refused = verifier.try_verify::<Value>(&kidless_token(ISS, "c", exp(1000))).unwrap_err();
    let retry_at = refused.retry_at().unwrap().duration_since(world.wall.now()).unwrap();
    world.issuer.kids = vec!["c"];
    world.run_for(retry_at + ms(200));
    verifier.try_verify::<Value>(&kidless_token(ISS, "c", exp(1000))).unwrap();
}

/// The driver's clock stands still while the machine sleeps, and nobody else wakes it.
#[test]
fn after_a_sleep_a_reader_wakes_the_driver_for_what_it_may_fetch_by_now() {
    let (mut world, verifier) = setup(policy().unknown_kid_burst(1).build().unwrap());
    world.run_to(secs(2));
    let good = token(ISS, "c", "c", exp(1000));
    verifier.try_verify::<Value>(&good).unwrap_err();
    world.run_to(secs(3));
    let other = token(ISS, "x", "c", exp(1000));
    verifier.try_verify::<Value>(&other).unwrap_err();
    world.settle();
    verifier.try_verify::<Value>(&other).unwrap_err();
    world.issuer.kids = vec!["c"];
    world.wall.forward(secs(60));
    verifier.try_verify::<Value>(&other).unwrap_err();
    world.run_for(ms(200));
    verifier.try_verify::<Value>(&good).unwrap();
}

/// Without background refresh. That a kid is denied meanwhile makes no fresh set of the stale one.
#[test]
fn whoever_waits_for_a_fresh_set_waits_on_though_a_kid_is_denied() {
    let policy = policy().background_refresh(false).interval(secs(60)).build().unwrap();
    let mut world = World::new(policy, Issuer::new());
    world.call("a", secs(5));
    world.run_to(secs(100));
    let caller = world.call("a", secs(5));
    world.run_for(ms(100));
    world.issuer.kids = vec!["b"];
    world.cache.deny_kid("x").unwrap();
    world.settle();
    assert!(!world.done(caller), "{:?}", world.outcome(caller));
    let denied = world.call("b", secs(5));
    world.cache.deny_kid("b").unwrap();
    world.settle();
    let error = world.outcome(denied).as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeniedKid);
    world.run_for(ms(100));
    world.outcome(caller).as_ref().unwrap();
}

/// A million kids that nobody has seen leave nothing behind that grows, and few fetches.
#[test]
fn a_flood_of_kids_is_kept_in_part() {
    let mut world = World::new(policy().max_waiting(100).build().unwrap(), Issuer::new());
    world.run_to(secs(1));
    let mut largest = 0;
    for n in 0..100_000_u32 {
        world.read(&format!("x{n}")).unwrap_err();
        if n % 100 == 0 {
            world.call(&format!("y{n}"), secs(5));
            world.run_for(ms(10));
            largest = largest.max(format!("{:?}", world.driver).len());
            world.callers.retain(|caller| !caller.is_over());
            assert!(world.callers.len() <= 50);
        }
    }
    assert!(largest < 30_000, "{largest}");
    assert!(world.count(Reason::UnknownKid) <= 4);
    let told = |event: &&Event| matches!(event.kind(), EventKind::UnknownKid { .. });
    assert!(world.events.lock().unwrap().iter().filter(told).count() <= 5);
}

/// A kid is a stranger's text: what is shown of it is escaped, and short where it is told.
#[test]
fn no_text_shows_a_kid_as_it_came_nor_anything_else_of_a_token() {
    let (mut world, verifier) = setup(policy().build().unwrap());
    world.issuer.kids = vec!["a"];
    world.refresh();
    world.run_to(secs(2));
    let kid = format!("\u{1b}[2J\u{202e}{}", "k".repeat(200));
    // In a header control characters are escaped.
    let written = kid.replace('\u{1b}', r"\u001b");
    let forged = token(ISS, &written, "a", exp(7_654_321));
    let (_, secret) = forged.split_at(forged.len() - 20);
    let mut texts = Vec::new();
    for mode in [Mode::Up, Mode::Unreachable] {
        world.issuer.mode = mode;
        for _ in 0..5 {
            let error = verifier.try_verify::<Value>(&forged).unwrap_err();
            let error = (error.to_string(), format!("{error:?}"));
            assert!(error.0.len() < 400 && error.1.len() < 2000, "{error:?}");
            texts.extend([error.0, error.1]);
            verify(&mut world, &verifier, &forged);
            texts.push(format!("{:?} {:?} {verifier:?}", world.driver, world.cache));
            world.run_for(secs(11));
            texts.push(format!("{:?}", world.cache.status()));
        }
    }
    world.cache.deny_kid(&kid).unwrap();
    let error = verifier.try_verify::<Value>(&forged).unwrap_err();
    texts.extend([error.to_string(), format!("{error:?} {:?}", world.cache.status())]);
    world.settle();
    texts.push(format!("{:?} {:?}", world.driver, world.cache));
    for event in world.events.lock().unwrap().iter() {
        assert!(event.to_string().len() < 500, "{event}");
        texts.extend([event.to_string(), format!("{event:?}")]);
    }
    for text in texts {
        let raw = text.contains(['\u{1b}', '\u{202e}']);
        let told = text.contains(secret) || text.contains("7654321");
        assert!(!raw && !told, "{text}");
    }
}

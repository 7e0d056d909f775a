//! The stories. What must be told stands in the files beside this one.

use std::fmt::Write as _;
use std::time::Duration;

use crate::listen::{Log, Meters};
use crate::world::{World, policy, tell, tell_of};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// All that was told, chapter by chapter.
#[derive(Default)]
struct Told(String);

impl Told {
    fn chapter(&mut self, title: &str, log: &Log, meters: &Meters) {
        writeln!(self.0, "# {title}").unwrap();
        for line in log.take().into_iter().chain(meters.values()) {
            writeln!(self.0, "{line}").unwrap();
        }
    }

    fn is(&self, expected: &str) {
        assert!(self.0 == expected, "told was:\n<<<\n{}>>>\nnot:\n{expected}", self.0);
        for secret in ["secret", "eyJ"] {
            assert!(!self.0.contains(secret), "a token, a claim or a query was told");
        }
    }
}

#[test]
fn an_outage() {
    tell("outage", |world: &mut World, log, meters| {
        let mut told = Told::default();
        let set = world.set(&[("a", 0)]);
        world.answer(SECOND, Ok(&set));
        let token = world.token("a", 0);
        assert_eq!(world.judge(&token), "Ok");
        told.chapter("loaded", log, meters);
        let mut pause = 16 * MINUTE;
        for _ in 0..11 {
            world.pass(pause);
            pause = world.answer(SECOND, Err(503));
        }
        assert_eq!(world.judge(&token), "Ok");
        told.chapter("failing", log, meters);
        world.pass(90 * MINUTE);
        world.settle_all(503);
        assert_eq!(world.judge(&token), "Unavailable");
        told.chapter("expired", log, meters);
        world.pass(MINUTE);
        world.answer(SECOND, Ok(&set));
        assert_eq!(world.judge(&token), "Ok");
        told.chapter("recovered", log, meters);
        told.is(include_str!("outage.txt"));
    });
}

/// A warning that repeats is told at times; the next outage begins anew.
#[test]
fn a_second_outage_is_told_like_the_first() {
    tell("again", |world: &mut World, log, _| {
        let set = world.set(&[("a", 0)]);
        world.answer(SECOND, Ok(&set));
        for _ in 0..2 {
            log.take();
            let mut pause = 16 * MINUTE;
            for _ in 0..3 {
                world.pass(pause);
                pause = world.answer(SECOND, Err(503));
            }
            let lines = log.take();
            let told: Vec<_> =
                lines.iter().filter(|it| it.starts_with("WARN |  refresh")).collect();
            assert_eq!(told.len(), 1, "{lines:#?}");
            assert!(told[0].contains("repeated=1 "), "{told:?}");
            world.pass(pause);
            world.answer(SECOND, Ok(&set));
        }
    });
}

#[test]
fn a_rotation() {
    tell("rotation", |world: &mut World, log, meters| {
        let mut told = Told::default();
        let set = world.set(&[("a", 0), ("b", 0)]);
        world.answer(SECOND, Ok(&set));
        log.take();
        // One comes, one goes, one has new material.
        let set = world.set(&[("b", 1), ("c", 0)]);
        world.pass(16 * MINUTE);
        world.answer(SECOND, Ok(&set));
        assert_eq!(world.judge(&world.token("c", 0)), "Ok");
        assert_eq!(world.judge(&world.token("b", 0)), "InvalidSignature");
        told.chapter("rotated", log, meters);
        told.is(include_str!("rotation.txt"));
    });
}

#[test]
fn a_hint_is_one_line_of_a_whole_life() {
    tell_of("hint", policy().stale_if_error(5 * SECOND), |world: &mut World, log, _| {
        let set = world.set(&[("a", 0)]);
        world.answer(SECOND, Ok(&set));
        for _ in 0..5 {
            world.pass(16 * MINUTE);
            world.answer(SECOND, Ok(&set));
        }
        let lines = log.take();
        let hints: Vec<_> = lines.iter().filter(|line| line.contains("than meant")).collect();
        assert_eq!(hints.len(), 1, "{lines:#?}");
        let begin =
            r#"INFO settings may cost more than meant issuer="hint" setting="stale_if_error" "#;
        assert!(hints[0].starts_with(begin), "{hints:?}");
        assert!(hints[0].contains("keys serve for 5s past their lifetime"), "{hints:?}");
    });
}

#[test]
fn a_flood_of_unknown_kids() {
    tell("flood", |world: &mut World, log, meters| {
        let mut told = Told::default();
        let set = world.set(&[("a", 0)]);
        world.answer(SECOND, Ok(&set));
        log.take();
        world.pass(MINUTE);
        // The name has a line's end in it.
        let junk: Vec<_> = (0..50).map(|n| world.token(&format!(r"junk\n{n}"), 1)).collect();
        let first = world.judge_waiting(&junk[0], |world| {
            world.answer(SECOND, Ok(&set));
        });
        assert_eq!(first, "UnknownKid");
        for token in &junk {
            assert_eq!(world.judge(token), "UnknownKid");
        }
        let both = world.set(&[("a", 0), ("b", 1)]);
        let found = world.token("b", 1);
        let found = world.judge_waiting(&found, |world| {
            world.answer(SECOND, Ok(&both));
        });
        assert_eq!(found, "Ok");
        assert_eq!(world.judge("no token"), "Malformed");
        told.chapter("flooded", log, meters);
        told.is(include_str!("flood.txt"));
        // No label is made of what strangers send.
        let names = meters.names();
        assert!(!names.iter().any(|name| name.contains("junk")), "{names:#?}");
    });
}

//! An issuer rotates its key under a flood of forged kids: how its good tokens fare.
//!
//! The issuer signs with a new key from the moment on at which it publishes it. Each 10 ms come a
//! good token, and three forged ones with kids that nobody has seen.

use std::time::Duration;

use jwks_core::cache::{ErrorKind, Policy};
use jwks_core::refresh::PolicyBuilder;

use crate::clocks::{ms, secs};
use crate::issuer::Issuer;
use crate::world::World;

/// What became of good tokens.
#[derive(Debug, Default)]
struct Fate {
    accepted: usize,
    undecided: usize,
    refused: usize,
    /// When the last one came that was not accepted.
    last_trouble: Duration,
}

/// A rotation: from when on the issuer publishes these keys, and signs with the last of them.
type Rotation = (Duration, &'static [&'static str]);

fn policy() -> PolicyBuilder {
    Policy::builder().jitter(0.0).interval(secs(600)).fetch_timeout(secs(2))
}

fn loaded(policy: PolicyBuilder) -> World {
    let mut world = World::new(policy.build().unwrap(), Issuer::new());
    world.issuer.kids = vec!["a"];
    world.run_to(secs(1));
    world
}

/// Lives through the rotations until `end`.
fn live(world: &mut World, rotations: &[Rotation], budget: Duration, end: Duration) -> Fate {
    let mut fate = Fate::default();
    for n in 0.. {
        let now = world.now;
        if now >= end {
            break;
        }
        let published = rotations.iter().rfind(|(at, _)| *at <= now).map_or(&["a"][..], |r| r.1);
        world.issuer.kids = published.to_vec();
        for forged in 0..3 {
            let kid = format!("forged-{n}-{forged}");
            match forged {
                0 => drop(world.read(&kid)),
                _ => drop(world.call(&kid, budget)),
            }
        }
        world.call(published.last().unwrap(), budget);
        world.run_for(ms(10));
        fate.count(world);
    }
    world.run_for(secs(60));
    fate.count(world);
    assert!(world.callers.is_empty(), "left behind");
    fate
}

impl Fate {
    /// Counts the good tokens whose callers are done, and lets go of all who are.
    fn count(&mut self, world: &mut World) {
        for caller in world.callers.extract_if(.., |caller| caller.is_over()) {
            let kid = caller.wants.unwrap();
            match caller.outcome.unwrap().1 {
                _ if kid.starts_with("forged") => {}
                Ok(_) => self.accepted += 1,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::UnknownKid);
                    let retryable = error.is_retryable();
                    *(if retryable { &mut self.undecided } else { &mut self.refused }) += 1;
                    self.last_trouble = self.last_trouble.max(caller.began);
                }
            }
        }
    }
}

/// With what is set by default a rotation in a flood is found as soon as the next fetch may be made,
/// and until then a good token is told to come again.
#[test]
fn no_good_token_is_finally_refused() {
    let mut world = loaded(policy());
    let rotations: [Rotation; 1] = [(secs(20), &["a", "b"])];
    let fate = live(&mut world, &rotations, secs(5), secs(45));
    assert_eq!(fate.refused, 0, "{fate:?}");
    assert!(fate.accepted > 2000, "{fate:?}");
    assert!(fate.last_trouble <= secs(20) + secs(10) + ms(200), "{fate:?}");
}

/// A cooldown and a burst of this size, in a stress test that other libraries publish.
#[test]
fn nor_with_a_short_cooldown_and_little_patience() {
    for budget in [ms(1), ms(300), ms(1500), secs(5)] {
        let policy = policy().unknown_kid_cooldown(ms(1500)).unknown_kid_burst(1);
        let mut world = loaded(policy);
        let rotations: [Rotation; 2] = [(secs(3), &["a", "b"]), (secs(8), &["b", "c"])];
        let fate = live(&mut world, &rotations, budget, secs(12));
        assert_eq!(fate.refused, 0, "{fate:?}");
        assert!(fate.last_trouble <= secs(8) + ms(1700), "{fate:?}");
    }
}

#[test]
fn nor_when_a_second_rotation_follows_within_the_cooldown() {
    for apart in [ms(10), ms(200), secs(1), secs(9)] {
        let mut world = loaded(policy());
        let second = secs(20) + apart;
        let rotations: [Rotation; 2] = [(secs(20), &["a", "b"]), (second, &["b", "c"])];
        let fate = live(&mut world, &rotations, secs(5), secs(45));
        assert_eq!(fate.refused, 0, "{fate:?}");
        assert!(fate.last_trouble <= second + secs(10) + ms(200), "{fate:?}");
    }
}

/// Nor when the keys change while they are being loaded for the first time.
#[test]
fn nor_when_the_first_load_began_before_the_rotation() {
    let mut world = World::new(policy().build().unwrap(), Issuer::new());
    world.issuer.latency = secs(1);
    world.run_for(ms(500));
    let rotations: [Rotation; 1] = [(ms(500), &["b"])];
    let fate = live(&mut world, &rotations, secs(5), secs(20));
    assert_eq!(fate.refused, 0, "{fate:?}");
}

/// Every other request goes to a replica that lacks the new key for a while. A good token may be
/// refused then, but not before a fetch that could have found its key: the world looks after that,
/// and here it does happen.
#[test]
fn a_replica_that_lags_behind() {
    let mut world = loaded(policy().interval(secs(10)).max_trust(secs(9000)));
    world.issuer.replica = Some(vec!["a"]);
    let rotations: [Rotation; 1] = [(secs(20), &["a", "b"])];
    let fate = live(&mut world, &rotations, secs(5), secs(60));
    assert!(fate.accepted > 0 && fate.undecided > 0, "{fate:?}");
    // Those who waited for the fetch that went to the replica: they are few, for few may wait.
    assert!(fate.refused < 100, "{fate:?}");
    world.issuer.replica = None;
    let fate = live(&mut world, &rotations, secs(5), secs(180));
    assert_eq!((fate.refused, fate.undecided), (0, 0), "{fate:?}");
}

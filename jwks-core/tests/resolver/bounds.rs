//! What strangers and broken issuers can cost, and whom.

use jwks_core::refresh::Policy;
use jwks_core::verify::{ErrorKind, Issuer};
use serde_json::Value;

use crate::clocks::{EPOCH, ms, secs};
use crate::gate::{Say, yes};
use crate::keys::token;
use crate::world::World;

#[test]
fn sixteen_calls_run_at_once() {
    let mut world = World::new();
    world.gate().otherwise = Some(Say::Silent);
    let callers: Vec<_> =
        (0..40).map(|n| world.call(&format!("https://{n}.example.com"))).collect();
    assert_eq!(world.gate().most_running, 16);
    let busy: Vec<_> = callers.into_iter().filter(|n| world.told(*n).is_some()).collect();
    assert_eq!(busy.len(), 24);
    for caller in busy {
        assert_eq!(world.told(caller), Some(Err(ErrorKind::Unavailable)));
        assert!(world.error(caller).is_retryable());
        assert_eq!(world.error(caller).retry_at(), Some(world.wall.now() + ms(250)));
    }
    world.run_for(secs(1));
    assert_eq!(world.gate().running, 0);
}

#[test]
fn sixty_four_wait_for_one_issuer_and_512_for_all() {
    let mut world = World::new();
    world.gate().otherwise = Some(Say::Silent);
    let one: Vec<_> = (0..100).map(|_| world.call("https://a.example.com")).collect();
    let waiting = |world: &World, callers: &[usize]| {
        callers.iter().filter(|caller| world.told(**caller).is_none()).count()
    };
    assert_eq!(waiting(&world, &one), 64);
    let more: Vec<_> =
        (0..700).map(|n| world.call(&format!("https://{}.example.com", n % 14))).collect();
    assert_eq!(waiting(&world, &more), 512 - 64);
    // Who leaves makes room.
    world.leave(one[0]);
    let next = world.call("https://a.example.com");
    assert_eq!(world.told(next), None);
    world.run_for(ms(250));
    assert_eq!(waiting(&world, &one[1..]) + waiting(&world, &more), 0);
    assert_eq!(world.gate().asked.len(), 15);
}

#[test]
fn the_same_bounds_hold_for_those_who_wait_for_keys() {
    let mut world = World::with(|it| it.max_waiting(8, 20), |builder| builder);
    world.silent = true;
    let names = ["a", "b", "c"].map(|name| world.knows(name));
    let callers: Vec<_> = (0..60).map(|n| world.call(&names[n % 3])).collect();
    let waiting = callers.iter().filter(|caller| world.told(**caller).is_none()).count();
    assert_eq!(waiting, 20);
    world.run_for(secs(5));
    for caller in callers {
        assert_eq!(world.told(caller), Some(Err(ErrorKind::Unavailable)));
    }
}

#[test]
fn one_more_than_there_is_room_for_does_not_drive_out_those_in_use() {
    let mut world = World::with(|it| it.max_issuers(3), |builder| builder);
    let used = ["a", "b", "c"].map(|name| world.ready(name));
    let strangers = ["x", "y"].map(|name| world.knows(name));
    for second in 0..1200 {
        for iss in &used {
            assert!(world.now(iss).is_ok(), "{second}");
        }
        let stranger = &strangers[second % 2];
        if second % 10 == 0 {
            let caller = world.call(stranger);
            world.run_for(ms(1));
            assert_eq!(world.told(caller), Some(Err(ErrorKind::Unavailable)));
            let error = world.error(caller);
            assert!(error.is_retryable() && error.to_string().contains("full"), "{error}");
        }
        world.run_for(secs(1));
    }
    assert_eq!((world.requests("x.example.com"), world.issuers()), (0, 3));
    // When one of them is not used for ten minutes, there is room.
    for _ in 0..640 {
        world.now(&used[0]).unwrap();
        world.now(&used[1]).unwrap();
        world.run_for(secs(1));
    }
    world.ready("x");
    assert!(world.now(&used[0]).is_ok() && world.now(&used[1]).is_ok());
    assert_eq!(world.running(), 4);
}

#[test]
fn one_whose_keys_cannot_be_loaded_gives_way_first() {
    let mut world = World::with(|it| it.max_issuers(3), |builder| builder);
    let oldest = world.ready("oldest");
    // Its use has been told.
    world.run_for(secs(60));
    world.down.push("broken".into());
    let broken = world.knows("broken");
    let caller = world.call(&broken);
    world.run_for(secs(5));
    assert_eq!(world.told(caller), Some(Err(ErrorKind::Unavailable)));
    world.ready("other");
    world.run_for(secs(11 * 60));
    // All have been unused for ten minutes, the good one for the longest.
    world.ready("new");
    let status = |iss: &str| world.verifier.cache(iss).is_some();
    assert!(!status(&broken), "it has kept its place");
    let before = world.sent.len();
    let caller = world.call(&oldest);
    world.run_for(ms(40));
    assert_eq!(world.told(caller), Some(Ok(())), "its keys are still held");
    assert_eq!(world.sent.len(), before);
}

#[test]
fn a_hundred_broken_issuers_do_not_slow_a_good_one() {
    let mut world = World::with(|it| it.max_issuers(101), |builder| builder);
    let good = world.ready("good");
    world.down.push("broken".into());
    let broken: Vec<_> = (0..100).map(|n| world.knows(&format!("broken{n}"))).collect();
    let before = world.sent.len();
    let mut callers = Vec::new();
    for second in 0..120_usize {
        for iss in broken.iter().skip(second % 10).step_by(10) {
            callers.push(world.call(iss));
            assert!(world.now(&good).is_ok(), "{second}");
        }
        world.run_for(secs(1));
        assert!(world.now(&good).is_ok(), "{second}");
    }
    world.run_for(secs(5));
    for caller in callers {
        assert_eq!(world.told(caller), Some(Err(ErrorKind::Unavailable)));
    }
    // No more than ten a second, of all of them.
    let sent = &world.sent[before..];
    for (at, _) in sent {
        let within = sent.iter().filter(|(other, _)| other >= at && *other < *at + secs(1)).count();
        assert!(within <= 10, "{within} within a second of {at:?}");
    }
    // A broken one keeps its entry and its backoff.
    assert_eq!(world.running(), 102);
    assert!(world.requests("broken7.") < 30, "{}", world.requests("broken7."));
    // The good one is refreshed ahead, although all others want to load.
    for _ in 0..20 * 60 {
        assert!(world.now(&good).is_ok());
        world.run_for(secs(1));
    }
    assert!(world.requests("good.") >= 2);
}

#[test]
fn first_loads_are_ten_a_second_and_sixteen_at_once() {
    let mut world = World::new();
    world.silent = true;
    let names: Vec<_> = (0..40).map(|n| world.knows(&format!("t{n}"))).collect();
    for iss in &names {
        let _refused = world.now(iss);
    }
    assert_eq!(world.sent.len(), 10);
    world.run_for(ms(999));
    assert_eq!(world.sent.len(), 10);
    world.run_for(ms(1));
    assert_eq!(world.sent.len(), 16);
    world.run_for(secs(3));
    assert_eq!(world.sent.len(), 16, "those that run take up to 5 s");
    world.run_for(secs(2));
    assert!(world.sent.len() > 16);
}

/// So many issuers, each of which has been asked for once.
fn at_one_host(world: &mut World, count: usize) -> Vec<String> {
    let ask = |n: usize| {
        let iss = format!("https://login.example.com/{n}");
        let issuer = Issuer::new(&iss).jwks_uri(format!("{iss}/keys")).audience("api");
        world.says(&iss, yes(&n.to_string(), issuer));
        let _refused = world.now(&iss);
        iss
    };
    (0..count).map(ask).collect()
}

#[test]
fn two_fetches_run_at_once_to_one_host() {
    let mut world = World::new();
    world.latency = ms(500);
    at_one_host(&mut world, 8);
    world.run_for(secs(10));
    assert_eq!((world.sent.len(), world.most_at_host), (8, 2));
}

#[test]
fn issuers_that_go_in_mid_fetch_leave_their_turns_to_others() {
    let mut world = World::new();
    world.silent = true;
    let names = at_one_host(&mut world, 3);
    assert_eq!(world.sent.len(), 2, "two at once to one host");
    for iss in &names[..2] {
        assert!(world.verifier.issuers().remove(iss));
    }
    world.run_for(ms(0));
    assert_eq!(world.requests("login.example.com/2"), 1);
}

#[test]
fn issuers_that_go_before_their_turn_take_none() {
    let mut world = World::new();
    world.silent = true;
    let names = at_one_host(&mut world, 5);
    for iss in &names[2..4] {
        assert!(world.verifier.issuers().remove(iss));
    }
    world.run_for(ms(0));
    world.silent = false;
    world.run_for(secs(10));
    assert_eq!((world.sent.len(), world.requests("login.example.com/4")), (3, 1));
    assert!(world.now(&names[4]).is_ok());
}

#[test]
fn planned_refreshes_go_first_and_unknown_kids_last() {
    let world = || {
        let mut world = World::with(|it| it.max_fetches(1, 2), |builder| builder);
        for name in ["planned", "unknown"] {
            let iss = format!("https://{name}.example.com");
            let policy = Policy::builder().jitter(0.0).build().unwrap();
            let issuer = Issuer::new(&iss).jwks_uri(format!("{iss}/keys")).audience("api");
            world.says(&iss, yes(name, issuer.policy(policy)));
            let _unknown = world.now(&iss);
            world.run_for(secs(100));
        }
        world
    };
    let use_until = |world: &mut World, until| {
        while world.now < until {
            assert!(world.now("https://planned.example.com").is_ok());
            assert!(world.now("https://unknown.example.com").is_ok());
            world.run_for(secs(10).min(until - world.now));
        }
    };
    let mut first = world();
    while first.sent.len() < 3 {
        let until = first.now + secs(10);
        use_until(&mut first, until);
    }
    let due = first.sent[2].0;
    let mut world = world();
    use_until(&mut world, due - ms(500));
    // The turn of this second is taken. All others come before the planned one.
    let others = ["before", "load"].map(|name| world.knows(name));
    let _loads = world.now(&others[0]);
    world.run_for(ms(100));
    let unknown = token("https://unknown.example.com", "x", "a", EPOCH.as_secs() + 1_000_000);
    assert!(world.verifier.try_verify::<Value>(&unknown).is_err());
    world.run_for(ms(100));
    let _loads = world.now(&others[1]);
    world.run_for(secs(5));
    let sent: Vec<_> = world.sent[2..].iter().map(|(at, url)| (*at, url.as_str())).collect();
    let expected = [
        (due - ms(500), "https://before.example.com/keys"),
        (due + ms(500), "https://planned.example.com/keys"),
        (due + ms(1500), "https://load.example.com/keys"),
        (due + ms(2500), "https://unknown.example.com/keys"),
    ];
    assert_eq!(sent, expected);
}

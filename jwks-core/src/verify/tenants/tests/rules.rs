//! Each rule alone.

use super::*;

fn world() -> World {
    World::new(Limits::DEFAULT)
}

#[test]
fn the_bounds_are_those_that_are_documented() {
    let Limits { issuers, remembered, calls, waiting_for_one, waiting, .. } = Limits::DEFAULT;
    assert_eq!([issuers, remembered, calls, waiting_for_one, waiting], [100, 1024, 16, 64, 512]);
    assert_eq!(Limits::DEFAULT.pause_unused, minutes(15));
}

#[test]
fn one_call_answers_all_who_ask_for_one_iss() {
    let mut world = world();
    assert_eq!(world.ask(1), Asked::Begins);
    for _ in 0..100 {
        assert_eq!(world.ask(1), Asked::Waits);
    }
    assert_eq!(world.begun, 1);
    assert_eq!(world.yes(1, "a"), Outcome::Admitted { new: true });
    assert_eq!(world.ask(1), Asked::Serves);
    assert_eq!(world.begun, 1);
}

#[test]
fn sixteen_calls_run_at_once_and_the_next_is_busy() {
    let mut world = world();
    for iss in 0..16 {
        assert_eq!(world.ask(iss), Asked::Begins);
    }
    assert_eq!(world.ask(16), Asked::Busy);
    assert_eq!(world.ask(3), Asked::Waits);
    assert_eq!(world.begun, 16);
    world.answer(3, Answer::No);
    assert_eq!(world.ask(16), Asked::Begins);
    assert_eq!(world.calls.len(), 16);
}

#[test]
fn a_call_that_takes_too_long_is_given_up() {
    let mut world = world();
    world.ask(1);
    world.pass(Duration::from_millis(249));
    assert_eq!((world.calls.len(), world.gave_up.len()), (1, 0));
    world.pass(Duration::from_millis(1));
    assert_eq!(world.gave_up, [(Iss(1), Outcome::Busy)]);
    assert_eq!(world.yes(1, "a"), Outcome::Late);
    assert!(!world.serves(1) && !world.keeps("a"));
    // It was no refusal.
    assert_eq!(world.ask(1), Asked::Begins);
}

#[test]
fn a_refusal_is_remembered_for_30_seconds() {
    let mut world = world();
    world.ask(1);
    assert_eq!(world.answer(1, Answer::No), Outcome::Refused);
    world.pass(Duration::from_millis(29_999));
    assert_eq!((world.ask(1), world.begun), (Asked::Refused, 1));
    world.pass(Duration::from_millis(1));
    assert_eq!((world.ask(1), world.begun), (Asked::Begins, 2));
}

#[test]
fn the_oldest_of_1024_refusals_is_forgotten_for_the_next() {
    let mut world = world();
    for iss in 0..1025 {
        world.ask(iss);
        world.answer(iss, Answer::No);
        world.pass(Duration::from_millis(1));
    }
    assert_eq!(world.desk.sizes(), [0, 1024, 0, 0]);
    assert_eq!(world.ask(1), Asked::Refused);
    assert_eq!(world.ask(0), Asked::Begins);
}

#[test]
fn a_yes_that_is_used_is_asked_for_again_beside_the_callers() {
    let mut world = world();
    world.admit(1, "a");
    world.pass_using(minutes(5), &[1]);
    assert_eq!((world.begun, world.calls.len()), (2, 1));
    assert!(world.serves(1));
    assert_eq!(world.yes(1, "a"), Outcome::Admitted { new: false });
    world.pass_using(Duration::from_millis(299_999), &[1]);
    assert_eq!(world.begun, 2);
}

#[test]
fn a_yes_that_is_not_used_serves_for_five_minutes() {
    let mut world = world();
    world.admit(1, "a");
    world.pass(Duration::from_millis(299_999));
    assert!(world.serves(1));
    world.pass(Duration::from_millis(1));
    assert!(!world.serves(1) && world.keeps("a"));
    // The next caller asks, and finds the issuer with its keys.
    assert_eq!(world.ask(1), Asked::Begins);
    assert_eq!(world.yes(1, "a"), Outcome::Admitted { new: false });
}

#[test]
fn while_the_service_fails_a_yes_serves_on_for_an_hour() {
    let mut world = world();
    world.admit(1, "a");
    let mut asked = 0;
    while world.now < Time::ZERO + Duration::from_millis(3_599_000) {
        world.pass_using(seconds(1), &[1]);
        if world.calls.contains(&Iss(1)) {
            asked += 1;
            assert_eq!(world.answer(1, Answer::Failed), Outcome::ServesOn);
        }
        assert!(world.serves(1), "at {:?}", world.now);
    }
    // From the fifth minute on, every ten seconds.
    assert!((320..=330).contains(&asked), "{asked}");
    world.pass_using(seconds(1), &[1]);
    assert!(!world.serves(1));
    world.ask(1);
    assert_eq!(world.answer(1, Answer::Failed), Outcome::Busy);
}

#[test]
fn when_the_hour_is_over_a_failure_does_not_renew_the_yes() {
    let mut world = World::new(Limits { call_timeout: minutes(120), ..Limits::DEFAULT });
    world.admit(1, "a");
    world.pass_using(minutes(10), &[1]);
    // Whoever runs the calls comes late.
    world.now = world.now + minutes(50);
    assert_eq!(world.answer(1, Answer::Failed), Outcome::Busy);
    assert!(!world.serves(1));
}

#[test]
fn a_yes_that_was_at_rest_serves_if_the_service_fails_when_it_is_asked_again() {
    for fails_by_time in [false, true] {
        let mut world = world();
        world.admit(1, "a");
        world.pass(minutes(20));
        assert!(!world.serves(1));
        world.ask(1);
        if fails_by_time {
            world.pass(Duration::from_millis(250));
            assert_eq!(world.gave_up, [(Iss(1), Outcome::ServesOn)]);
        } else {
            assert_eq!(world.answer(1, Answer::Failed), Outcome::ServesOn);
        }
        assert!(world.serves(1));
    }
}

#[test]
fn a_yes_that_is_taken_back_ends_at_once() {
    let mut world = world();
    world.admit(1, "a");
    world.admit(2, "a");
    world.admit(3, "b");
    world.pass_using(minutes(5), &[1, 2, 3]);
    assert_eq!(world.answer(1, Answer::No), Outcome::Refused);
    assert!(!world.serves(1) && world.serves(2) && world.keeps("a"));
    assert_eq!(world.answer(3, Answer::No), Outcome::Refused);
    assert!(!world.serves(3) && !world.keeps("b"));
    assert_eq!(world.ask(3), Asked::Refused);
}

#[test]
fn an_iss_that_moves_to_another_issuer_leaves_the_old_one() {
    let mut world = world();
    world.admit(1, "a");
    world.pass_using(minutes(5), &[1]);
    assert_eq!(world.yes(1, "b"), Outcome::Admitted { new: true });
    assert!(world.serves(1) && world.keeps("b") && !world.keeps("a"));
}

#[test]
fn several_iss_share_an_issuer() {
    let mut world = World::new(Limits { issuers: 1, ..Limits::DEFAULT });
    assert_eq!(world.admit(1, "a"), Outcome::Admitted { new: true });
    assert_eq!(world.admit(2, "a"), Outcome::Admitted { new: false });
    assert!(matches!(world.admit(3, "b"), Outcome::Full { .. }));
    world.pass_using(minutes(9), &[2]);
    assert_eq!(world.desk.sizes()[3], 1);
}

#[test]
fn when_it_is_full_no_issuer_goes_that_was_used_within_ten_minutes() {
    let mut world = world();
    for n in 0..100 {
        world.admit(n, &n.to_string());
        // Those whose keys cannot be loaded count too.
        world.failed.push(n.to_string().into());
    }
    assert_eq!(world.admit(100, "x"), Outcome::Full { until: Time::ZERO + minutes(10) });
    world.pass(Duration::from_millis(599_999));
    assert!(matches!(world.admit(101, "x"), Outcome::Full { .. }));
    world.pass(Duration::from_millis(1));
    assert_eq!(world.admit(102, "x"), Outcome::Admitted { new: true });
    assert_eq!(world.kept.len(), 100);
}

#[test]
fn of_those_that_may_go_a_failed_one_goes_first_and_then_the_longest_unused() {
    let mut world = World::new(Limits { issuers: 3, ..Limits::DEFAULT });
    for (n, id) in [(1, "a"), (2, "b"), (3, "c")] {
        world.admit(n, id);
        world.pass(seconds(60));
    }
    world.failed.push("b".into());
    world.pass_using(minutes(11), &[3]);
    if world.calls.contains(&Iss(3)) {
        world.yes(3, "c");
    }
    assert_eq!(world.admit(4, "d"), Outcome::Admitted { new: true });
    assert!(world.keeps("a") && !world.keeps("b") && world.keeps("c"));
    assert_eq!(world.admit(5, "e"), Outcome::Admitted { new: true });
    assert!(!world.keeps("a") && world.keeps("c"));
    // A failed one that is new stays all the same.
    world.failed.push("d".into());
    assert!(matches!(world.admit(6, "f"), Outcome::Full { .. }));
}

#[test]
fn one_more_than_there_is_room_for_in_turns_takes_no_place_of_those_in_use() {
    let mut world = World::new(Limits { issuers: 10, ..Limits::DEFAULT });
    for n in 0..10 {
        world.admit(n, &n.to_string());
    }
    let used: Vec<u64> = (0..10).collect();
    let kept = world.kept.clone();
    for round in 0..200 {
        world.pass_using(seconds(30), &used);
        for iss in world.calls.clone() {
            world.yes(iss.0, &iss.0.to_string());
        }
        let stranger = 100 + round % 3;
        if !world.serves(stranger) {
            assert!(matches!(world.admit(stranger, "stranger"), Outcome::Full { .. }));
        }
    }
    assert_eq!(world.kept, kept);
    assert!(world.gone.is_empty(), "{:?}", world.gone);
}

#[test]
fn an_issuer_that_is_not_used_for_an_hour_goes() {
    let mut world = world();
    world.admit(1, "a");
    world.pass(Duration::from_millis(3_599_999));
    assert!(world.keeps("a"));
    world.pass(Duration::from_millis(1));
    assert!(!world.keeps("a"));
    assert_eq!(world.desk.sizes(), [0, 0, 0, 0]);
    assert_eq!(world.desk.poll_timeout(), None);
}

#[test]
fn uses_of_any_iss_keep_its_issuer() {
    let mut world = world();
    world.admit(1, "a");
    world.admit(2, "a");
    for _ in 0..2 * 60 * 60 {
        world.pass_using(seconds(1), &[2]);
        for iss in world.calls.clone() {
            world.yes(iss.0, "a");
        }
    }
    assert!(world.keeps("a") && world.serves(2) && !world.serves(1));
}

#[test]
fn old_yeses_are_asked_for_as_soon_as_a_call_has_ended() {
    let mut world = world();
    world.admit(1, "a");
    world.pass_using(Duration::from_millis(299_900), &[1]);
    (100..116).for_each(|iss| assert_eq!(world.ask(iss), Asked::Begins));
    world.pass_using(Duration::from_millis(200), &[1]);
    assert!(world.serves(1) && !world.calls.contains(&Iss(1)));
    world.answer(100, Answer::No);
    assert!(world.calls.contains(&Iss(1)));
    // Before any stranger who comes now.
    assert_eq!(world.ask(200), Asked::Busy);
}

#[test]
fn a_million_forged_iss_leave_nothing_but_1024_hashes() {
    let mut world = world();
    let rounds = 20_000 * u64::from(crate::proof::factor());
    for iss in 0..rounds {
        if world.ask(iss) == Asked::Begins {
            world.answer(iss, Answer::No);
        }
        assert!(world.calls.len() <= 16);
        if iss % 100 == 0 {
            world.pass(Duration::from_millis(10));
        }
    }
    assert_eq!(world.desk.sizes(), [0, 1024, 0, 0]);
    world.pass(seconds(30));
    assert_eq!(world.desk.sizes(), [0, 0, 0, 0]);
    assert!(world.kept.is_empty() && world.gone.is_empty());
}

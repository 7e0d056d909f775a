use proptest::prelude::*;

use super::*;

const BOUNDS: Bounds = Bounds { per_second: 10, loads_per_second: 10, loads: 16, per_host: 2 };

fn wish(urgency: Urgency, host: u64) -> Wish {
    Wish { urgency, first: false, host: host.to_string().into() }
}

fn first(host: u64) -> Wish {
    Wish { first: true, ..wish(Urgency::Load, host) }
}

fn at(millis: u64) -> Time {
    Time::from_origin(Duration::from_millis(millis))
}

#[test]
fn ten_begin_in_any_second() {
    let mut throttle = Throttle::new(BOUNDS);
    (0..25).for_each(|n| throttle.want(n, wish(Urgency::Planned, n)));
    assert_eq!(throttle.handle_timeout(at(500)), (0..10).collect::<Vec<_>>());
    assert_eq!(throttle.poll_timeout(), Some(at(1500)));
    (0..10).for_each(|n| throttle.release(n));
    assert!(throttle.handle_timeout(at(1499)).is_empty());
    assert_eq!(throttle.handle_timeout(at(1500)), (10..20).collect::<Vec<_>>());
}

#[test]
fn sixteen_first_loads_run_at_once() {
    let mut throttle = Throttle::new(BOUNDS);
    (0..20).for_each(|n| throttle.want(n, first(n)));
    assert_eq!(throttle.handle_timeout(at(0)).len(), 10);
    assert_eq!(throttle.handle_timeout(at(1000)).len(), 6);
    assert_eq!(throttle.poll_timeout(), None);
    assert!(throttle.handle_timeout(at(9000)).is_empty());
    // Others go past those that wait.
    throttle.want(30, wish(Urgency::UnknownKid, 30));
    assert_eq!(throttle.handle_timeout(at(9000)), [30]);
    throttle.release(3);
    assert_eq!(throttle.handle_timeout(at(9000)), [16]);
}

#[test]
fn first_loads_have_a_rate_of_their_own() {
    let mut throttle = Throttle::new(Bounds { loads_per_second: 2, ..BOUNDS });
    (0..4).for_each(|n| throttle.want(n, first(n)));
    throttle.want(9, wish(Urgency::UnknownKid, 9));
    assert_eq!(throttle.handle_timeout(at(0)), [0, 1, 9]);
    assert_eq!(throttle.poll_timeout(), Some(at(1000)));
}

#[test]
fn two_run_at_once_to_one_host() {
    let mut throttle = Throttle::new(BOUNDS);
    (0..4).for_each(|n| throttle.want(n, wish(Urgency::Planned, 7)));
    throttle.want(4, wish(Urgency::UnknownKid, 8));
    assert_eq!(throttle.handle_timeout(at(0)), [0, 1, 4]);
    assert_eq!(throttle.poll_timeout(), None);
    throttle.release(1);
    assert_eq!(throttle.handle_timeout(at(0)), [2]);
    assert!(throttle.is_running(2) && !throttle.is_running(3));
}

#[test]
fn planned_refreshes_come_first_and_unknown_kids_last() {
    let mut throttle = Throttle::new(Bounds { per_second: 1, ..BOUNDS });
    throttle.want(0, wish(Urgency::UnknownKid, 0));
    throttle.want(1, wish(Urgency::Load, 1));
    throttle.want(2, wish(Urgency::Planned, 2));
    throttle.want(3, wish(Urgency::UnknownKid, 3));
    // One that becomes urgent leaves its place, and one that says the same again keeps it.
    throttle.want(3, wish(Urgency::Planned, 3));
    throttle.want(2, wish(Urgency::Planned, 2));
    let granted: Vec<_> = (0..4).flat_map(|n| throttle.handle_timeout(at(1000 * n))).collect();
    assert_eq!(granted, [2, 3, 1, 0]);
}

#[test]
fn one_that_is_gone_holds_up_nobody() {
    let mut throttle = Throttle::new(Bounds { per_second: 1, ..BOUNDS });
    (0..3).for_each(|n| throttle.want(n, wish(Urgency::Planned, n)));
    throttle.forget(0);
    assert_eq!(throttle.handle_timeout(at(0)), [1]);
    throttle.release(1);
    assert!(throttle.knows(2));
    throttle.forget(2);
    assert!(!throttle.knows(1) && !throttle.knows(2));
    assert_eq!(throttle.poll_timeout(), None);
}

proptest! {
    #![proptest_config(crate::proof::draws(256))]

    #[test]
    fn no_bound_is_passed_and_all_have_their_turn(
        steps in proptest::collection::vec((0..20_u64, 0..4_u64, 0..3_u8, 0..500_u64), 1..200),
    ) {
        let bounds = Bounds { per_second: 4, loads_per_second: 2, loads: 3, per_host: 2 };
        let mut throttle = Throttle::new(bounds);
        let (mut now, mut begun) = (0, Vec::new());
        let mut running: Vec<(u64, Wish)> = Vec::new();
        let mut wanted: BTreeMap<u64, Wish> = BTreeMap::new();
        for (member, host, what, passed) in steps {
            now += passed;
            match what {
                0 | 1 if !running.iter().any(|(other, _)| *other == member) => {
                    let wish = if what == 0 { first(host) } else { wish(Urgency::Planned, host) };
                    throttle.want(member, wish.clone());
                    wanted.insert(member, wish);
                }
                _ => {
                    throttle.release(member);
                    running.retain(|(other, _)| *other != member);
                }
            }
            for granted in throttle.handle_timeout(at(now)) {
                let wish = wanted.remove(&granted).expect("it was wanted");
                begun.push((now, wish.first));
                running.push((granted, wish));
            }
            prop_assert!(throttle.poll_timeout().is_none_or(|next| next > at(now)));
            let within = |first: bool| {
                let young = |began: u64| now - began < 1000;
                begun.iter().filter(|it| young(it.0) && (it.1 || !first)).count()
            };
            prop_assert!(within(false) <= 4 && within(true) <= 2);
            prop_assert!(running.iter().filter(|(_, wish)| wish.first).count() <= 3);
            for (_, wish) in &running {
                let same = running.iter().filter(|(_, other)| other.host == wish.host).count();
                prop_assert!(same <= 2);
            }
        }
        for _ in 0..40 {
            now += 1000;
            running.drain(..).for_each(|(member, _)| throttle.release(member));
            for granted in throttle.handle_timeout(at(now)) {
                let wish = wanted.remove(&granted).expect("it was wanted");
                running.push((granted, wish));
            }
        }
        prop_assert!(wanted.is_empty());
    }
}

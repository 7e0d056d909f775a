//! The rules of the shelf, and the form of names.

use std::time::{Duration, SystemTime};

use super::kid::Kid;
use super::shelf::{BURST, EVERY, Shelf, Word};
use super::{Service, arn};

fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + second)
}

fn kid(number: u64) -> Kid {
    Kid::parse(&format!("00000000-0000-0000-0000-{number:012x}")).unwrap()
}

const PAUSE: Duration = Duration::from_secs(300);

#[test]
fn only_a_uuid_enters_a_url() {
    let good = "0a1B2c3d-4e5f-6789-abcd-ef0123456789";
    assert_eq!(Kid::parse(good).unwrap().as_str(), good);
    for text in [
        "",
        "0a1b2c3d4e5f6789abcdef0123456789",
        "0a1b2c3d-4e5f-6789-abcd-ef012345678",
        "0a1b2c3d-4e5f-6789-abcd-ef01234567890",
        "0a1b2c3d-4e5f-6789-abcd-ef012345678g",
        "0a1b2c3d-4e5f-6789-abcd/ef0123456789",
        "../../../../../../etc/passwd/aaaaaaa",
        "0a1b2c3d-4e5f-6789-abcd-ef01234567%2",
        "0a1b2c3d-4e5f-6789-abcd-ef0123456\u{e9}",
    ] {
        assert!(Kid::parse(text).is_none(), "{text}");
    }
}

#[test]
fn a_flood_of_invented_kids_costs_a_bounded_number_of_fetches() {
    let mut shelf = Shelf::new(32, at(0));
    let mut fetches = 0;
    for second in 0..3600 {
        for number in 0..20 {
            let kid = kid(second * 20 + number);
            if let Word::Fetch { .. } = shelf.ask(at(second), kid) {
                fetches += 1;
                shelf.failed(at(second), kid, PAUSE);
            }
        }
    }
    let most = u64::from(BURST) + 3600 / EVERY.as_secs();
    assert!((most - 1..=most).contains(&fetches), "{fetches}");
}

#[test]
fn one_that_is_missing_is_not_asked_for_again_for_a_while() {
    let mut shelf = Shelf::new(4, at(0));
    assert!(matches!(shelf.ask(at(0), kid(1)), Word::Fetch { .. }));
    assert!(matches!(shelf.ask(at(0), kid(1)), Word::Held(_)));
    assert!(shelf.failed(at(1), kid(1), PAUSE));
    assert!(!shelf.failed(at(1), kid(1), PAUSE), "it is told once");
    let until = at(301);
    assert_eq!(shelf.ask(at(1), kid(1)), Word::Missing { until });
    assert_eq!(shelf.ask(at(300), kid(1)), Word::Missing { until });
    assert!(matches!(shelf.ask(at(301), kid(1)), Word::Fetch { .. }));
}

#[test]
fn a_key_that_has_verified_something_stays() {
    let mut shelf = Shelf::new(3, at(0));
    for number in 1..=3 {
        assert!(matches!(shelf.ask(at(0), kid(number)), Word::Fetch { instead_of: None, .. }));
    }
    shelf.used(kid(1));
    shelf.used(kid(3));
    shelf.used(kid(1));
    let instead = |word| match word {
        Word::Fetch { instead_of, .. } => instead_of,
        other => panic!("{other:?}"),
    };
    // First who has never verified anything, and then who was used the longest time ago.
    assert_eq!(instead(shelf.ask(at(0), kid(4))), Some(kid(2)));
    assert_eq!(instead(shelf.ask(at(0), kid(5))), Some(kid(4)));
    shelf.used(kid(5));
    assert_eq!(instead(shelf.ask(at(0), kid(6))), Some(kid(3)));
    assert!(matches!(shelf.ask(at(0), kid(1)), Word::Held(_)));
}

#[test]
fn a_clock_that_is_set_back_and_forth_buys_little() {
    let mut shelf = Shelf::new(32, at(0));
    for number in 0..u64::from(BURST) {
        assert!(matches!(shelf.ask(at(100), kid(number)), Word::Fetch { .. }));
    }
    assert!(matches!(shelf.ask(at(100), kid(90)), Word::Spent { .. }));
    assert_eq!(shelf.ask(at(0), kid(91)), Word::Spent { until: at(10) });
    assert!(matches!(shelf.ask(at(9), kid(92)), Word::Spent { .. }));
    assert!(matches!(shelf.ask(at(10), kid(93)), Word::Fetch { .. }));
    assert!(matches!(shelf.ask(SystemTime::UNIX_EPOCH, kid(94)), Word::Spent { .. }));
}

#[test]
fn arns_are_of_the_service_and_the_region() {
    let alb = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c49";
    let vai = "arn:aws:ec2:eu-west-1:123456789012:verified-access-instance/vai-0abc";
    assert_eq!(arn::fault(alb, Service::LoadBalancer, "eu-west-1"), None);
    assert_eq!(arn::fault(vai, Service::VerifiedAccess, "eu-west-1"), None);
    let other = arn::fault(alb, Service::LoadBalancer, "eu-west-2").unwrap();
    assert_eq!(other, "is of another region than eu-west-2");
    for (arn, service) in [
        (vai, Service::LoadBalancer),
        (alb, Service::VerifiedAccess),
        ("", Service::LoadBalancer),
        ("arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/net/x/1", Service::LoadBalancer),
        ("arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/", Service::LoadBalancer),
        ("arn:aws:elasticloadbalancing:eu-west-1::loadbalancer/app/x", Service::LoadBalancer),
    ] {
        assert!(arn::fault(arn, service, "eu-west-1").unwrap().contains("must be like"), "{arn}");
    }
}

//! The conformance suite is itself under test: an adapter with one fault of each kind fails it.

mod adapter;

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use adapter::{Fault, Planted};

/// Each fault, and a scenario that notices it.
const NOTICED: &[(Fault, &str)] = &[
    (Fault::Blocks, "by_hand::a_fetch_that_is_given_up_is_ended"),
    (Fault::CallsBrokenUnreachable, "answers_broken::resetting"),
    (Fault::DropsCacheControl, "answers::odd_headers_do_no_harm"),
    (Fault::DropsContentEncoding, "answers::encoded_ones_are_refused"),
    (Fault::DropsEtag, "confirm::validators_are_sent_back_and_the_keys_go_on"),
    (Fault::DropsFailures, "answers_broken::closing"),
    (Fault::DropsRetryAfter, "retry_after::nobody_asks_before_it_is_over"),
    (Fault::FollowsRedirects, "answers::redirects_are_not_followed"),
    (Fault::IgnoresStop, "end::also_while_a_fetch_hangs"),
    (Fault::IgnoresTime, "ahead::by_time_nobody_waits"),
    (Fault::KeepsConnections, "network::each_attempt_connects_anew"),
    (Fault::Late, "ahead::by_time_nobody_waits"),
    (Fault::LeavesFetches, "by_hand::a_fetch_that_is_given_up_is_ended"),
    (Fault::NeverReplies, "answers_broken::closing"),
    (Fault::NeverWakes, "cold::nothing_is_fetched_until_somebody_asks"),
    (Fault::NoLaterDrivers, "issuers::one_that_comes_later_is_served_until_it_goes"),
    (Fault::NoLimit, "answers::too_large_is_refused"),
    (Fault::NoTimeout, "answers_broken::hanging"),
    (Fault::OnlySuccess, "answers::other_statuses_are_failures"),
    (Fault::OwnHeaders, "request::is_what_the_core_has_made"),
    (Fault::Retries, "answers_broken::closing"),
    (Fault::TellsUrl, "secrets::a_url_is_never_told"),
    (Fault::Truncates, "answers::too_large_is_refused"),
    (Fault::TrustsAll, "https::an_unknown_authority_is_refused"),
    (Fault::Twice, "cold::the_first_load_needs_no_caller"),
];

#[test]
fn each_fault_is_noticed() {
    let unnoticed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for (fault, scenario) in NOTICED {
            let unnoticed = &unnoticed;
            scope.spawn(move || {
                if play(*fault, scenario).is_ok() {
                    unnoticed.lock().expect("no panic").push((fault, scenario));
                }
            });
        }
    });
    let unnoticed = unnoticed.into_inner().expect("no panic");
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}

/// The scenarios notice the fault, and not this adapter.
#[test]
fn without_a_fault_they_pass() {
    thread::scope(|scope| {
        let mut scenarios: Vec<_> = NOTICED.iter().map(|(_, scenario)| *scenario).collect();
        scenarios.sort_unstable();
        scenarios.dedup();
        for scenario in scenarios {
            scope.spawn(|| play(Fault::None, scenario).expect("no fault"));
        }
    });
}

fn play(fault: Fault, scenario: &str) -> Result<usize, String> {
    let planted: &'static Planted = Box::leak(Box::new(Planted(fault)));
    jwks_conformance::play(planted, scenario, LIMIT)
}

/// Far longer than a scenario takes that comes to an end.
const LIMIT: Duration = Duration::from_secs(20);

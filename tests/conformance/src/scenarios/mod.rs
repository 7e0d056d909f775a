//! The scenarios. Each asserts what callers and operators see; the harness then counts requests.
//!
//! They depend on no machine's speed: what has to come first is waited for, or held back by a
//! [`Gate`](crate::Gate); and a cache whose keys are to rest is given keys that last
//! ([`last`](crate::world::last)).

mod ahead;
mod answers;
mod answers_broken;
mod by_hand;
mod callers;
mod cold;
mod confirm;
mod discovery;
mod end;
mod flood;
mod https;
mod issuers;
mod network;
mod on_demand;
mod outage;
mod proxies;
mod request;
mod retry_after;
mod secrets;
mod unknown_kid;

use crate::{Adapter, Stage};

/// One scenario.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// How many requests it makes, of all paths, to all its issuers.
    pub(crate) requests: usize,
    /// What only some adapters have.
    pub(crate) needs: Option<Need>,
    pub(crate) run: fn(&Stage<'_>),
}

/// What a scenario needs of an adapter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Need {
    /// A runtime of the drivers that can be ended.
    EndOfRuntime,
    /// A client that can be told the addresses of a name.
    Hosts,
}

impl Need {
    pub(crate) fn is_met_by(self, adapter: &dyn Adapter) -> bool {
        match self {
            Self::EndOfRuntime => adapter.stops_when_dropped(),
            Self::Hosts => adapter.takes_hosts(),
        }
    }
}

macro_rules! scenarios {
    (@) => { None };
    (@ $need:ident) => { Some(Need::$need) };
    ($($module:ident::$name:ident $requests:literal $($need:ident)?,)*) => {
        &[$(Scenario {
            name: concat!(stringify!($module), "::", stringify!($name)),
            requests: $requests,
            needs: scenarios!(@ $($need)?),
            run: $module::$name,
        },)*]
    };
}

/// All of them, with their requests.
pub(crate) const ALL: &[Scenario] = scenarios![
    cold::the_first_load_needs_no_caller 1,
    cold::nothing_is_fetched_until_somebody_asks 1,
    cold::many_first_callers_share_one_fetch 2,
    cold::many_first_threads_share_one_fetch 2,
    cold::callers_wait_through_retries 6,
    cold::a_silent_issuer_is_told_to_the_first_caller 1,
    cold::a_timeout_beyond_all_clocks 1,
    cold::retries_stop_when_nobody_waits 1,
    ahead::by_time_nobody_waits 4,
    ahead::by_usage_nobody_waits 4,
    ahead::by_both_whichever_comes_first 3,
    ahead::refreshes_that_fail_make_nobody_wait 5,
    on_demand::when_the_time_is_over_all_wait_for_one_fetch 2,
    on_demand::exactly_so_many_usages_pass 4,
    on_demand::a_fetch_that_fails_gives_all_the_stale_set 3,
    on_demand::who_has_no_time_gets_the_stale_set_alone 2,
    unknown_kid::a_rotation_is_waited_for_once_and_seen 2,
    unknown_kid::a_flood_makes_one_fetch_and_nobody_else_wait 2,
    unknown_kid::a_fetch_that_fails_leaves_the_kid_undecided 2,
    unknown_kid::a_rotation_behind_a_forged_kid_is_undecided_and_then_found 3,
    unknown_kid::a_bad_signature_is_looked_into_once 2,
    unknown_kid::a_miss_waits_for_the_fetch_in_flight_first 2,
    unknown_kid::a_doomed_token_fetches_nothing 1,
    confirm::validators_are_sent_back_and_the_keys_go_on 12,
    confirm::a_tag_goes_back_as_it_came 8,
    confirm::a_new_set_takes_the_place_of_a_confirmed_one 4,
    confirm::a_304_that_nobody_asked_for_is_a_failure 4,
    answers::slow_ones_are_waited_for 3,
    answers::late_ones_are_waited_for_to_the_deadline 2,
    answers::interim_ones_are_passed_over 1,
    answers::as_large_as_allowed_passes 2,
    answers::too_large_is_refused 8,
    answers::not_a_key_set_is_refused 6,
    answers::empty_ones_are_said_to_be_empty 4,
    answers::other_statuses_are_failures 22,
    answers::a_304_has_no_body_whatever_its_length 2,
    answers::redirects_are_not_followed 8,
    answers::encoded_ones_are_refused 2,
    answers::odd_headers_do_no_harm 2,
    answers_broken::hanging 2,
    answers_broken::hanging_after_the_headers 2,
    answers_broken::hanging_in_the_body 2,
    answers_broken::trickling 2,
    answers_broken::slower_than_the_timeout 2,
    answers_broken::resetting 4,
    answers_broken::closing 2,
    answers_broken::closing_at_once 0,
    answers_broken::truncating 4,
    answers_broken::not_http 4,
    network::each_attempt_connects_anew 3,
    network::a_dead_address_is_passed_over 2 Hosts,
    network::a_host_that_is_silent_is_told 0,
    network::a_handshake_that_hangs_is_told 0,
    network::an_ipv6_address_is_a_host 1,
    proxies::this_machine_is_asked_directly 2,
    retry_after::nobody_asks_before_it_is_over 8,
    retry_after::without_keys_a_minute_is_the_most 2,
    retry_after::when_it_is_over_the_next_attempt_comes 2,
    outage::a_connection_that_has_ended_is_no_failure 2,
    outage::down_through_stale_to_expired_and_back 2,
    outage::unavailable_through_stale_to_expired_and_back 3,
    callers::who_leads_and_leaves_takes_nothing_from_the_others 2,
    callers::the_fetch_goes_on_when_all_have_left 1,
    callers::who_leaves_early_asks_for_nothing 0,
    callers::a_miss_that_leads_and_leaves 2,
    callers::a_budget_shorter_than_the_fetch 2,
    callers::a_miss_whose_budget_ends_is_undecided 2,
    callers::no_budget_is_no_wait 1,
    callers::a_flood_of_them_starves_no_fetch 1,
    by_hand::a_key_that_is_gone_is_gone_at_once 3,
    by_hand::new_material_under_the_same_kid_is_reported 3,
    by_hand::an_invalidation_during_a_slow_fetch 3,
    by_hand::a_fetch_that_is_given_up_is_ended 2,
    by_hand::who_refreshes_survives_an_invalidation 3,
    by_hand::a_refresh_during_a_slow_fetch_does_not_join_it 3,
    by_hand::refreshes_within_a_second_run_together 3,
    by_hand::a_refresh_goes_despite_our_own_pause 2,
    discovery::keys_are_found_renewed_and_found_again 6,
    discovery::an_issuer_of_another_name_leads_nowhere 1,
    issuers::the_same_kid_is_another_key_at_another_issuer 4,
    issuers::the_outage_of_one_is_not_the_others 1,
    issuers::one_that_comes_later_is_served_until_it_goes 3,
    issuers::the_fetch_of_one_that_goes_is_ended 2,
    issuers::a_list_that_is_applied_moves_one_and_keeps_the_other 4,
    request::is_what_the_core_has_made 1,
    secrets::a_url_is_never_told 5,
    https::a_private_authority_is_trusted 2,
    https::an_unknown_authority_is_refused 0,
    https::another_name_is_refused 0,
    https::an_expired_certificate_is_refused 0,
    https::a_self_signed_certificate_is_refused 0,
    end::when_the_last_handle_goes_the_driver_stops 2,
    end::also_while_a_fetch_hangs 1,
    end::who_waits_keeps_no_driver_alive_once_he_leaves 1,
    end::a_driver_that_is_dropped_releases_all 0,
    end::when_the_runtime_ends_all_are_told 2 EndOfRuntime,
    end::held_keys_serve_on_without_a_driver 3 EndOfRuntime,
];

//! Anything in any order, by policy, driver and menu.

use crate::draw::{always_holds, cases};
use crate::policies::{any_policy, background, lasting, on_demand};
use crate::script::{HOLDS, MISSES, NOT_MODIFIED, Pace, REFRESHES, STALE, WALL};

#[test]
fn anything_at_a_careless_pace() {
    always_holds(CASES, cases(&[], Pace::Careless, any_policy()));
}

#[test]
fn anything_at_a_prompt_pace() {
    always_holds(CASES, cases(&[], Pace::Prompt, any_policy()));
}

#[test]
fn anything_at_a_punctual_pace() {
    always_holds(CASES, cases(&[], Pace::Punctual, any_policy()));
}

#[test]
fn background_refresh_under_misses() {
    always_holds(CASES, cases(MISSES, Pace::Prompt, background()));
}

#[test]
fn on_demand_under_misses() {
    always_holds(CASES, cases(MISSES, Pace::Prompt, on_demand()));
}

#[test]
fn on_demand_with_stale_sets() {
    always_holds(CASES, cases(STALE, Pace::Prompt, on_demand()));
}

#[test]
fn conditional_requests() {
    always_holds(CASES, cases(NOT_MODIFIED, Pace::Prompt, any_policy()));
}

#[test]
fn refreshes_by_hand() {
    always_holds(CASES, cases(REFRESHES, Pace::Prompt, any_policy()));
}

#[test]
fn retry_after_for_unknown_kids() {
    always_holds(CASES, cases(HOLDS, Pace::Prompt, lasting()));
}

#[test]
fn a_wall_clock_that_jumps() {
    always_holds(CASES, cases(WALL, Pace::Prompt, any_policy()));
}

#[test]
fn a_wall_clock_that_jumps_on_demand() {
    always_holds(CASES, cases(WALL, Pace::Punctual, on_demand()));
}

const CASES: u32 = 500;

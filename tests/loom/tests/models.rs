//! Each model of [`jwks_loom::models`]. They are not unit tests there: under `cfg(test)` the unit
//! tests of jwks-core's own files would come along, and those run outside of a model.

use jwks_loom::models;

#[test]
fn no_raise_is_lost() {
    models::no_raise_is_lost();
}

#[test]
fn no_raise_of_two_is_lost() {
    models::no_raise_of_two_is_lost();
}

#[test]
fn a_wish_is_heard_with_the_uses_that_caused_it() {
    models::a_wish_is_heard_with_the_uses_that_caused_it();
}

#[test]
fn a_note_that_stays_has_raised_the_flag() {
    models::a_note_that_stays_has_raised_the_flag();
}

#[test]
fn no_use_and_no_wake_up_is_lost_to_rearming() {
    models::no_use_and_no_wake_up_is_lost_to_rearming();
}

#[test]
fn no_use_and_no_wake_up_is_lost_to_rearming_shares() {
    models::no_use_and_no_wake_up_is_lost_to_rearming_shares();
}

#[test]
fn one_use_of_those_in_shares_is_the_last() {
    models::one_use_of_those_in_shares_is_the_last();
}

#[test]
fn one_use_is_the_last() {
    models::one_use_is_the_last();
}

#[test]
fn a_quiet_note_is_not_left_behind() {
    models::a_quiet_note_is_not_left_behind();
}

#[test]
fn whoever_comes_while_the_set_is_published_is_answered() {
    models::whoever_comes_while_the_set_is_published_is_answered();
}

#[test]
fn whoever_leaves_while_it_is_answered_leaves_nothing_behind() {
    models::whoever_leaves_while_it_is_answered_leaves_nothing_behind();
}

#[test]
fn nobody_is_left_in_a_room_that_is_closed() {
    models::nobody_is_left_in_a_room_that_is_closed();
}

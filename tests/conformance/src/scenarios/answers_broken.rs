//! Answers that do not come, or not to their end: the old keys stay, and the failure is named.

use std::time::Duration;

use jwks_core::{cache::FetchErrorKind as Kind, refresh::Policy};

use super::answers::refused;
use crate::{Reply, Stage, world::ms};

const TIMEOUT: Duration = ms(1500);

pub(super) fn hanging(stage: &Stage<'_>) {
    too_slow(stage, Reply::hang());
}

pub(super) fn hanging_after_the_headers(stage: &Stage<'_>) {
    too_slow(stage, Reply::published().stall_after(0));
}

pub(super) fn hanging_in_the_body(stage: &Stage<'_>) {
    too_slow(stage, Reply::published().stall_after(20));
}

pub(super) fn trickling(stage: &Stage<'_>) {
    // A byte now and then keeps a connection alive, but not an attempt.
    too_slow(stage, Reply::published().trickle(1, ms(50)));
}

pub(super) fn slower_than_the_timeout(stage: &Stage<'_>) {
    too_slow(stage, Reply::published().delay(TIMEOUT * 2));
}

pub(super) fn resetting(stage: &Stage<'_>) {
    // A client may see the end of a connection here, or only that there was no answer.
    broken(stage, Reply::reset(), &[Kind::Connect, Kind::Other]);
    broken(stage, Reply::published().reset_after(20), &[Kind::Body]);
}

pub(super) fn closing(stage: &Stage<'_>) {
    broken(stage, Reply::close(), &[Kind::Connect, Kind::Other]);
}

pub(super) fn truncating(stage: &Stage<'_>) {
    const CHUNKED: &str =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"key\r\nx\r\n";
    broken(stage, Reply::published().truncate_after(20), &[Kind::Body]);
    broken(stage, Reply::raw(CHUNKED), &[Kind::Body]);
}

pub(super) fn not_http(stage: &Stage<'_>) {
    broken(stage, Reply::malformed(), &[Kind::Connect, Kind::Other]);
    let status = Reply::raw("HTTP/1.1 2000 OK\r\n\r\n");
    broken(stage, status, &[Kind::Connect, Kind::Other]);
}

fn too_slow(stage: &Stage<'_>, reply: Reply) {
    let policy = Policy::builder().fetch_timeout(TIMEOUT);
    let told = refused(&stage.world(), policy, reply, &[Kind::Timeout]);
    assert_eq!(told, "the fetch timed out");
}

fn broken(stage: &Stage<'_>, reply: Reply, kinds: &[Kind]) {
    let told = refused(&stage.world(), Policy::builder(), reply, kinds);
    assert!(told.contains(": "), "{told} does not say why");
}

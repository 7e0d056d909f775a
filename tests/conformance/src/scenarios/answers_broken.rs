//! Answers that do not come, or not to their end: the old keys stay, and the failure is named.

use std::{
    error::Error,
    net::{Ipv4Addr, TcpListener},
    time::Duration,
};

use jwks_core::{
    cache::{FetchError, FetchErrorKind as Kind, Phase},
    refresh::Policy,
};

use super::answers::refused;
use crate::{
    Stage,
    world::{failed, ms},
};
use jwks_testkit::{KEYS_PATH, Reply};

const TIMEOUT: Duration = ms(1500);
const ROUNDS: usize = 20;

pub(super) fn hanging(stage: &Stage<'_>) {
    too_slow(stage, Reply::hang(), Phase::Answer);
}

pub(super) fn hanging_after_the_headers(stage: &Stage<'_>) {
    too_slow(stage, Reply::published().stall_after(0), Phase::Body);
}

pub(super) fn hanging_in_the_body(stage: &Stage<'_>) {
    too_slow(stage, Reply::published().stall_after(20), Phase::Body);
}

pub(super) fn trickling(stage: &Stage<'_>) {
    // A byte now and then keeps a connection alive, but not an attempt.
    too_slow(stage, Reply::published().trickle(1, ms(50)), Phase::Body);
}

pub(super) fn slower_than_the_timeout(stage: &Stage<'_>) {
    too_slow(stage, Reply::published().delay(TIMEOUT * 2), Phase::Answer);
}

pub(super) fn resetting(stage: &Stage<'_>) {
    broken(stage, Reply::reset(), Kind::Other);
    broken(stage, Reply::published().reset_after(20), Kind::Body);
}

pub(super) fn closing(stage: &Stage<'_>) {
    broken(stage, Reply::close(), Kind::Other);
}

/// Before the request has been read: nobody can say whether that was no connection, or no answer.
pub(super) fn closing_at_once(stage: &Stage<'_>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let world = stage.world();
    let policy = Policy::builder().retry(ms(1), ms(1));
    let issuer = world.configured(policy).jwks_uri(format!("http://{address}{KEYS_PATH}"));
    let _service = world.start_with([issuer]);
    // Some are closed before the client has written, some after that.
    (0..ROUNDS).for_each(|_| drop(listener.accept().unwrap()));
    world.log.wait_for(ROUNDS, failed);
    for failure in world.log.failures() {
        assert!([Kind::Connect, Kind::Other].contains(&failure.kind()), "{failure:?}");
        assert!(failure.source().is_some(), "{failure:?} does not say why");
    }
}

pub(super) fn truncating(stage: &Stage<'_>) {
    const CHUNKED: &str =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"key\r\nx\r\n";
    broken(stage, Reply::published().truncate_after(20), Kind::Body);
    broken(stage, Reply::raw(CHUNKED), Kind::Body);
}

pub(super) fn not_http(stage: &Stage<'_>) {
    // There was a connection: an operator who reads that there was none looks in the wrong place.
    broken(stage, Reply::malformed(), Kind::Other);
    broken(stage, Reply::raw("HTTP/1.1 2000 OK\r\n\r\n"), Kind::Other);
}

fn too_slow(stage: &Stage<'_>, reply: Reply, phase: Phase) {
    let world = stage.world();
    let policy = Policy::builder().fetch_timeout(TIMEOUT);
    let told = refused(&world, policy, reply, &[Kind::Timeout]);
    let failure = world.log.failures().remove(0);
    late_in(stage, &failure, &[phase]);
    assert_eq!(told, failure.to_string());
}

/// The time-out says what was waited for, if the adapter can tell.
pub(super) fn late_in(stage: &Stage<'_>, failure: &FetchError, phases: &[Phase]) {
    assert_eq!(failure.kind(), Kind::Timeout, "{failure:?}");
    match failure.phase() {
        Some(phase) => {
            assert!(phases.contains(&phase), "{failure}, not one of {phases:?}");
            assert_eq!(failure.to_string(), format!("the fetch timed out {phase}"));
        }
        None => assert!(!stage.tells_phases(), "{failure}, and not what it waited for"),
    }
}

fn broken(stage: &Stage<'_>, reply: Reply, kind: Kind) {
    let told = refused(&stage.world(), Policy::builder(), reply, &[kind]);
    assert!(told.contains(": "), "{told} does not say why");
}

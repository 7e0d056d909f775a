//! Networks as they are: connections that die, addresses where nobody answers.

use std::{
    collections::HashSet,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};

use jwks_core::{
    cache::{FetchErrorKind, Phase},
    refresh::{Policy, PolicyBuilder},
};

use super::answers_broken::late_in;
use crate::{
    Stage,
    network::Hosts,
    world::{FOREVER, LONG, World, completed, failed, last, ms, scripted},
};
use jwks_testkit::{
    KEYS_PATH, Reply,
    network::{Mute, Relay, Silent},
};

/// After a freeze of the process a kept connection is dead, and nothing says so.
pub(super) fn each_attempt_connects_anew(stage: &Stage<'_>) {
    let world = stage.world();
    (0..2).for_each(|_| world.issuer.next(Reply::published()));
    world.issuer.always(last(Reply::published()));
    let _service = world.loaded(scripted(ms(200)));
    world.log.wait_for(2, completed);
    let requests = world.issuer.requests();
    let connections: HashSet<_> = requests.iter().map(|request| request.connection).collect();
    assert_eq!(connections.len(), 3, "a connection was kept: {requests:#?}");
}

pub(super) fn a_dead_address_is_passed_over(stage: &Stage<'_>) {
    for silent in [false, true] {
        let mut world = stage.world();
        let alive = world.issuer.address();
        let dead = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), alive.port()));
        // Where there is no second address on loopback, that one is dead of itself.
        let _silent = silent.then(|| Silent::start(dead));
        world.hosts = Hosts::new("localhost", [dead, alive]);
        let issuer = world.configured(once(Policy::builder().fetch_timeout(ms(5000))));
        let url = world.issuer.url().replace("127.0.0.1", "localhost");
        let service = world.start_with([issuer.jwks_uri(url)]);
        let loaded = pollster::block_on(service.cache().ready(LONG));
        loaded
            .unwrap_or_else(|error| panic!("silent {silent}: {error}: {}", first_failure(&world)));
        assert_eq!(world.log.count(failed), 0, "silent {silent}: {}", first_failure(&world));
        service.passes_at_once(&world.token());
    }
}

pub(super) fn a_host_that_is_silent_is_told(stage: &Stage<'_>) {
    let silent = Silent::start((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let url = format!("http://{}{KEYS_PATH}", silent.address());
    let phases = [Phase::Connect, Phase::ConnectOrTls];
    times_out(stage, &url, &phases);
}

pub(super) fn a_handshake_that_hangs_is_told(stage: &Stage<'_>) {
    let mute = Mute::start(Ipv4Addr::LOCALHOST.into()).unwrap();
    let url = format!("https://{}{KEYS_PATH}", mute.address());
    times_out(stage, &url, &[Phase::Tls, Phase::ConnectOrTls]);
}

pub(super) fn an_ipv6_address_is_a_host(stage: &Stage<'_>) {
    let world = stage.world();
    // Where there is no IPv6, there is nothing to be seen.
    let relay = Relay::start(Ipv6Addr::LOCALHOST.into(), world.issuer.address());
    let address = relay.as_ref().map_or_else(|_| world.issuer.address(), Relay::address);
    let issuer = world.configured(once(Policy::builder()));
    let service = world.start_with([issuer.jwks_uri(format!("http://{address}{KEYS_PATH}"))]);
    let loaded = pollster::block_on(service.cache().ready(LONG));
    loaded.unwrap_or_else(|error| panic!("{error}: {}", first_failure(&world)));
    let host = address.to_string();
    assert_eq!(world.issuer.requests()[0].header("host"), Some(&*host));
    assert_eq!(world.log.count(failed), 0);
}

fn times_out(stage: &Stage<'_>, url: &str, phases: &[Phase]) {
    let world = stage.world();
    let issuer = world.configured(once(Policy::builder().fetch_timeout(ms(500))));
    let _service = world.start_with([issuer.jwks_uri(url)]);
    world.log.wait_for(1, failed);
    let failure = world.log.failures().remove(0);
    assert_eq!(failure.kind(), FetchErrorKind::Timeout, "{failure:?}");
    late_in(stage, &failure, phases);
}

/// One attempt, and no other for as long as a scenario takes.
const fn once(policy: PolicyBuilder) -> PolicyBuilder {
    policy.retry(FOREVER, FOREVER).cold_retry_max(FOREVER)
}

fn first_failure(world: &World<'_>) -> String {
    world.log.failures().first().map_or_else(|| "no failure".to_owned(), ToString::to_string)
}

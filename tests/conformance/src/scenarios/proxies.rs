//! Proxies: what is on this machine needs none, and keys from a proxy would be anybody's.

use std::net::Ipv4Addr;

use jwks_core::refresh::Policy;

use crate::{
    Roots, Stage,
    world::{FOREVER, LONG},
};
use jwks_testkit::{KEYS_PATH, TlsFront, certificates::Authority, network::Mute};

pub(super) fn this_machine_is_asked_directly(stage: &Stage<'_>) {
    // Whoever asks this one gets no answer.
    let proxy = Mute::start(Ipv4Addr::LOCALHOST.into()).unwrap();
    let url = format!("http://{}", proxy.address());
    let mut environment = Vec::new();
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        environment.push((name.to_owned(), Some(&*url)));
        environment.push((name.to_lowercase(), Some(&*url)));
    }
    for name in ["NO_PROXY", "no_proxy", "REQUEST_METHOD"] {
        environment.push((name.to_owned(), None));
    }
    let environment: Vec<_> =
        environment.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    stage.play_under(&environment);
    assert!(proxy.is_untouched(), "the proxy was asked");

    // There as here:
    let authority = Authority::new();
    for secure in [false, true] {
        let mut world = stage.world();
        world.roots = Roots::new([authority.certificate()]);
        let front = TlsFront::start(world.issuer.address(), &authority.loopback());
        let url = match secure {
            true => front.url_of("127.0.0.1", KEYS_PATH),
            false => world.issuer.url().replace("127.0.0.1", "localhost"),
        };
        let policy =
            Policy::builder().wait_budget(LONG).retry(FOREVER, FOREVER).cold_retry_max(FOREVER);
        let service = world.start_with([world.configured(policy).jwks_uri(url)]);
        service.verify(&world.token()).expect("a valid token");
    }
}

//! What an adapter tells of an exchange is what a failure tells.

use http::Uri;
use jwks_core::adapter::Fetch;
use jwks_core::cache::{FetchError, Phase};

use crate::provider::{Provider, response};
use crate::world::{World, policy, reply, secs};

#[test]
fn the_driver_and_the_adapter_tell_the_same_of_a_time_out() {
    for adapter_first in [false, true] {
        let mut world = World::new(policy());
        let fetch = world.fetch();
        fetch.progress.reached(Phase::Name);
        fetch.progress.reached(Phase::Tls);
        if adapter_first {
            world.pass(secs(4));
            fetch.reply.send::<Vec<u8>>(Err(FetchError::timeout()));
        } else {
            world.pass(secs(5));
        }
        world.idle();
        let failure = world.failures().remove(0);
        assert_eq!(failure.phase(), Some(Phase::Tls));
        assert_eq!(failure.to_string(), "the fetch timed out in the TLS handshake");
        let told = world.status().last_error.unwrap();
        assert_eq!(told, "the fetch timed out in the TLS handshake");
    }
}

#[test]
fn each_request_of_an_attempt_has_its_own() {
    let mut world = World::new(policy());
    let fetch = world.fetch();
    fetch.progress.reached(Phase::Body);
    reply(fetch, response(200, &Provider::new().document()));
    let _keys = world.fetch();
    world.pass(secs(5));
    world.idle();
    assert_eq!(world.failures().remove(0).to_string(), "the fetch timed out");
}

#[test]
fn a_proxy_is_told_of_failures_of_the_exchange() {
    let failure = |end: fn(Fetch) -> Option<Fetch>| {
        let mut world = World::new(policy());
        let fetch = world.fetch();
        let proxy = Uri::from_static("http://user:hush@proxy.example:3128");
        fetch.progress.through_proxy(&proxy);
        fetch.progress.reached(Phase::ConnectOrTls);
        let hanging = end(fetch);
        if hanging.is_some() {
            world.pass(secs(5));
        }
        world.idle();
        world.failures().remove(0)
    };
    let through = " through the proxy http://proxy.example:3128";
    let refused = failure(|fetch| {
        fetch.reply.send::<Vec<u8>>(Err(FetchError::connect("refused")));
        None
    });
    assert_eq!(refused.to_string(), format!("no connection to the key server{through}"));
    assert_eq!(refused.proxy(), Some("http://proxy.example:3128"));
    let late = failure(Some);
    assert_eq!(late.to_string(), format!("the fetch timed out connecting (TCP or TLS){through}"));
    // What answered is the key server, whatever stands between.
    let status = failure(|fetch| {
        reply(fetch, response(404, ""));
        None
    });
    assert_eq!((status.status(), status.proxy()), (Some(404), None));
}

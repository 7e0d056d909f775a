//! A document at another place than below the issuer's URL.

use jwks_core::cache::{FetchError, Source};

use crate::provider::{KEYS, Provider, SET, response};
use crate::world::{World, mins, policy, reply, secs};

const TENANT: &str = "https://id.example.com/tenant";
const PLACES: [&str; 3] = [
    "https://id.example.com/.well-known/oauth-authorization-server/tenant",
    "https://id.example.com/.well-known/openid-configuration/tenant",
    "https://id.example.com/tenant/.well-known/openid-configuration",
];

fn world() -> World {
    World::of(policy(), Source::builder().discover_oauth(TENANT).unwrap())
}

fn document() -> String {
    Provider { issuer: TENANT, ..Provider::new() }.document()
}

#[test]
fn each_place_is_asked_for_if_those_before_it_answer_404() {
    for absent in 0..PLACES.len() {
        let mut world = world();
        for _ in 0..absent {
            let fetch = world.fetch();
            reply(fetch, response(404, "no"));
        }
        let fetch = world.fetch();
        reply(fetch, response(200, &document()));
        let fetch = world.fetch();
        reply(fetch, response(200, SET));
        world.idle();
        assert!(world.serves());
        let mut urls = PLACES[..=absent].to_vec();
        urls.push(KEYS);
        assert!(world.asked.iter().all(|asked| asked.deadline == secs(5)));
        assert_eq!(world.urls(), urls);
        assert_eq!((world.status().fetches, world.status().failures), (1, 0));
    }
}

#[test]
fn on_404_only() {
    let answers = [200, 204, 301, 400, 401, 403, 405, 410, 429, 500, 503].map(|status| {
        // No document, or that of another issuer.
        Ok(response(status, &Provider::new().document()))
    });
    for answer in answers.into_iter().chain([Err(FetchError::connect("refused"))]) {
        let mut world = world();
        let told = format!("{answer:?}");
        world.fetch().reply.send(answer);
        world.idle();
        assert_eq!(world.urls(), PLACES[..1], "{told}");
        assert_eq!(world.status().failures, 1, "{told}");
    }
}

#[test]
fn nowhere() {
    let mut world = world();
    for _ in 0..PLACES.len() {
        reply(world.fetch(), response(404, ""));
    }
    let retry = world.idle();
    assert_eq!(world.urls(), PLACES);
    assert_eq!(world.status().failures, 1);
    assert_eq!(world.failures()[0].to_string(), "discovery failed: the key server answered 404");
    // The next attempt begins at the first place again.
    world.pass(retry - world.now);
    assert_eq!(world.fetch().request.uri(), PLACES[0]);
}

#[test]
fn a_place_that_vanishes_costs_no_key() {
    let mut world = world();
    reply(world.fetch(), response(200, &document()));
    reply(world.fetch(), response(200, SET));
    world.urls();
    // The provider knows the place of the keys, but none of the documents.
    world.run_to(mins(65), &Provider::new());
    let mut urls = vec![KEYS; 3];
    urls.extend(PLACES);
    urls.push(KEYS);
    assert_eq!(world.urls(), urls);
    assert_eq!(world.status().failures, 0);
    assert_eq!(world.discovery_failures().len(), 1);
}

#[test]
fn a_time_limit_ends_the_whole_attempt() {
    let mut world = world();
    let fetch = world.fetch();
    world.pass(secs(5));
    reply(fetch, response(404, ""));
    let retry = world.idle();
    assert!(retry > world.now);
    assert_eq!(world.urls(), PLACES[..1]);
}

#[test]
fn a_document_at_a_url_of_its_own() {
    let url = "https://10.0.0.1:6443/.well-known/openid-configuration";
    let issuer = "kubernetes/serviceaccount";
    let source = Source::builder().discovery_url(url).discover(issuer).unwrap();
    let mut world = World::of(policy(), source);
    reply(world.fetch(), response(200, &Provider { issuer, ..Provider::new() }.document()));
    reply(world.fetch(), response(200, SET));
    world.idle();
    assert!(world.serves());
    assert_eq!(world.urls(), [url, KEYS]);
    assert_eq!(world.status().source, format!("{url} -> {KEYS}"));
}

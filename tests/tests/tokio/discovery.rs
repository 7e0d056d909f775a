//! The issuer says where its keys are.

use jwks_core::cache::FetchErrorKind;
use jwks_tests::{IssuerServer, KEYS_PATH, Reply};

use crate::{
    log::failed,
    world::{LONG, Service, World, lifetime, ms},
};

const DOCUMENT: &str = "/.well-known/openid-configuration";
const MOVED: &str = "/moved";

fn document(issuer: &str, jwks_uri: &str) -> Reply {
    Reply::keys(format!(r#"{{"issuer":"{issuer}","jwks_uri":"{jwks_uri}"}}"#))
}

fn start(world: &World) -> Service {
    let policy = lifetime(ms(200)).fetch_timeout(ms(600)).retry(ms(20), ms(20));
    world.start_with(world.configured(policy.wait_budget(LONG)).discover())
}

fn paths(issuer: &IssuerServer) -> Vec<String> {
    issuer.requests().into_iter().map(|request| request.path).collect()
}

#[test]
fn keys_are_found_renewed_and_found_again() {
    let world = World::new();
    let issuer = &world.issuer;
    issuer.always_at(DOCUMENT, document(issuer.base(), &issuer.url()));
    let service = start(&world);
    service.verify(&world.token()).expect("a valid token");
    let both = [issuer.url_of(DOCUMENT), issuer.url()].join(" -> ");
    assert_eq!(service.status().source, both);
    assert!(issuer.wait_for_fetches(3, LONG));
    assert_eq!(issuer.fetches_of(DOCUMENT), 1, "{:?}", paths(issuer));
    assert_eq!(service.status().failures, 0);

    // The keys move: who answers 404 is not asked again.
    let moved = issuer.url_of(MOVED);
    issuer.always_at(MOVED, Reply::published());
    issuer.always_at(DOCUMENT, document(issuer.base(), &moved));
    issuer.always(Reply::status(404));
    world.log.wait_for(1, failed);
    service.until(|status| status.source.ends_with(&moved) && status.failures_in_a_row == 0);
    service.passes_at_once(&world.token());
    let paths = paths(issuer);
    let gone = paths.iter().rposition(|path| path == KEYS_PATH).expect("they were there");
    assert_eq!(paths[gone + 1..gone + 3], [DOCUMENT, MOVED]);
    assert_eq!((issuer.fetches_of(DOCUMENT), service.status().failures), (2, 1));
    assert_eq!(issuer.max_open(), 1);
}

#[test]
fn an_issuer_of_another_name_leads_nowhere() {
    let world = World::new();
    let issuer = &world.issuer;
    let other = format!("{}/", issuer.base());
    issuer.always_at(DOCUMENT, document(&other, &issuer.url()));
    let service = start(&world);
    world.log.wait_for(1, failed);
    let error = pollster::block_on(service.cache().ready(ms(1))).expect_err("no keys");
    let failure = error.last_failure().expect("the last failure");
    assert_eq!(failure.kind(), FetchErrorKind::Discovery);
    service.until(|status| {
        let last = status.last_error.as_deref().unwrap_or_default();
        last.starts_with("discovery failed: the document is that of another issuer, `http://127")
    });
    assert_eq!(issuer.fetches(), 0);
}

#[test]
fn both_requests_share_the_timeout() {
    let world = World::new();
    let issuer = &world.issuer;
    issuer.always_at(DOCUMENT, document(issuer.base(), &issuer.url()).delay(ms(400)));
    issuer.always(Reply::published().delay(ms(400)));
    let service = start(&world);
    world.log.wait_for(1, failed);
    service.until(|status| status.last_error.as_deref() == Some("the fetch timed out"));
    issuer.always(Reply::published());
    service.verify(&world.token()).expect("there is time enough");
}

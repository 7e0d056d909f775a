//! The issuer says where its keys are.

use std::time::Duration;

use jwks_core::{
    cache::FetchErrorKind,
    refresh::PolicyBuilder,
    verify::{ErrorKind, Issuer},
};

use crate::{
    Stage,
    world::{AUDIENCE, LONG, World, completed, failed, last, ms, scripted},
};
use jwks_testkit::{KEYS_PATH, Reply};

const DOCUMENT: &str = "/.well-known/openid-configuration";
const MOVED: &str = "/moved";

pub(super) fn keys_are_found_renewed_and_found_again(stage: &Stage<'_>) {
    let world = stage.world();
    let issuer = &world.issuer;
    issuer.next_at(DOCUMENT, document(issuer.base(), &issuer.url()));
    issuer.next(Reply::published());
    issuer.next(Reply::published());
    // The keys move: who answers 404 is not asked again.
    issuer.always(Reply::status(404));
    issuer.always_at(DOCUMENT, document(issuer.base(), &issuer.url_of(MOVED)));
    issuer.always_at(MOVED, last(Reply::published()));
    let policy = scripted(ms(200)).retry(ms(20), ms(20)).wait_budget(LONG);
    let service = world.start_with([discovered(&world, policy)]);
    service.verify(&world.token()).expect("a valid token");
    world.log.wait_for(2, completed);
    service.passes_at_once(&world.token());
    let paths: Vec<_> = issuer.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, [DOCUMENT, KEYS_PATH, KEYS_PATH, KEYS_PATH, DOCUMENT, MOVED]);
    let both = [issuer.url_of(DOCUMENT), issuer.url_of(MOVED)].join(" -> ");
    assert_eq!(service.status().source, both);
    assert_eq!(service.status().failures, 1);
    world.never_two_at_once();
}

pub(super) fn an_issuer_of_another_name_leads_nowhere(stage: &Stage<'_>) {
    let world = stage.world();
    let issuer = &world.issuer;
    issuer.always_at(DOCUMENT, document(&format!("{}/", issuer.base()), &issuer.url()));
    let pause = Duration::from_secs(300);
    let policy = scripted(ms(200)).retry(pause, pause).cold_retry_max(pause);
    let service = world.start_with([discovered(&world, policy)]);
    world.log.wait_for(1, failed);
    let error = service.verify(&world.token()).expect_err("no keys");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(world.log.failures()[0].kind(), FetchErrorKind::Discovery);
    service.until(|status| {
        let last = status.last_error.as_deref().unwrap_or_default();
        last.starts_with("discovery failed: the document is that of another issuer, `http://127")
    });
    assert_eq!(issuer.fetches(), 0);
}

/// The issuer, which is asked where its keys are.
fn discovered(world: &World<'_>, policy: PolicyBuilder) -> Issuer {
    Issuer::new(world.issuer.base())
        .discover()
        .allow_loopback_http()
        .audience(AUDIENCE)
        .policy(policy.build().expect("settings that work"))
        .observer(world.log.observer())
}

fn document(issuer: &str, jwks_uri: &str) -> Reply {
    Reply::keys(format!(r#"{{"issuer":"{issuer}","jwks_uri":"{jwks_uri}"}}"#))
}

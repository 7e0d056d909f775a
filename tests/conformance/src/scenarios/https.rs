//! https: whom the client trusts, and whom not.

use std::time::Duration;

use jwks_core::{cache::FetchErrorKind, refresh::Policy, verify::ErrorKind};

use crate::{
    Roots, Stage,
    world::{LONG, World, failed},
};
use jwks_testkit::{
    KEYS_PATH, TlsFront,
    certificates::{Authority, Identity},
};

pub(super) fn a_private_authority_is_trusted(stage: &Stage<'_>) {
    let authority = Authority::new();
    for host in ["127.0.0.1", "localhost"] {
        let mut world = stage.world();
        world.roots = Roots::new([authority.certificate()]);
        let front = TlsFront::start(world.issuer.address(), &authority.loopback());
        let issuer = world.configured(Policy::builder().wait_budget(LONG));
        let service = world.start_with([issuer.jwks_uri(front.url_of(host, KEYS_PATH))]);
        service.verify(&world.token()).expect("a valid token");
        assert_eq!(world.log.count(failed), 0);
    }
}

pub(super) fn an_unknown_authority_is_refused(stage: &Stage<'_>) {
    // A stranger's certificate, by the same name as one that is trusted.
    refused(&stage.world(), &Authority::new().loopback());
    let mut world = stage.world();
    world.roots = Roots::new([Authority::new().certificate()]);
    refused(&world, &Authority::new().loopback());
}

pub(super) fn another_name_is_refused(stage: &Stage<'_>) {
    by_a_trusted_authority(stage, Authority::of_another_name);
}

pub(super) fn an_expired_certificate_is_refused(stage: &Stage<'_>) {
    by_a_trusted_authority(stage, Authority::expired);
}

pub(super) fn a_self_signed_certificate_is_refused(stage: &Stage<'_>) {
    by_a_trusted_authority(stage, |_| Identity::self_signed());
}

fn by_a_trusted_authority(stage: &Stage<'_>, identity: fn(&Authority) -> Identity) {
    let authority = Authority::new();
    let mut world = stage.world();
    world.roots = Roots::new([authority.certificate()]);
    refused(&world, &identity(&authority));
}

fn refused(world: &World<'_>, identity: &Identity) {
    let front = TlsFront::start(world.issuer.address(), identity);
    let pause = Duration::from_secs(300);
    let issuer = world.configured(Policy::builder().retry(pause, pause).cold_retry_max(pause));
    let service = world.start_with([issuer.jwks_uri(front.url_of("127.0.0.1", KEYS_PATH))]);
    world.log.wait_for(1, failed);
    let failure = &world.log.failures()[0];
    assert_eq!(failure.kind(), FetchErrorKind::Connect, "{failure:?}");
    let error = service.verify(&world.token()).expect_err("no keys");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let told = service.status().last_error.expect("a failure");
    assert!(told.to_lowercase().contains("certificate"), "{told} does not say why");
}

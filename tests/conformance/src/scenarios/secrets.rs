//! The text of a URL may be a secret: no event, status or error shows it.

use std::error::Error;

use jwks_core::refresh::Policy;

use crate::{
    Stage,
    world::{World, failed, last, ms},
};
use jwks_testkit::Reply;

const SECRET: &str = "hush-7f3a";

pub(super) fn a_url_is_never_told(stage: &Stage<'_>) {
    let world = stage.world();
    for reply in [
        Reply::reset(),
        Reply::status(503),
        Reply::malformed(),
        Reply::published().truncate_after(20),
        last(Reply::published()),
    ] {
        world.issuer.next(reply);
    }
    let failures = assert_no_secret(&world, 4);
    assert_eq!(failures, 4);
    let down = stage.world();
    down.issuer.go_down();
    assert!(assert_no_secret(&down, 1) >= 1);
}

/// Starts, waits for so many failures, and checks every text for the secret.
fn assert_no_secret(world: &World<'_>, failures: usize) -> usize {
    let issuer = world.configured(Policy::builder().retry(ms(20), ms(20)));
    let url = format!("{}?code={SECRET}", world.issuer.url());
    let service = world.start_with([issuer.jwks_uri(url)]);
    world.log.wait_for(failures, failed);
    let silent = |text: String| assert!(!text.contains(SECRET), "{text}");
    for event in world.log.events() {
        silent(format!("{event} {event:?}"));
    }
    for failure in world.log.failures() {
        let mut link: Option<&dyn Error> = Some(&failure);
        while let Some(error) = link {
            silent(format!("{error} {error:?}"));
            link = error.source();
        }
    }
    if let Err(error) = service.verify_within(&world.token(), ms(20)) {
        silent(format!("{error} {error:?}"));
    }
    silent(format!("{:?} {:?}", service.verifier, service.status()));
    if world.issuer.fetches() > 0 {
        service.until(|status| status.healthy);
    }
    world.log.count(failed)
}

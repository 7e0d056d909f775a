//! Two issuers, one verifier.

use jwks_core::{refresh::Policy, verify::ErrorKind};

use crate::{
    Stage,
    world::{AUDIENCE, LONG, ms},
};
use jwks_testkit::claims;

pub(super) fn the_same_kid_is_another_key_at_another_issuer(stage: &Stage<'_>) {
    let (one, two) = (stage.world(), stage.world());
    let issuers = [&one, &two].map(|world| world.configured(Policy::builder()));
    let service = one.start_with(issuers);
    for cache in service.verifier.caches() {
        pollster::block_on(cache.ready(LONG)).unwrap();
    }
    for world in [&one, &two] {
        let verified = service.at_once(&world.token()).expect("no wait").unwrap();
        assert_eq!(verified.issuer(), world.issuer.base());
        assert_eq!(verified.kid(), Some("k1"));
    }
    for (key, iss) in [(&one.key, &two), (&two.key, &one)] {
        // The issuer is asked once whether it has a newer key.
        let error = service.verify(&key.sign(&iss.claims())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidSignature);
    }
    let stranger = claims("https://elsewhere.example", AUDIENCE, ms(60_000));
    let error = service.refuses_at_once(&one.key.sign(&stranger));
    assert_eq!(error.kind(), ErrorKind::WrongIssuer);
    assert_eq!((one.issuer.fetches(), two.issuer.fetches()), (2, 2));
}

pub(super) fn the_outage_of_one_is_not_the_others(stage: &Stage<'_>) {
    let (one, two) = (stage.world(), stage.world());
    two.issuer.go_down();
    let short = Policy::builder().wait_budget(ms(100));
    let service = one
        .start_with([one.configured(Policy::builder().wait_budget(LONG)), two.configured(short)]);
    service.verify(&one.token()).unwrap();
    assert_eq!(service.verify(&two.token()).unwrap_err().kind(), ErrorKind::Unavailable);
    service.passes_at_once(&one.token());
    let healthy: Vec<_> = service.verifier.status().iter().map(|it| it.healthy).collect();
    assert_eq!(healthy, [true, false]);
}

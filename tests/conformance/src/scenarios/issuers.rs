//! Two issuers, one verifier; and one that comes and goes while it runs.

use jwks_core::{refresh::Policy, verify::ErrorKind};

use crate::{
    Stage,
    world::{AUDIENCE, FOREVER, LONG, finished, ms, waiting, withdrawn},
};
use jwks_testkit::{Reply, claims};

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

pub(super) fn one_that_comes_later_is_served_until_it_goes(stage: &Stage<'_>) {
    let (one, two) = (stage.world(), stage.world());
    let service = one.start_with([one.configured(Policy::builder())]);
    service.verify(&one.token()).unwrap();
    let issuers = service.verifier.issuers();
    for _ in 0..2 {
        issuers.add(two.configured(Policy::builder().wait_budget(LONG))).unwrap();
        service.verify(&two.token()).unwrap();
        service.passes_at_once(&two.token());
        assert!(issuers.remove(two.issuer.base()));
        assert_eq!(service.refuses_at_once(&two.token()).kind(), ErrorKind::WrongIssuer);
    }
    two.log.wait_for(2, withdrawn);
    service.passes_at_once(&one.token());
    assert_eq!(one.log.count(withdrawn), 0);
}

pub(super) fn the_fetch_of_one_that_goes_is_ended(stage: &Stage<'_>) {
    let (one, two) = (stage.world(), stage.world());
    two.issuer.next(Reply::hang());
    let service = one.start_with([one.configured(Policy::builder())]);
    service.verify(&one.token()).unwrap();
    let policy = Policy::builder().wait_budget(FOREVER).fetch_timeout(FOREVER);
    service.verifier.issuers().add(two.configured(policy)).unwrap();
    let token = two.token();
    let calls = waiting(4, || service.call(&token));
    assert!(two.issuer.wait_for_fetches(1, LONG));
    let kept = service.verifier.cache(two.issuer.base()).expect("it is there");
    assert!(service.verifier.issuers().remove(two.issuer.base()));
    for outcome in finished(calls) {
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::WrongIssuer);
    }
    two.log.wait_for(1, withdrawn);
    if stage.ends_fetches() {
        assert!(two.issuer.wait_for_idle(LONG), "the fetch was not ended");
    }
    assert!(!kept.status().healthy);
    service.passes_at_once(&one.token());
}

pub(super) fn a_list_that_is_applied_moves_one_and_keeps_the_other(stage: &Stage<'_>) {
    let (one, two, elsewhere) = (stage.world(), stage.world(), stage.world());
    let issuers = [&one, &two].map(|world| world.configured(Policy::builder().wait_budget(LONG)));
    let service = one.start_with(issuers.clone());
    for world in [&one, &two] {
        service.verify(&world.token()).unwrap();
    }
    let [kept, moved] = issuers;
    let all = vec![kept.audience("another"), moved.jwks_uri(elsewhere.issuer.url())];
    let changes = service.verifier.issuers().apply(all).unwrap();
    assert_eq!((changes.changed.len(), changes.moved.len()), (1, 1));
    service.passes_at_once(&one.token());
    // Its keys are those of the other place now.
    service.verify(&elsewhere.key.sign(&two.claims())).unwrap();
    two.log.wait_for(1, withdrawn);
    assert_eq!(service.try_verify(&two.token()).unwrap_err().kind(), ErrorKind::InvalidSignature);
    assert!(elsewhere.issuer.wait_for_fetches(2, LONG));
}

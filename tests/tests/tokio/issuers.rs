//! Two issuers, one verifier.

use std::time::SystemTime;

use jwks_core::verify::ErrorKind;
use jwks_tests::claims;
use jwks_tokio::{Policy, Registered, Verifier};

use crate::{
    runner::Runner,
    world::{AUDIENCE, LONG, World, at_once, ms},
};

#[test]
fn the_same_kid_is_another_key_at_another_issuer() {
    let (one, two) = (World::new(), World::new());
    let builder = Verifier::builder(SystemTime::now)
        .issuer(one.configured(Policy::builder()))
        .issuer(two.configured(Policy::builder()));
    let (verifier, drivers) = builder.build().unwrap();
    let _runner = Runner::start(drivers);
    for cache in verifier.caches() {
        pollster::block_on(cache.ready(LONG)).unwrap();
    }
    let verify = |token: &str| at_once(verifier.verify::<Registered>(token)).expect("no wait");
    for world in [&one, &two] {
        let verified = verify(&world.token()).unwrap();
        assert_eq!(verified.issuer(), world.issuer.base());
        assert_eq!(verified.kid(), Some("k1"));
    }
    for (key, iss) in [(&one.key, &two), (&two.key, &one)] {
        let error = verify(&key.sign(&iss.claims())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidSignature);
    }
    let stranger = claims("https://elsewhere.example", AUDIENCE, ms(60_000));
    assert_eq!(verify(&one.key.sign(&stranger)).unwrap_err().kind(), ErrorKind::WrongIssuer);
    let mut nobody = one.claims();
    nobody.as_object_mut().unwrap().remove("iss");
    assert_eq!(verify(&one.key.sign(&nobody)).unwrap_err().kind(), ErrorKind::MissingClaim);
    assert_eq!((one.issuer.fetches(), two.issuer.fetches()), (1, 1));
}

#[test]
fn the_outage_of_one_is_not_the_others() {
    let (one, two) = (World::new(), World::new());
    two.issuer.go_down();
    let builder = Verifier::builder(SystemTime::now)
        .issuer(one.configured(Policy::builder()))
        .issuer(two.configured(Policy::builder().wait_budget(ms(100))));
    let (verifier, drivers) = builder.build().unwrap();
    let _runner = Runner::start(drivers);
    pollster::block_on(verifier.verify::<Registered>(&one.token())).unwrap();
    let error = pollster::block_on(verifier.verify::<Registered>(&two.token())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    at_once(verifier.verify::<Registered>(&one.token())).unwrap().unwrap();
    let healthy: Vec<_> = verifier.status().iter().map(|status| status.healthy).collect();
    assert_eq!(healthy, [true, false]);
    assert_eq!(one.issuer.fetches(), 1);
}

//! The issuer asks for a pause.

use std::{
    thread,
    time::{Duration, Instant, SystemTime},
};

use jwks_core::{cache, verify::ErrorKind};
use jwks_tests::Reply;
use jwks_tokio::{Policy, Registered};

use crate::{
    log::failed,
    world::{LONG, World, ms},
};

#[test]
fn nobody_asks_before_it_is_over() {
    let date = SystemTime::now() + Duration::from_secs(30);
    for (reply, least, most) in [
        (Reply::status(429).retry_after(30), 25, 31),
        (Reply::status(503).retry_after(30), 25, 31),
        (Reply::status(429).retry_after_date(date), 20, 31),
        (Reply::status(503).retry_after_date(date), 20, 31),
        // An hour is the most while there are keys: they are trusted for 80 minutes.
        (Reply::status(503).retry_after(1 << 40), 2300, 2401),
    ] {
        let world = World::new();
        let service = world.loaded(Policy::builder());
        world.issuer.next(reply);
        let before = SystemTime::now();
        pollster::block_on(service.cache().refresh()).unwrap_err();
        let error = pollster::block_on(service.cache().refresh()).unwrap_err();
        assert_eq!(error.kind(), cache::ErrorKind::Unavailable);
        let pause = error.retry_at().unwrap().duration_since(before).unwrap().as_secs();
        assert!((least..=most).contains(&pause), "{pause} s");
        // An unknown kid is no reason either; the keys go on.
        let stranger = jwks_tests::unknown_kid_token(&world.claims());
        let error = service.at_once(&stranger).expect("no wait").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownKid);
        assert!(error.retry_at().is_some());
        service.passes_at_once(&world.token());
        assert_eq!(world.issuer.fetches(), 2);
    }
}

#[test]
fn without_keys_a_minute_is_the_most_and_nobody_waits_in_vain() {
    for background in [true, false] {
        let world = World::new();
        world.issuer.always(Reply::status(503).retry_after(3600));
        let service = world.start(Policy::builder().background_refresh(background));
        let before = SystemTime::now();
        // The budget of 5 s would end before the next attempt, so it is not waited out.
        let error = service.verify(&world.token()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.is_retryable());
        let pause = error.retry_at().unwrap().duration_since(before).unwrap().as_secs();
        assert!((55..=61).contains(&pause), "{pause} s");
        let error = service.verify(&world.token()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(world.issuer.fetches(), 1);
    }
}

#[test]
fn when_it_is_over_the_next_attempt_comes_by_itself() {
    let world = World::new();
    world.issuer.next(Reply::status(503).retry_after(1));
    let service = world.start(Policy::builder().retry(ms(10), ms(10)).wait_budget(LONG));
    service.verify(&world.token()).unwrap();
    let requests = world.issuer.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[1].at - requests[0].at > ms(500));
}

#[test]
fn zero_and_the_past_shorten_nothing() {
    for reply in [
        Reply::status(503).retry_after(0),
        Reply::status(429).retry_after_date(SystemTime::UNIX_EPOCH),
        Reply::status(503).header("retry-after", "soon"),
    ] {
        let world = World::new();
        world.issuer.always(reply);
        let start = Instant::now();
        let service = world.start(Policy::builder().retry(ms(100), ms(200)));
        world.log.wait_for(3, failed);
        thread::sleep(ms(200));
        let fetches = world.issuer.fetches();
        // Pauses are 50 ms, then 100 ms, at the least.
        let most = start.elapsed().as_millis() / 100 + 2;
        assert!(u128::try_from(fetches).unwrap() <= most, "{fetches}");
        let token = world.token();
        let within = service.verifier.verify_within::<Registered>(&token, ms(10));
        let error = pollster::block_on(within).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
}

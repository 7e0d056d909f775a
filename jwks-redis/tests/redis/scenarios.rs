//! What holds over any Redis that works.

use std::time::Duration;

use jwks_redis::{Event, Ignored};
use jwks_testkit::{Reply, Signer};
use jwks_tokio::{ErrorKind, Verifier};

use crate::world::{LONG, World, cache, mac_key, policy};

/// The Redis of a test, and what is done to it behind the instances' backs.
pub(crate) trait Redis {
    fn get(&self, end: &str) -> Option<Vec<u8>>;
    fn plant(&self, end: &str, bytes: &[u8]);
    fn plant_list(&self, end: &str);
    fn flush(&self);
}

pub(crate) async fn start(world: &World, count: usize) -> Vec<Verifier> {
    let fleet: Vec<_> = (0..count).map(|_| world.start()).collect();
    for verifier in &fleet {
        cache(verifier).ready(LONG).await.unwrap();
    }
    fleet
}

pub(crate) async fn all_start_with_one_fetch(world: World) {
    // Slower than a look into Redis, so that all have looked before it comes.
    world.issuer.delay(Duration::from_millis(300));
    let fleet = start(&world, 20).await;
    assert_eq!(world.issuer.fetches(), 1);
    for verifier in &fleet {
        world.verify(verifier, &world.key).await.unwrap();
    }
    let taken = |event: &&Event| matches!(event, Event::Taken { .. });
    let events = world.events();
    assert_eq!(events.iter().filter(taken).count(), 19, "{events:?}");
    assert_eq!(events.len(), 19, "{events:?}");
    // Who comes later has it at once.
    world.loaded().await;
    assert_eq!(world.issuer.fetches(), 1);
}

pub(crate) async fn a_rotation_is_found_with_one_fetch(world: World) {
    let fleet = start(&world, 20).await;
    let before = world.issuer.fetches();
    let new = Signer::es256("k2");
    world.issuer.publish(&[&world.key, &new]);
    world.issuer.delay(Duration::from_millis(200));
    let token = world.token(&new);
    let calls = fleet.iter().map(|it| {
        let (it, token) = (it.clone(), token.clone());
        tokio::spawn(async move { it.verify::<jwks_tokio::Registered>(&token).await.map(drop) })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert_eq!(world.issuer.fetches() - before, 1);
}

/// One by one: each finds another set than it has, until one finds what it has.
pub(crate) async fn a_set_that_lacks_the_kid_is_followed_by_a_fetch(world: World) {
    let [first, second, third] = [world.loaded().await, world.loaded().await, world.loaded().await];
    assert_eq!(world.issuer.fetches(), 1);
    let [new, newer] = ["k2", "k3"].map(Signer::es256);
    world.issuer.publish(&[&world.key, &new]);
    world.verify(&first, &new).await.unwrap();
    assert_eq!(world.issuer.fetches(), 2);
    world.verify(&second, &new).await.unwrap();
    assert_eq!(world.issuer.fetches(), 2, "another set than the one it had");
    world.issuer.publish(&[&world.key, &new, &newer]);
    // It has the first set; the second is there, and lacks the kid.
    world.verify(&third, &newer).await.unwrap();
    assert_eq!(world.issuer.fetches(), 3);
    // It has the second, and the third is there.
    world.verify(&second, &newer).await.unwrap();
    assert_eq!(world.issuer.fetches(), 3);
    // All have the same: only the issuer knows.
    let stranger = Signer::es256("x");
    let error = world.verify(&second, &stranger).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::UnknownKid, false));
    assert_eq!(world.issuer.fetches(), 4);
    let error = world.verify(&third, &stranger).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::UnknownKid, false));
    assert_eq!(world.issuer.fetches(), 5);
}

/// Both ask for what is not there, at once: whoever takes the other's answer is not sure.
pub(crate) async fn an_answer_of_another_makes_no_kid_final(world: World) {
    let [first, second] = [world.loaded().await, world.loaded().await];
    world.issuer.delay(Duration::from_millis(500));
    let stranger = Signer::es256("x");
    let errors = tokio::join!(world.verify(&first, &stranger), world.verify(&second, &stranger));
    let sure = [errors.0, errors.1].map(|outcome| !outcome.unwrap_err().is_retryable());
    // One that came a moment later than the other's fetch began has made its own.
    let fetches = 1 + sure.into_iter().filter(|sure| *sure).count();
    assert_eq!(world.issuer.fetches(), fetches);
}

pub(crate) async fn a_refresh_by_hand_takes_another_set_or_fetches(world: World) {
    let [first, second] = [world.loaded().await, world.loaded().await];
    cache(&first).refresh().await.unwrap();
    assert_eq!(world.issuer.fetches(), 2, "the set that is there is the one it has");
    let new = Signer::es256("k2");
    world.issuer.publish(&[&new]);
    // At most one a second.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    cache(&first).refresh().await.unwrap();
    assert_eq!(world.issuer.fetches(), 3);
    cache(&second).refresh().await.unwrap();
    assert_eq!(world.issuer.fetches(), 3);
    world.verify(&second, &new).await.unwrap();
    world.verify(&second, &world.key).await.unwrap_err();
}

pub(crate) async fn a_failure_is_shared_with_its_retry_after(world: World) {
    world.issuer.always(Reply::status(429).retry_after(30).delay(Duration::from_millis(300)));
    let fleet: Vec<_> = (0..10).map(|_| world.start()).collect();
    for verifier in &fleet {
        let budget = Duration::from_secs(1);
        let error = cache(verifier).ready(budget).await.unwrap_err();
        let failure = error.last_failure().expect("an attempt has failed");
        assert_eq!(failure.status(), Some(429));
        let retry_at = error.retry_at().expect("the issuer has said so");
        let left = retry_at.duration_since(std::time::SystemTime::now()).unwrap_or_default();
        assert!(left > Duration::from_secs(20), "{left:?}");
    }
    assert_eq!(world.issuer.fetches(), 1);
    let taken = |event: &Event| matches!(event, Event::TakenFailure);
    assert_eq!(world.events().iter().filter(|it| taken(it)).count(), 9);
}

/// An answer that one instance cannot use would keep the others from asking.
pub(crate) async fn an_unusable_answer_is_a_failure(world: World) {
    world.issuer.next(Reply::keys(r#"{"keys":[]}"#));
    world.loaded().await;
    assert_eq!(world.issuer.fetches(), 2);
    assert_eq!(ignored(&world), [], "it was not shared");
    world.loaded().await;
    assert_eq!(world.issuer.fetches(), 2);
}

pub(crate) async fn the_holder_asks_without_condition(world: World) {
    world.issuer.always(Reply::published().tagged());
    let policy = policy()
        .interval(Duration::from_millis(1000))
        .min_refresh_interval(Duration::from_millis(100))
        .conditional_requests(true);
    let verifier = world.start_with(world.sharing(), policy);
    cache(&verifier).ready(LONG).await.unwrap();
    world.until(|| world.issuer.fetches() >= 3).await;
    for request in world.issuer.requests() {
        assert_eq!(request.header("if-none-match"), None);
    }
}

/// The keys of one namespace, or of another MAC key, are nobody else's.
pub(crate) async fn namespaces_and_mac_keys_are_apart(world: World) {
    world.loaded().await;
    world.loaded_with(world.sharing().namespace("other")).await;
    assert_eq!(world.issuer.fetches(), 2);
    assert!(world.events().is_empty(), "nothing was there");
    world.loaded_with(world.sharing().mac_keys([mac_key(2)])).await;
    assert_eq!(world.issuer.fetches(), 3);
    assert_eq!(ignored(&world), [Ignored::Tag]);
    // Rotation: both are accepted, the first is used.
    world.loaded_with(world.sharing().mac_keys([mac_key(3), mac_key(2)])).await;
    assert_eq!(world.issuer.fetches(), 3);
}

pub(crate) async fn nothing_planted_is_believed(world: World, redis: &impl Redis) {
    let evil = Signer::es256("k1");
    let forged = jwks_testkit::jwk_set(&[&evil]);
    // As the attacker's own instance would write it, with a key of its own, or with none.
    let mut written = Vec::new();
    for keys in [vec![mac_key(9)], vec![]] {
        redis.flush();
        world.issuer.publish(&[&evil]);
        world.loaded_with(world.sharing().mac_keys(keys)).await;
        written.push(published(&world, redis).await);
    }
    redis.flush();
    world.issuer.publish(&[&world.key]);
    world.loaded().await;
    let sound = published(&world, redis).await;
    let mut changed = sound.clone();
    changed[40] ^= 1;
    let huge = vec![b'x'; 10 << 20];
    let plants: [(Ignored, &[u8]); 8] = [
        (Ignored::Tag, &written[0]),
        (Ignored::Tag, &written[1]),
        (Ignored::Tag, &changed),
        (Ignored::Tag, &sound[..sound.len() - 1]),
        (Ignored::Malformed, &sound[..20]),
        (Ignored::Malformed, forged.as_bytes()),
        (Ignored::Malformed, b"no record at all"),
        (Ignored::TooLong, &huge),
    ];
    world.events();
    for (why, bytes) in plants {
        let before = world.issuer.fetches();
        redis.plant(":answer", bytes);
        let verifier = believes_nothing(&world).await;
        assert_eq!((world.issuer.fetches() - before, ignored(&world)), (1, vec![why]));
        world.until(|| redis.get(":answer").is_some_and(|it| it != bytes)).await;
        // It asks again, for a key that fits: by then the value is replaced.
        world.verify(&verifier, &evil).await.unwrap_err();
        assert_eq!(ignored(&world), []);
        idle(&world, redis).await;
    }
    let before = world.issuer.fetches();
    redis.plant_list(":answer");
    believes_nothing(&world).await;
    assert_eq!((world.issuer.fetches() - before, ignored(&world)), (1, vec![Ignored::WrongType]));
    published(&world, redis).await;
    // What stands in place of a failure, of a lock, and of the counter.
    let before = world.issuer.fetches();
    for (end, bytes) in [(":failure", &written[0]), (":lock", &written[0]), (":number", &huge)] {
        redis.plant(":answer", b"");
        redis.plant(end, bytes);
    }
    believes_nothing(&world).await;
    assert_eq!(world.issuer.fetches() - before, 1);
    assert_eq!(ignored(&world), [Ignored::Tag]);
}

async fn believes_nothing(world: &World) -> Verifier {
    let verifier = world.loaded().await;
    world.verify(&verifier, &world.key).await.unwrap();
    verifier
}

/// An old value is put back: it is not taken by whoever has seen a newer one.
pub(crate) async fn an_old_value_put_back_is_not_believed(world: World, redis: &impl Redis) {
    let verifier = world.loaded().await;
    let old = published(&world, redis).await;
    let new = Signer::es256("k2");
    world.issuer.publish(&[&new]);
    cache(&verifier).refresh().await.unwrap();
    world.until(|| redis.get(":answer").is_some_and(|it| it != old)).await;
    redis.plant(":answer", &old);
    world.events();
    let before = world.issuer.fetches();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    cache(&verifier).refresh().await.unwrap();
    assert_eq!(ignored(&world), [Ignored::Number]);
    world.verify(&verifier, &new).await.unwrap();
    world.verify(&verifier, &world.key).await.unwrap_err();
    assert!(world.issuer.fetches() > before);
    world.until(|| redis.get(":answer").is_some_and(|it| it != old)).await;
}

/// Redis counts from the beginning; numbers go on from those that are known.
pub(crate) async fn a_flush_costs_a_fetch_and_no_more(world: World, redis: &impl Redis) {
    let verifier = world.loaded().await;
    for n in 0..3 {
        if n > 0 {
            tokio::time::sleep(Duration::from_millis(1100)).await;
        }
        cache(&verifier).refresh().await.unwrap();
    }
    idle(&world, redis).await;
    redis.flush();
    let before = world.issuer.fetches();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    cache(&verifier).refresh().await.unwrap();
    published(&world, redis).await;
    world.loaded().await;
    assert_eq!(world.issuer.fetches() - before, 1);
    assert_eq!(redis.get(":number").unwrap(), b"5");
    assert_eq!(ignored(&world), []);
}

/// An answer is given to the others after it was given to its own instance.
async fn idle(world: &World, redis: &impl Redis) {
    world.until(|| redis.get(":lock").is_none()).await;
}

/// What stands there, once it does.
async fn published(world: &World, redis: &impl Redis) -> Vec<u8> {
    world.until(|| redis.get(":answer").is_some_and(|it| !it.is_empty())).await;
    idle(world, redis).await;
    redis.get(":answer").unwrap()
}

fn ignored(world: &World) -> Vec<Ignored> {
    let why = |event| match event {
        Event::Ignored { why, .. } => Some(why),
        _ => None,
    };
    world.events().into_iter().filter_map(why).collect()
}

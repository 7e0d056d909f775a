//! Over the fake: all that holds over any Redis, and what only a bad one does.

use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use jwks_redis::{Event, Trouble};
use tokio::time::Instant;

use crate::fake::{Fake, Humour};
use crate::scenarios::{self, Redis};
use crate::world::{LONG, World, cache, mac_key, policy};

impl Redis for Fake {
    fn get(&self, end: &str) -> Option<Vec<u8>> {
        Self::get(self, end)
    }

    fn plant(&self, end: &str, bytes: &[u8]) {
        Self::plant(self, end, bytes);
    }

    fn plant_list(&self, end: &str) {
        Self::plant_list(self, end);
    }

    fn flush(&self) {
        Self::flush(self);
    }
}

macro_rules! over_the_fake {
    ($($name:ident),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let fake = Fake::start().await;
            scenarios::$name(World::new(fake.url())).await;
        }
    )*};
    (with $($name:ident),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let fake = Fake::start().await;
            scenarios::$name(World::new(fake.url()), &fake).await;
        }
    )*};
}

over_the_fake![
    a_failure_is_shared_with_its_retry_after,
    a_refresh_by_hand_takes_another_set_or_fetches,
    a_rotation_is_found_with_one_fetch,
    a_set_that_lacks_the_kid_is_followed_by_a_fetch,
    all_start_with_one_fetch,
    an_answer_of_another_makes_no_kid_final,
    an_unusable_answer_is_a_failure,
    namespaces_and_mac_keys_are_apart,
    the_holder_asks_without_condition,
];

over_the_fake![with
    a_flush_costs_a_fetch_and_no_more,
    an_old_value_put_back_is_not_believed,
    nothing_planted_is_believed,
];

/// The keys come, within the same attempt, and that Redis is away is told once.
async fn fetches_directly(fake: &Fake, time_limit: Duration) -> Trouble {
    let mut world = World::new(fake.url());
    world.time_limit = time_limit;
    let verifier = world.loaded().await;
    world.verify(&verifier, &world.key).await.unwrap();
    world.loaded().await;
    assert_eq!(world.issuer.fetches(), 2);
    let events = world.events();
    // One each: each instance has an observer's state of its own.
    let [Event::Away { trouble: first, .. }, Event::Away { trouble: second, .. }] = &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!(first, second);
    first.clone()
}

#[tokio::test]
async fn a_silent_redis_costs_its_time_limit() {
    let fake = Fake::start().await;
    for humour in [Humour::Silent, Humour::SilentAfter(1), Humour::SilentAfter(3)] {
        fake.be(humour);
        let trouble = fetches_directly(&fake, Duration::from_millis(50)).await;
        assert_eq!(trouble, Trouble::Timeout);
    }
}

#[tokio::test]
async fn a_redis_that_is_not_there_costs_nothing() {
    let fake = Fake::start().await;
    fake.be(Humour::Closes);
    let trouble = fetches_directly(&fake, Duration::from_secs(2)).await;
    assert!(matches!(trouble, Trouble::Connection(_) | Trouble::Nonsense), "{trouble:?}");
}

#[tokio::test]
async fn nonsense_is_no_answer() {
    let fake = Fake::start().await;
    for bytes in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        b"\x15\x03\x01\x00\x02\x02\x50",
        b":1\r\n",
        b"*0\r\n",
        b"*2000000000\r\n",
        b"*-5\r\n",
        b"%1000000000\r\n",
        b"$-1000\r\n",
        b"$99999999999999999999\r\n",
        b"-NOAUTH Authentication required.\r\n",
        b"-LOADING Redis is loading the dataset in memory\r\n",
    ] {
        fake.be(Humour::Says(bytes.to_vec()));
        fetches_directly(&fake, Duration::from_millis(300)).await;
    }
}

/// Ten megabytes in answer to anything: neither read to the end, nor kept.
#[tokio::test]
async fn too_much_is_not_read() {
    let fake = Fake::start().await;
    fake.be(Humour::Bulk(64 << 20));
    let trouble = fetches_directly(&fake, Duration::from_secs(2)).await;
    assert_eq!(trouble, Trouble::Excess);
    // Two instances, and what the sockets' buffers hold besides.
    assert!(fake.sent() < 32 << 20, "{}", fake.sent());
}

#[tokio::test]
async fn a_read_only_redis_is_read() {
    let fake = Fake::start().await;
    let world = World::new(fake.url());
    world.loaded().await;
    world.until(|| fake.get(":answer").is_some()).await;
    fake.be(Humour::ReadOnly);
    world.loaded().await;
    assert_eq!(world.issuer.fetches(), 1);
    fake.flush();
    let trouble = fetches_directly(&fake, Duration::from_secs(2)).await;
    assert!(trouble.to_string().starts_with("redis refused: READONLY"), "{trouble}");
}

#[tokio::test]
async fn away_and_back_are_told_once() {
    let fake = Fake::start().await;
    let world = World::new(fake.url());
    let verifier = world.loaded().await;
    let again = async |humour| {
        fake.be(humour);
        // At most one by hand a second.
        tokio::time::sleep(Duration::from_millis(1050)).await;
        cache(&verifier).refresh().await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    again(Humour::Closes).await;
    again(Humour::Closes).await;
    assert!(matches!(world.events()[..], [Event::Away { .. }]));
    again(Humour::Well).await;
    again(Humour::Well).await;
    assert_eq!(world.events(), [Event::Back]);
    again(Humour::ReadOnly).await;
    again(Humour::ReadOnly).await;
    assert!(matches!(world.events()[..], [Event::Away { .. }]));
    again(Humour::Well).await;
    assert_eq!(world.events(), [Event::Back]);
}

/// A lock of nobody, which lasts for ever: its forger cannot keep it alive.
#[tokio::test]
async fn a_silent_holder_costs_the_time_limit() {
    let fake = Fake::start().await;
    let mut world = World::new(fake.url());
    world.loaded().await;
    world.until(|| fake.get(":answer").is_some()).await;
    world.time_limit = Duration::from_millis(100);
    for ends in [&[":lock"][..], &[":lock", ":lock2"]] {
        fake.plant(":answer", b"");
        for end in ends {
            fake.plant(end, b"held");
        }
        let (before, begin) = (world.issuer.fetches(), Instant::now());
        world.loaded().await;
        assert_eq!(world.issuer.fetches() - before, 1);
        // It waits as long as it must, and goes on by itself.
        assert!(begin.elapsed() >= Duration::from_millis(60), "{:?}", begin.elapsed());
    }
}

/// Its instance ended in the middle of its fetch: the next takes over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_that_ends_is_followed() {
    let fake = Fake::start().await;
    let mut world = World::new(fake.url());
    world.time_limit = Duration::from_millis(500);
    let gate = jwks_testkit::Gate::new();
    world.issuer.next(jwks_testkit::Reply::published().held(&gate));
    let first = world.start();
    world.until(|| world.issuer.fetches() == 1).await;
    let second = world.start();
    world.until(|| fake.count("INCR") == 1 && fake.count("SET") > 2).await;
    drop(first);
    cache(&second).ready(LONG).await.unwrap();
    assert_eq!(world.issuer.fetches(), 2);
    gate.open();
}

/// The same secret is needed to read what others have written.
#[tokio::test]
async fn settings_that_cannot_work_are_refused() {
    let builder = || jwks_redis::Shared::builder("redis://localhost");
    for (builder, text) in [
        (builder().namespace(""), "the namespace must be"),
        (builder().namespace("a:b"), "the namespace must be"),
        (builder().namespace("a".repeat(65)), "the namespace must be"),
        (builder().time_limit(Duration::ZERO), "`time_limit` is 0 ms: it must be"),
        (builder().time_limit(Duration::from_secs(11)), "`time_limit` is 11000 ms"),
        (builder().serve_for(Duration::ZERO), "`serve_for` must be"),
        (builder().mac_keys((0..9).map(mac_key)), "there are 9 MAC keys"),
        (jwks_redis::Shared::builder("http://localhost"), "the redis URL must be like"),
        (jwks_redis::Shared::builder("rediss://a:secret@b/#insecure"), "the redis URL asks for"),
    ] {
        let shown = format!("{builder:?}");
        let error = builder.build().unwrap_err().to_string();
        assert!(error.starts_with(text) && !error.contains("secret"), "{error}");
        assert!(!shown.contains("secret") && !shown.contains("localhost"), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_to_credentials_are_shared_only_if_that_is_said() {
    let fake = Fake::start().await;
    let world = World::new(fake.url());
    let start = async |sharing: jwks_redis::Builder, token: &'static str| {
        let headers = async move || {
            let value = HeaderValue::from_static(token);
            Ok::<_, std::convert::Infallible>(HeaderMap::from_iter([(AUTHORIZATION, value)]))
        };
        let like = |issuer: jwks_tokio::Issuer| issuer.headers_with(headers);
        let verifier = world.start_like(sharing, policy(), like);
        cache(&verifier).ready(LONG).await.unwrap();
    };
    start(world.sharing(), "Bearer one").await;
    start(world.sharing(), "Bearer two").await;
    assert_eq!(world.issuer.fetches(), 2);
    // Nor does one without take what was given to one with.
    let plain = world.loaded().await;
    assert_eq!(world.issuer.fetches(), 3);
    start(world.sharing(), "Bearer three").await;
    assert_eq!(world.issuer.fetches(), 4);
    drop(plain);

    world.until(|| fake.get("").is_some()).await;
    start(world.sharing().share_with_headers(), "Bearer four").await;
    assert_eq!(world.issuer.fetches(), 4);
}

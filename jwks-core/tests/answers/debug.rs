//! The query of a URL may be a secret: no `Debug` shows it.

use std::fmt::Debug;
use std::time::UNIX_EPOCH;

use http::Response;
use jwks_core::adapter::{Action, Env, Start};
use jwks_core::cache::{Event, KeyCache, SavedKeys, Source};
use jwks_core::verify::{Issuer, Verifier};

use crate::built::built;
use crate::world::{World, keys, policy, set_of};

const SECRET: &str = "c2VjcmV0";

fn check(what: &str, value: &dyn Debug) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        assert!(!text.contains(SECRET), "{what}: {text}");
    }
}

fn everything(world: &mut World, what: &str) {
    check(what, &world.driver);
    check(what, &world.cache);
    check(what, &world.status());
    check(what, &world.cache.export());
    let poll = world.driver.poll(jwks_core::refresh::Time::ZERO);
    check(what, &poll);
    let Action::Fetch(fetch) = poll else { panic!("a fetch is due") };
    assert!(fetch.request.uri().query().is_none_or(|query| query.contains(SECRET)));
    check(what, &fetch);
    assert!(format!("{fetch:?}").contains("example.com/"), "where it goes is shown");
    check(what, &fetch.reply);
    check(what, &world.driver);
    drop(fetch);
    check("a reply in the inbox", &world.cache);
    check("a reply in the inbox", &world.driver);
}

#[test]
fn of_a_source_with_a_query() {
    let url = format!("https://id.example.com/keys?token={SECRET}");
    let source = || Source::jwks_uri(&url).unwrap();
    check("source", &source());
    check("source builder", &Source::builder().user_agent("mine"));
    check("cache builder", &KeyCache::builder(source()).wall_clock(|| UNIX_EPOCH));
    everything(&mut World::of(policy(), source()), "jwks_uri");
    let mut world = World::of(policy(), source());
    world.load(keys(&["a"]));
    let saved = world.cache.export().unwrap();
    check("saved keys", &saved);
    assert!(!serde_json::to_string(&saved).unwrap().contains(SECRET));
    assert!(!serde_json::to_string(&world.status()).unwrap().contains(SECRET));
    check("driver that holds keys", &world.driver);
    // Of another query: refused, and the refusal shows neither.
    let other = Source::jwks_uri("https://id.example.com/keys?token=other").unwrap();
    let mut world = World::of(policy(), other);
    let saved = SavedKeys::from_json(serde_json::to_string(&saved).unwrap()).unwrap();
    let error = world.driver.hydrate(&saved).unwrap_err();
    check("hydrate error", &error);
    assert!(!error.to_string().contains(SECRET));
    for bad in ["http://id.example.com/", "https://u:c2VjcmV0@id.example.com/", "https://[c2VjcmV0"]
    {
        let error = Source::jwks_uri(format!("{bad}?{SECRET}")).unwrap_err();
        check("source error", &error);
    }
}

#[test]
fn of_a_discovered_place_with_a_query() {
    let place = format!("https://keys.example.com/1?token={SECRET}");
    let document = |jwks_uri: &str| {
        let body = format!(r#"{{"issuer":"https://id.example.com","jwks_uri":"{jwks_uri}"}}"#);
        Response::new(body)
    };
    let mut world = World::of(policy(), Source::discover("https://id.example.com").unwrap());
    world.fetch().reply.send(Ok(document(&place)));
    check("found in the inbox", &world.driver);
    everything(&mut world, "discovered");
    // What is refused in it is not shown either.
    let mut world = World::of(policy(), Source::discover("https://id.example.com").unwrap());
    world.fetch().reply.send(Ok(document(&format!("http://keys.example.com/?{SECRET}"))));
    world.waits();
    check("status", &world.status());
    check("driver", &world.driver);
    assert!(world.told().iter().all(|text| !text.contains(SECRET)));
}

#[test]
fn of_a_verifier() {
    let issuer = || {
        let url = format!("https://id.example.com/keys?token={SECRET}");
        Issuer::new("https://id.example.com").jwks_uri(url).any_audience()
    };
    check("issuer", &issuer());
    let builder = Verifier::builder().wall_clock(|| UNIX_EPOCH).issuer(issuer());
    check("verifier builder", &builder);
    let (verifier, drivers): (_, Vec<_>) = built(builder);
    check("verifier", &verifier);
    check("drivers", &drivers);
    let builder = Verifier::builder().wall_clock(|| UNIX_EPOCH).issuer(issuer()).issuer(issuer());
    check("issuer error", &builder.build(Env::new(|| UNIX_EPOCH)).unwrap_err());
}

#[test]
fn of_events() {
    let url = format!("https://id.example.com/keys?token={SECRET}");
    let mut world = World::of(policy(), Source::jwks_uri(&url).unwrap());
    let answers = [
        Response::builder().status(302).header("location", &url).body(String::new()).unwrap(),
        Response::builder().status(500).body(url.clone()).unwrap(),
        Response::new(format!("{{\"{url}\":")),
        Response::new(set_of(&["a"])),
    ];
    for answer in answers {
        let fetch = world.fetch();
        fetch.reply.send(Ok(answer));
        let pause = world.waits();
        world.pass(pause);
    }
    let events: Vec<Event> = world.events();
    assert!(events.len() > 8);
    for event in events {
        check("event", &event);
        assert!(!event.to_string().contains(SECRET), "{event}");
    }
}

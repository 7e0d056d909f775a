//! Where keys come from: the URL that a driver is told, a bundle, or a file of an earlier run.

use std::pin::pin;
use std::sync::mpsc;
use std::task;
use std::time::Duration;

use jwks_cognito::{
    AccessClaims, CognitoSettings, CognitoVerifier, Endpoint, IssuerType, Pool, SavedKeys,
};
use jwks_core::adapter::{Action, Env, Start};
use jwks_core::refresh::{Policy, Time};
use jwks_core::verify::ErrorKind;

use crate::support::{POOL, access, at, built, holding, key, now, settings, token, verifier};

/// The URL of the first fetch.
fn fetched(settings: CognitoSettings) -> String {
    let (_verifier, mut drivers) = built(CognitoVerifier::builder().pool(settings));
    let Action::Fetch(fetch) = drivers[0].poll(Time::ZERO) else { panic!("the load starts") };
    fetch.request.uri().to_string()
}

#[test]
fn keys_are_fetched_where_the_settings_say() {
    let host = |host: &str| format!("https://{host}.amazonaws.com/{POOL}/.well-known/jwks.json");
    assert_eq!(fetched(settings()), host("cognito-idp.eu-west-1"));
    assert_eq!(fetched(settings().endpoint(Endpoint::DualStack)), host("cognito-idp.eu-west-1"));
    let updated = settings().issuer_type(IssuerType::Updated);
    assert_eq!(fetched(updated), host("issuer-cognito-idp.eu-west-1"));
    let fips = CognitoSettings::new("us-east-1_a".parse().unwrap()).any_client();
    let uri = "https://cognito-idp-fips.us-east-1.amazonaws.com/us-east-1_a/.well-known/jwks.json";
    assert_eq!(fetched(fips.endpoint(Endpoint::Fips)), uri);
    let proxy = settings().jwks_uri("https://proxy.example.com/keys?k=1");
    assert_eq!(fetched(proxy), "https://proxy.example.com/keys?k=1");
    assert_eq!(fetched(settings().issuer("https://id.example.com")), host("cognito-idp.eu-west-1"));
}

#[test]
fn http_to_this_machine_has_to_be_allowed() {
    let local = settings().jwks_uri("http://127.0.0.1:5000/keys");
    let error = CognitoVerifier::builder()
        .pool(local.clone())
        .build(Env::new(now))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "jwks_url_template: the url is plain http to this machine, which has to be allowed: for an \
         emulator, with jwks_allow_loopback_http"
    );
    assert_eq!(fetched(local.allow_loopback_http()), "http://127.0.0.1:5000/keys");
}

#[test]
fn the_issuer_is_apart_from_the_key_url() {
    let emulated = settings().issuer("http://emulator/pool").jwks_uri("https://emulator/keys");
    let (verifier, _drivers) = verifier(emulated);
    let ours = token(&access(|claims| claims["iss"] = "http://emulator/pool".into()));
    assert!(verifier.try_verify::<AccessClaims>(&ours).is_ok());
    let genuine = verifier.try_verify::<AccessClaims>(&token(&access(|_| ())));
    assert_eq!(genuine.unwrap_err().kind(), ErrorKind::WrongIssuer);
    let proxied = settings().jwks_uri("https://proxy.example.com/keys");
    let (verifier, _drivers) = crate::support::verifier(proxied);
    assert!(verifier.try_verify::<AccessClaims>(&token(&access(|_| ()))).is_ok());
}

#[test]
fn keys_of_an_earlier_run_are_read_from_its_file() {
    let (first, _drivers) = verifier(settings());
    let file = serde_json::to_string(&first.caches().next().unwrap().export()).unwrap();
    let pool = Pool::from(settings()).hydrate(SavedKeys::from_json(file).unwrap());
    let (second, _drivers) = built(CognitoVerifier::builder().pool(pool));
    assert!(second.try_verify::<AccessClaims>(&token(&access(|_| ()))).is_ok());
}

#[test]
fn keys_that_are_too_old_stop_no_start() {
    let (later, two_days) = (1_700_000_000 + 2 * 86_400, Duration::from_secs(2 * 86_400));
    assert_eq!(at(later), now() + two_days);
    let (told, events) = mpsc::channel();
    let pool = holding(settings(), &key())
        .observer(move |event| told.send(event.kind().to_string()).unwrap());
    let builder = CognitoVerifier::builder().wall_clock(move || at(later)).pool(pool);
    let (_verifier, mut drivers) = built(builder);
    let event = events.try_recv().unwrap();
    assert_eq!(
        event,
        "started without the saved keys: the saved keys were confirmed 2days ago and are no longer \
         trusted: save them more often, or load newer ones"
    );
    assert!(matches!(drivers[0].poll(Time::ZERO), Action::Fetch(_)));
}

#[test]
fn the_cache_has_the_policy_and_the_observer() {
    let (told, events) = mpsc::channel();
    let policy = Policy::builder().max_body(1000).build().unwrap();
    let pool = Pool::from(settings().policy(policy))
        .label("customers")
        .observer(move |event| told.send(event.to_string()).unwrap());
    let (verifier, mut drivers) = built(CognitoVerifier::builder().pool(pool));
    let Action::Fetch(fetch) = drivers[0].poll(Time::ZERO) else { panic!("the load starts") };
    assert_eq!(fetch.max_body, 1000);
    let _waits = drivers[0].poll(Time::ZERO);
    assert_eq!(events.try_recv().as_deref(), Ok("customers: performing refresh (no keys)"));
    assert_eq!(verifier.status()[0].label, "customers");
}

#[test]
fn who_has_no_time_does_not_wait_for_keys() {
    let (verifier, _drivers) = built(CognitoVerifier::builder().pool(settings()));
    let token = token(&access(|_| ()));
    let within = |budget| {
        let mut cx = task::Context::from_waker(task::Waker::noop());
        let answer = pin!(verifier.verify_within::<AccessClaims>(&token, budget)).poll(&mut cx);
        answer.map(|answer| answer.unwrap_err().kind())
    };
    let unavailable = task::Poll::Ready(ErrorKind::Unavailable);
    assert_eq!(within(Duration::ZERO), unavailable);
    assert_eq!(within(Duration::from_secs(1)), task::Poll::Pending);
}

#[test]
fn without_keys_nothing_passes_and_it_is_nobodys_fault() {
    let (verifier, _drivers) = built(CognitoVerifier::builder().pool(settings()));
    let error = verifier.try_verify::<AccessClaims>(&token(&access(|_| ()))).unwrap_err();
    assert_eq!((error.kind(), error.is_caller_fault()), (ErrorKind::Unavailable, false));
    assert_eq!(error.status_code(), 503);
}

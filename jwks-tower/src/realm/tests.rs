use std::time::{Duration, UNIX_EPOCH};

use super::*;

fn challenge(realm: &Realm, refusal: &Refusal) -> String {
    realm.answer(refusal, UNIX_EPOCH).www_authenticate().expect("a challenge").to_owned()
}

fn orders() -> Realm {
    let api = ProtectedResource::new("https://a.example/x").unwrap();
    Realm::new("orders").unwrap().resource(&api).scopes(["r", "w"]).unwrap()
}

const META: &str =
    r#"resource_metadata="https://a.example/.well-known/oauth-protected-resource/x""#;

#[test]
fn a_challenge_says_what_the_table_says() {
    let realm = orders();
    for (refusal, status, expected) in [
        (Refusal::no_credential(), 401, r#"scope="r w", "#),
        (Refusal::other_scheme(), 401, r#"scope="r w", "#),
        (Refusal::invalid_request(""), 400, r#"error="invalid_request", "#),
        (Refusal::revoked(), 401, r#"error="invalid_token", scope="r w", "#),
        (Refusal::dpop(), 401, r#"error="invalid_token", scope="r w", "#),
        (Refusal::certificate(), 401, r#"error="invalid_token", scope="r w", "#),
        (Refusal::unchecked_binding(), 401, r#"error="invalid_token", scope="r w", "#),
        (
            Refusal::insufficient_scope(["w", "x"]),
            403,
            r#"error="insufficient_scope", scope="w x", "#,
        ),
        (Refusal::insufficient_scope([]), 403, r#"error="insufficient_scope", scope="r w", "#),
        (Refusal::forbidden(), 403, r#"error="insufficient_scope", "#),
        (
            Refusal::step_up(["gold", "silver"], Some(Duration::from_millis(60_900))),
            401,
            r#"error="insufficient_user_authentication", acr_values="gold silver", max_age="60", "#,
        ),
        (Refusal::step_up([], None), 401, r#"error="insufficient_user_authentication", "#),
    ] {
        let answer = realm.answer(&refusal, UNIX_EPOCH);
        assert_eq!(answer.status(), status, "{refusal}");
        let expected = format!(r#"Bearer realm="orders", {expected}{META}"#);
        assert_eq!(answer.www_authenticate(), Some(&*expected), "{refusal}");
    }
}

#[test]
fn a_challenge_always_has_a_parameter() {
    let bare = Realm::unnamed();
    assert_eq!(challenge(&bare, &Refusal::no_credential()), r#"Bearer realm="api""#);
    let api = ProtectedResource::new("https://a.example/x").unwrap();
    let by_url = bare.resource(&api);
    assert_eq!(challenge(&by_url, &Refusal::no_credential()), format!("Bearer {META}"));
}

#[test]
fn names_that_a_challenge_cannot_hold_are_refused() {
    for name in ["", "a\"b", "a\\", "a\n", "\u{e9}"] {
        assert!(Realm::new(name).is_err(), "{name:?}");
    }
    assert!(Realm::new("a realm, with = and ;").is_ok());
    for scope in ["", "a b", "\"", "\u{e9}"] {
        assert!(Realm::new("r").unwrap().scopes([scope]).is_err(), "{scope:?}");
    }
    // Those that are only known at run time are replaced.
    let refusal = Refusal::insufficient_scope(["a\"b", "c d"]);
    let expected = r#"Bearer realm="r", error="insufficient_scope", scope="a_b c_d""#;
    assert_eq!(challenge(&Realm::new("r").unwrap(), &refusal), expected);
}

#[test]
fn a_wait_is_told_in_seconds_and_milliseconds() {
    let wait = |nanos| {
        let refusal = Refusal::unavailable(Some(Duration::from_nanos(nanos)));
        let answer = orders().answer(&refusal, UNIX_EPOCH);
        assert_eq!((answer.status().as_u16(), answer.www_authenticate()), (503, None));
        (answer.retry_after_secs().unwrap(), answer.pushback_millis().unwrap())
    };
    assert_eq!(wait(0), (1, 1));
    assert_eq!(wait(1_000_000_000), (1, 1000));
    assert_eq!(wait(1_000_000_001), (2, 1001));
    let refusal = Refusal::unavailable(Some(Duration::MAX));
    let answer = orders().answer(&refusal, UNIX_EPOCH);
    assert_eq!(answer.retry_after_secs(), Some(u64::MAX));
    assert_eq!(answer.pushback_millis(), Some(i32::MAX as u32));
    let unknown = orders().answer(&Refusal::unavailable(None), UNIX_EPOCH);
    assert_eq!((unknown.retry_after_secs(), unknown.pushback_millis()), (None, None));
}

#[test]
fn both_protocols_say_the_same() {
    let answer = orders().answer(&Refusal::forbidden(), UNIX_EPOCH);
    let response = answer.to_response::<String>();
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers().len(), 2);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let response = answer.to_grpc_response::<String>();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["grpc-status"], "7");
    assert_eq!(response.headers()["grpc-message"], "the access token does not permit this");
    assert_eq!(response.headers()["content-type"], "application/grpc");
    assert_eq!(response.headers().len(), 3);
}

use serde::Deserialize;
use serde_json::{from_value, json};

use super::*;

/// As AWS's guide shows it, with what else there can be.
fn access() -> serde_json::Value {
    json!({
        "sub": "secret-sub", "device_key": "d", "cognito:groups": ["admin", "staff"],
        "iss": "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_example", "version": 2,
        "client_id": "secret-client", "origin_jti": "o", "event_id": "e", "token_use": "access",
        "scope": "phone openid orders/read", "auth_time": 1_676_313_851, "exp": 1_676_317_451,
        "iat": 1_676_313_851, "jti": "j", "username": "secret-name", "custom:tenant": "acme",
        "tenant": 7,
    })
}

fn id() -> serde_json::Value {
    json!({
        "sub": "secret-sub", "cognito:groups": ["admin"], "email_verified": true,
        "cognito:preferred_role": "r", "iss": "i", "cognito:username": "secret-name",
        "nonce": "n", "origin_jti": "o", "cognito:roles": ["r", "s"], "aud": "secret-client",
        "event_id": "e", "token_use": "id", "auth_time": 1, "exp": 2, "iat": 1, "jti": "j",
        "email": "secret@example.com", "custom:count": "5", "custom:list": [1, 2],
        "given_name": "G",
    })
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
struct Tenant {
    tenant: u8,
}

#[test]
fn an_access_token_is_read() {
    let claims: AccessClaims<Tenant> = from_value(access()).unwrap();
    assert_eq!((claims.sub.as_str(), claims.client_id.as_str()), ("secret-sub", "secret-client"));
    assert_eq!(claims.username.as_deref(), Some("secret-name"));
    assert_eq!(claims.origin_jti.as_deref(), Some("o"));
    assert_eq!(claims.event_id.as_deref(), Some("e"));
    assert_eq!((claims.exp, claims.auth_time), (1_676_317_451, Some(1_676_313_851)));
    assert_eq!((claims.version, claims.device_key.as_deref()), (Some(2), Some("d")));
    assert_eq!(claims.scopes().collect::<Vec<_>>(), ["phone", "openid", "orders/read"]);
    assert!(claims.has_scope("openid") && !claims.has_scope("open") && !claims.has_scope(""));
    assert!(claims.has_group("staff") && !claims.has_group("sta"));
    assert_eq!(claims.custom.get("tenant"), Some("acme"));
    assert_eq!(claims.extra, Tenant { tenant: 7 });
}

#[test]
fn an_id_token_is_read() {
    let claims: IdClaims = from_value(id()).unwrap();
    assert_eq!(claims.client_id(), "secret-client");
    assert_eq!(claims.username.as_deref(), Some("secret-name"));
    assert_eq!(
        (claims.email.as_deref(), claims.email_verified),
        (Some("secret@example.com"), Some(true))
    );
    assert_eq!((claims.preferred_role.as_deref(), claims.roles.len()), (Some("r"), 2));
    assert!(claims.has_group("admin") && !claims.has_group("staff"));
    assert_eq!(claims.custom.get("count"), Some("5"));
    assert_eq!(claims.custom.get_as::<Vec<u8>>("list"), Some(vec![1, 2]));
    assert_eq!((claims.custom.get("list"), claims.custom.get("none")), (None, None));
    assert_eq!(claims.custom.names().collect::<Vec<_>>(), ["count", "list"]);
}

#[test]
fn either_is_read_by_its_use() {
    let one: EitherClaims = from_value(access()).unwrap();
    let other: EitherClaims = from_value(id()).unwrap();
    for claims in [&one, &other] {
        assert_eq!((claims.sub(), claims.client_id()), ("secret-sub", "secret-client"));
        assert_eq!(claims.username(), Some("secret-name"));
        assert!(claims.has_group("admin") && !claims.is_machine_to_machine());
    }
    assert_eq!((one.token_use(), other.token_use()), (TokenUse::Access, TokenUse::Id));
    assert!(one.has_scope("openid") && !other.has_scope("openid"));
    let EitherClaims::Id(id_claims) = &other else { panic!("{other:?}") };
    assert_eq!(id_claims.custom.get("count"), Some("5"));
    let mut refresh = access();
    refresh["token_use"] = "refresh".into();
    assert!(from_value::<EitherClaims>(refresh).is_err());
}

#[test]
fn a_machine_has_no_name_and_is_its_client() {
    let machine = |change: fn(&mut serde_json::Value)| {
        let mut claims =
            json!({ "sub": "c", "client_id": "c", "iss": "i", "exp": 1, "scope": "a/b" });
        change(&mut claims);
        from_value::<AccessClaims>(claims).unwrap().is_machine_to_machine()
    };
    assert!(machine(|_| ()));
    assert!(!machine(|claims| claims["username"] = "u".into()));
    assert!(!machine(|claims| claims["sub"] = "s".into()));
}

#[test]
fn what_is_optional_may_be_missing() {
    let claims: AccessClaims =
        from_value(json!({ "sub": "c", "client_id": "c", "iss": "i", "exp": 1 })).unwrap();
    assert!(claims.groups.is_empty() && claims.scopes().next().is_none());
    for missing in ["sub", "client_id", "iss", "exp"] {
        let mut claims = access();
        claims.as_object_mut().unwrap().remove(missing);
        assert!(from_value::<AccessClaims>(claims).is_err(), "{missing}");
    }
    for missing in ["sub", "aud", "iss", "exp"] {
        let mut claims = id();
        claims.as_object_mut().unwrap().remove(missing);
        assert!(from_value::<IdClaims>(claims).is_err(), "{missing}");
    }
}

#[test]
fn the_debug_forms_show_no_value() {
    let access_claims: AccessClaims<Tenant> = from_value(access()).unwrap();
    let id_claims: IdClaims = from_value(id()).unwrap();
    let either: EitherClaims = from_value(id()).unwrap();
    let text = format!("{access_claims:?} {id_claims:?} {either:?} {:?}", id_claims.custom);
    assert!(!text.contains("secret") && !text.contains("acme") && !text.contains('7'), "{text}");
    assert!(text.contains("AccessClaims") && text.contains("\"count\""), "{text}");
}

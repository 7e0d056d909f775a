use std::collections::HashMap;

use serde_json::Value;

use super::*;
use crate::binding::Thumbprint;

fn read<T: DeserializeOwned>(json: &str) -> serde_json::Result<Arc<Read<T>>> {
    serde_json::from_str::<Access<T>>(json).map(|access| access.0)
}

fn seen<T: DeserializeOwned>(json: &str) -> Seen {
    read::<T>(json).expect("claims").seen.clone()
}

fn scopes(json: &str) -> Vec<String> {
    seen::<IgnoredClaims>(json).scopes.iter().map(str::to_owned).collect()
}

#[derive(Deserialize)]
struct IgnoredClaims {}

#[derive(Debug, Deserialize, PartialEq)]
struct Own {
    sub: String,
    scope: Option<String>,
    cnf: Option<Value>,
}

const ALL: &str = r#"{"sub":"s","scope":"a b","scp":["c"],"permissions":["d"],"acr":"gold",
    "auth_time":17.5,"cnf":{"jkt":"x"},"nested":{"scope":"e","cnf":null}}"#;

fn is_all(seen: &Seen) -> bool {
    seen.scopes.iter().collect::<Vec<_>>() == ["a", "b", "c", "d"]
        && seen.acr.iter().collect::<Vec<_>>() == ["gold"]
        && seen.auth_time == Some(17)
        && seen.binding == Binding::Other
}

/// What could hide `cnf` from the guard would make a bound token a free one.
#[test]
fn no_type_of_claims_hides_anything() {
    #[derive(Deserialize)]
    struct Newtype(#[expect(dead_code, reason = "only its shape matters")] Own);

    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Transparent(#[expect(dead_code, reason = "only its shape matters")] Own);

    #[derive(Deserialize)]
    struct Flat {
        #[serde(flatten)]
        #[expect(dead_code, reason = "only its shape matters")]
        rest: HashMap<String, Value>,
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        #[expect(dead_code, reason = "only its shape matters")]
        One(Own),
    }

    #[derive(Deserialize)]
    #[serde(tag = "sub")]
    enum Tagged {
        #[serde(rename = "s")]
        One {},
    }

    let all = [
        seen::<Own>(ALL),
        seen::<IgnoredClaims>(ALL),
        seen::<Value>(ALL),
        seen::<HashMap<String, Value>>(ALL),
        seen::<Option<Own>>(ALL),
        seen::<Box<Own>>(ALL),
        seen::<Newtype>(ALL),
        seen::<Transparent>(ALL),
        seen::<Flat>(ALL),
        seen::<Untagged>(ALL),
        seen::<Tagged>(ALL),
        seen::<serde::de::IgnoredAny>(ALL),
    ];
    for (number, seen) in all.iter().enumerate() {
        assert!(is_all(seen), "{number}");
    }
    // What cannot be shown to the guard is refused.
    assert!(serde_json::from_str::<Access<Box<RawValue>>>(ALL).is_err());
    assert!(serde_json::from_str::<Access<()>>(ALL).is_err());
    assert!(serde_json::from_str::<Access<Own>>("[]").is_err());
}

#[test]
fn the_claims_are_those_that_were_sent() {
    let json = r#"{"\u0073ub":"a\u0062","sc\u006fpe":"x \u0079","cnf":{"jkt":[1,{"a":"b"}]}}"#;
    let access = read::<Own>(json).unwrap();
    assert_eq!(access.claims, serde_json::from_str(json).unwrap());
    assert_eq!(access.claims.sub, "ab");
    assert_eq!(access.seen.scopes.iter().collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!(access.seen.binding, Binding::Other);
    let value = read::<Value>(ALL).unwrap();
    assert_eq!(value.claims, serde_json::from_str::<Value>(ALL).unwrap());
}

/// A string is handed on without a second parsing, and a type cannot tell.
#[test]
fn a_text_is_whatever_the_type_makes_of_it() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Level {
        Gold,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Newtype(String);

    #[derive(Deserialize)]
    struct Texts<A, S> {
        acr: A,
        scope: S,
    }

    fn same<A: DeserializeOwned + fmt::Debug + PartialEq>() {
        for json in [r#"{"acr":"gold","scope":"a b"}"#, r#"{"acr":"g\u006fld","scope":"a b"}"#] {
            let plain: Texts<A, Value> = serde_json::from_str(json).unwrap();
            let ours = read::<Texts<A, Value>>(json).unwrap();
            assert_eq!(ours.claims.acr, plain.acr);
            assert_eq!(ours.claims.scope, plain.scope);
            assert_eq!(ours.seen.acr.iter().next(), Some("gold"));
        }
    }
    same::<String>();
    same::<Option<String>>();
    same::<Option<Option<Newtype>>>();
    same::<Level>();
    same::<Option<Level>>();
    same::<Newtype>();
    same::<Value>();
    same::<Box<str>>();
    same::<serde::de::IgnoredAny>();
    type Raw = Texts<Box<RawValue>, String>;
    let json = r#"{"acr":"gold","scope":"a"}"#;
    let ours = read::<Raw>(json).unwrap();
    assert_eq!(ours.claims.acr.get(), "\"gold\"");
    for json in [r#"{"acr":"gold","scope":1}"#, r#"{"acr":1,"scope":"a"}"#] {
        assert!(serde_json::from_str::<Access<Texts<String, String>>>(json).is_err());
        assert!(serde_json::from_str::<Access<Texts<u8, u8>>>(json).is_err());
    }
}

#[test]
fn an_error_quotes_no_value() {
    let json = r#"{"sub":"s","scope":["secret"]}"#;
    let error = serde_json::from_str::<Access<Own>>(json).unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
    assert_eq!(error.classify(), serde_json::error::Category::Data);
}

#[test]
fn scopes_in_every_form() {
    assert_eq!(scopes(r#"{"scope":"a  b "}"#), ["a", "b"]);
    assert_eq!(scopes(r#"{"scp":"a b"}"#), ["a", "b"]);
    assert_eq!(scopes(r#"{"scope":["a","b"]}"#), ["a", "b"]);
    assert_eq!(scopes(r#"{"permissions":["a","b c",1,null,{"x":"d"},["e"],""]}"#), ["a"]);
    for none in ["null", "1", "true", "{}", r#"{"a":"b"}"#, "[]", "\"\"", "\" \"", "[[\"a\"]]"] {
        assert_eq!(scopes(&format!(r#"{{"scope":{none}}}"#)), [""; 0], "{none}");
    }
}

#[test]
fn a_binding_that_cannot_be_read_is_one() {
    let binding = |json: &str| seen::<IgnoredClaims>(&format!(r#"{{"cnf":{json}}}"#)).binding;
    assert_eq!(binding("null"), Binding::None);
    for other in ["{}", "[]", "\"\"", "1", "false", r#"{"x5t#S256":7}"#] {
        assert_eq!(binding(other), Binding::Other, "{other}");
    }
    let zero = format!(r#"{{"x5t#S256":"{}"}}"#, "A".repeat(43));
    assert_eq!(binding(&zero), Binding::Certificate(Box::new(Thumbprint::new([0; 32]))));
}

#[test]
fn a_time_or_context_of_another_type_is_none() {
    let seen = seen::<IgnoredClaims>;
    for other in ["null", "\"17\"", "-1", "[]", "true"] {
        assert_eq!(seen(&format!(r#"{{"auth_time":{other}}}"#)).auth_time, None, "{other}");
    }
    assert_eq!(seen(r#"{"auth_time":17}"#).auth_time, Some(17));
    for other in ["null", "1", "[\"gold\"]", "\"\"", "\"gold silver\""] {
        assert!(seen(&format!(r#"{{"acr":{other}}}"#)).acr.is_empty(), "{other}");
    }
}

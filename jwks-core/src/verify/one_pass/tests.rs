//! One pass and the obvious way come to the same.

mod careless;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;
use serde::Deserializer;
use serde_json::value::RawValue;

use super::super::Registered;
use super::super::expectations::{AudienceRule, Expectations};
use super::super::lenience::Lenience;
use super::super::templated::Allowed;
use super::*;
use crate::keys::base64url::encode;

const GOOD: &str = r#"{"iss":"https://id.example.com","sub":"s","aud":"my-api","exp":2000,"iat":1000,
    "nbf":1000,"jti":"j","scope":"read write","email_verified":true,"groups":["a",{"b":null}]}"#;

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "shown by its debug form")]
struct Typed {
    iss: String,
    exp: u64,
    #[serde(default)]
    aud: Option<String>,
    iat: Option<f64>,
    nbf: Option<i32>,
    sub: Option<String>,
    jti: Option<Cow<'static, str>>,
    scope: Option<String>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "shown by its debug form")]
struct Borrowing<'a> {
    #[serde(borrow)]
    iss: Cow<'a, str>,
    sub: Option<&'a str>,
    #[serde(borrow)]
    scope: Option<&'a RawValue>,
}

/// What it does not want it reads past, the claims that are checked among it.
#[derive(Debug, Deserialize)]
struct Nothing {}

/// Errors of its claims do not count.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "shown by its debug form")]
struct Lenient {
    #[serde(default, deserialize_with = "or_none")]
    exp: Option<u64>,
    #[serde(default, deserialize_with = "or_none")]
    sub: Option<u64>,
    #[serde(default, deserialize_with = "or_none")]
    aud: Option<Vec<u64>>,
    #[serde(default, deserialize_with = "or_none")]
    scope: Option<String>,
}

fn or_none<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    Ok(T::deserialize(value).ok())
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "shown by its debug form")]
struct Flat {
    iss: String,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "shown by its debug form")]
enum Either {
    Access { scope: String, exp: Option<u64> },
    Id { sub: String },
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "shown by its debug form")]
struct Raw<'a> {
    #[serde(borrow)]
    exp: Option<&'a RawValue>,
    #[serde(borrow)]
    aud: Option<&'a RawValue>,
    #[serde(borrow)]
    scope: &'a RawValue,
}

#[derive(Debug, Deserialize)]
struct Wrapped<T>(T);

fn expectations(required: &[&str], audience: bool) -> Expectations {
    let audience = match audience {
        true => AudienceRule::OneOf(vec!["my-api".into(), "our-api".into()]),
        false => AudienceRule::Any,
    };
    let expectations = Expectations::new("https://id.example.com", audience).unwrap();
    expectations.with_required(required.iter().copied())
}

/// Reads the payload as one type in both ways. True: in one pass.
fn both<'b, T: Deserialize<'b> + Debug>(token: &Token<'_, 'b>, expected: Expected<'_>) -> bool {
    let now = UNIX_EPOCH + Duration::from_secs(1500);
    let in_steps = in_steps::<T>(token, expected, now);
    let in_one = token.payload().ok().and_then(|payload| read::<T>(payload, expected, now));
    let Some((claims, expires)) = &in_one else { return false };
    let (other, other_expires) = in_steps.unwrap_or_else(|error| {
        panic!("one pass accepts what is refused as {error}: {:?}", token.payload())
    });
    assert_eq!(format!("{claims:?}"), format!("{other:?}"));
    assert_eq!(Some(*expires), other_expires);
    true
}

/// For each type whether it is read in one pass, with each of some expectations.
fn all(payload: &[u8]) -> Vec<bool> {
    let text = format!(".{}.", encode(payload));
    let mut room = vec![0; Token::room_for(&text, usize::MAX).unwrap()];
    let (token, _) = Token::parse(&text, &mut room).unwrap();
    let mut passes = Vec::new();
    for (required, audience) in [
        (&[][..], true),
        (&[], false),
        (&["scope"], false),
        (&["sub", "scope", "sub", "exp"], true),
        (&["a"; 65], true),
    ] {
        let expectations = expectations(required, audience);
        let expected = Expected::configured(&expectations);
        passes.extend(each(&token, expected));
    }
    let lenience = Lenience { any_sub: true, max_age: Some(AGE), svid: false, without_iss: true };
    let lenient = expectations(&[], true).with_lenience(lenience);
    passes.extend(each(&token, Expected::configured(&lenient)));
    passes
}

/// For each type whether it is read in one pass.
fn each(token: &Token<'_, '_>, expected: Expected<'_>) -> [bool; 15] {
    [
        both::<Typed>(token, expected),
        both::<Borrowing<'_>>(token, expected),
        both::<Nothing>(token, expected),
        both::<Lenient>(token, expected),
        both::<Flat>(token, expected),
        both::<Either>(token, expected),
        both::<Raw<'_>>(token, expected),
        both::<Wrapped<Wrapped<Registered>>>(token, expected),
        both::<Option<Registered>>(token, expected),
        both::<serde_json::Value>(token, expected),
        both::<BTreeMap<Cow<'_, str>, serde_json::Value>>(token, expected),
        both::<BTreeMap<String, serde::de::IgnoredAny>>(token, expected),
        both::<serde::de::IgnoredAny>(token, expected),
        both::<Box<RawValue>>(token, expected),
        both::<()>(token, expected),
    ]
}

const AGE: Duration = Duration::from_secs(300);

#[test]
fn usual_claims_are_read_in_one_pass() {
    let yes_and_no = |payload: &str| {
        let all = all(payload.as_bytes());
        all.chunks(15).map(|types| types.iter().map(|yes| u8::from(*yes)).collect()).collect()
    };
    // What a type reads in a way of its own, such as `Raw`, is left to the obvious way.
    let most: Vec<u8> = vec![1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0];
    let without_raw: Vec<u8> = vec![1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0];
    let none = vec![0; 15];
    let expected: Vec<_> =
        vec![most.clone(), most.clone(), without_raw.clone(), without_raw, none, most];
    assert_eq!(yes_and_no(GOOD), expected);
    let many = GOOD.replace(r#""my-api""#, r#"["x","our-api"]"#).replace(r#""nbf":1000,"#, "");
    let read: Vec<Vec<u8>> = yes_and_no(&many);
    assert_eq!((read[0][2], read[0][7], read[0][9]), (1, 1, 1));
}

#[test]
fn what_is_unusual_or_refused_is_not_read_in_one_pass() {
    for (one, other) in [
        (r#""iss":"https://id.example.com""#, r#""iss":"https://id.example.org""#),
        (r#""iss":"#, r#""is\u0073":"#),
        (r#""exp":2000"#, r#""exp":1500"#),
        (r#""exp":2000"#, r#""exp":2000.5"#),
        (r#""exp":2000"#, r#""exp":2e3"#),
        (r#""exp":2000"#, r#""exp":"2000""#),
        (r#""exp":2000"#, r#""exp":18446744073709551615"#),
        (r#""nbf":1000"#, r#""nbf":1501"#),
        (r#""nbf":1000"#, r#""nbf":[1000]"#),
        (r#""iat":1000"#, r#""iat":true"#),
        (r#""iat":1000"#, r#""iat":1e999"#),
        (r#""aud":"my-api""#, r#""aud":[["my-api"]]"#),
        (r#""aud":"my-api""#, r#""aud":["my-api",1]"#),
        (r#""aud":"my-api""#, r#""aud":["my-api",null]"#),
        (r#""aud":"my-api""#, r#""aud":{"my-api":1}"#),
        (r#""jti":"j""#, r#""jti":"j","jti":"j""#),
        (r#""jti":"j""#, r#""jti":"j","\u006ati":"j""#),
        (r#""jti":"j""#, r#""jti":["j"]"#),
        (r#""scope":"read write""#, r#""scope":"read write","scope":1"#),
        (r#"{"iss""#, r#"[{"iss""#),
        ("}]}", "}]} x"),
        ("}]}", "}]"),
    ] {
        let payload = GOOD.replacen(one, other, 1);
        assert_ne!(payload, GOOD, "{one}");
        assert!(!all(payload.as_bytes()).contains(&true), "{payload}");
    }
}

#[test]
fn a_time_of_issue_may_be_a_fraction() {
    for (iat, read) in
        [("1000.5", true), ("-1000.5", true), ("9e299", true), ("1e300", false), ("-2e300", false)]
    {
        let payload = GOOD.replace(r#""iat":1000"#, &format!(r#""iat":{iat}"#));
        assert_eq!(all(payload.as_bytes())[0], read, "{payload}");
    }
}

#[test]
fn a_sub_of_another_type_is_read_in_one_pass_only_where_it_is_allowed() {
    for sub in ["null", "1", "[1]", r#"{"a":1}"#, r#""\ud800""#] {
        let payload = GOOD.replace(r#""sub":"s""#, &format!(r#""sub":{sub}"#));
        let all = all(payload.as_bytes());
        assert!(!all[..75].contains(&true), "{payload}");
        // `Registered` reads text, which must be Unicode.
        assert!(all[75 + 2] && all[75 + 7] != sub.starts_with('"'), "{payload}");
    }
}

#[test]
fn what_is_required_must_not_be_null_whoever_reads_it() {
    for null in ["null", " null ", "\tnull"] {
        let payload = GOOD.replace(r#""read write""#, null);
        assert!(!all(payload.as_bytes())[30..75].contains(&true), "{payload}");
    }
    for other in ["true", "1", "1.5", r#""""#, "[]", r#"{"a":[null]}"#, r#""\u0061""#] {
        let payload = GOOD.replace(r#""read write""#, other);
        let all = all(payload.as_bytes());
        assert!(all[30 + 2] && all[30 + 9], "{payload}");
    }
}

/// Bytes changed here and there, the same in every run.
#[test]
fn payloads_with_changed_bytes_are_read_alike() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    const PIECES: [&str; 24] = [
        "\"",
        "\\",
        ",",
        ":",
        "{",
        "}",
        "[",
        "]",
        "0",
        "-",
        "e9",
        ".5",
        "null",
        "true",
        "\\u0061",
        "\\ud800",
        "\"exp\":2000,",
        "\"iss\":",
        "\"aud\":",
        "\u{e9}",
        " ",
        "\n",
        "\0",
        "99999999999",
    ];
    let mut read = 0;
    for _ in 0..3000 * usize::try_from(crate::proof::factor()).unwrap() {
        let mut payload = GOOD.as_bytes().to_vec();
        for _ in 0..=draw(3) {
            let at = draw(payload.len());
            let to = (at + draw(4)).min(payload.len());
            let new = match draw(4) {
                0 => vec![u8::try_from(draw(256)).unwrap()],
                1 => payload[to..(to + draw(9)).min(payload.len())].to_vec(),
                _ => PIECES[draw(PIECES.len())].into(),
            };
            payload.splice(at..to, new);
        }
        read += usize::from(all(&payload).contains(&true));
    }
    assert!(read > 100, "hardly any is read in one pass: {read}");
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(
        &[
            "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope", "a", "b", "", "\\u0061",
            "\\ud800", "iss\\n", "c", "d",
        ][..],
    )
}

fn value() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(
        &[
            "null",
            "true",
            "1",
            "-1",
            "-0",
            "0",
            "1500",
            "2000",
            "1e3",
            "2000.0",
            "1.7e308",
            "1e309",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551616",
            "-9223372036854775808",
            "\"\"",
            "\"a\"",
            "\"my-api\"",
            "\"our\\u002dapi\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"https:\\/\\/id.example.com\"",
            "\"\u{1f600}\"",
            "[]",
            "{}",
            "[\"my-api\"]",
            "[\"x\",\"my-api\"]",
            "[\"x\",\"y\"]",
            "[1]",
            "[[\"my-api\"]]",
            "{\"exp\":1,\"exp\":2}",
            "{\"a\":[{\"b\":null}]}",
            "01",
            "nul",
            "\"",
            "[1,]",
            "tru",
        ][..],
    );
    let deep =
        (0..140_usize).prop_map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    prop_oneof![12 => fixed.prop_map(str::to_owned), 1 => deep]
}

proptest! {
    #![proptest_config(crate::proof::draws(1024))]

    /// A payload that is good but for some members that come in its places.
    #[test]
    fn payloads_of_any_members_are_read_alike(
        changes in prop::collection::vec((name(), value(), any::<bool>(), any::<prop::sample::Index>()), 0..5),
        space in prop::sample::select(&["", " ", "\n", "\u{a0}"][..]),
        many in prop_oneof![9 => Just(0), 1 => 20..60_usize],
        end in prop::sample::select(&["", "", "", " ", "}", ",", "\0", "\u{feff}"][..]),
    ) {
        let good = [
            ("iss", "\"https://id.example.com\""), ("aud", "\"my-api\""), ("exp", "2000"),
            ("sub", "\"s\""), ("scope", "\"read\""), ("iat", "1000"),
        ];
        let mut members: Vec<(String, String)> =
            good.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        for (name, value, replaces, at) in changes {
            if replaces {
                members.retain(|(other, _)| other != name);
            }
            members.insert(at.index(members.len() + 1), (name.to_owned(), value));
        }
        members.extend((0..many).map(|i| (format!("m{i}"), "1".to_owned())));
        let members: Vec<_> =
            members.iter().map(|(name, value)| format!("\"{name}\"{space}:{value}")).collect();
        all(format!("{{{}}}{end}", members.join(",")).as_bytes());
    }
}

const TENANT: &str = "\"72f988bf-86f1-41af-91ab-2d7cd011db47\"";

fn of_many_tenants(allowed: Allowed) -> Expectations {
    let template = "https://id.example.com/{tenantid}/v2.0";
    let expectations = Expectations::new(template, AudienceRule::Any).unwrap();
    expectations.with_also(["https://sts.example.com/{tenantid}/"]).with_tenants(allowed)
}

#[test]
fn usual_claims_of_many_tenants_are_read_in_one_pass() {
    let iss = "https://id.example.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0";
    for payload in [
        format!(r#"{{"iss":"{iss}","tid":{TENANT},"exp":2000}}"#),
        format!(r#"{{"tid":{TENANT},"exp":2000,"iss":"{iss}"}}"#),
    ] {
        assert!(read_by_tenant(&payload, Allowed::Any), "{payload}");
        assert!(!read_by_tenant(&payload, Allowed::Where(Arc::new(|_| false))), "{payload}");
    }
}

fn read_by_tenant(payload: &str, allowed: Allowed) -> bool {
    let text = format!(".{}.", encode(payload.as_bytes()));
    let mut room = vec![0; Token::room_for(&text, usize::MAX).unwrap()];
    let (token, _) = Token::parse(&text, &mut room).unwrap();
    let expectations = of_many_tenants(allowed);
    let expected = Expected::configured(&expectations);
    both::<Typed>(&token, expected);
    both::<Lenient>(&token, expected);
    both::<Nothing>(&token, expected)
}

proptest! {
    #![proptest_config(crate::proof::draws(512))]

    /// Whatever `iss` and `tid` say.
    #[test]
    fn tenants_are_read_alike(
        members in prop::collection::vec(
            (prop::sample::select(&["iss", "tid", "exp", "\\u0074id", "a"][..]), prop::sample::select(&[
                "\"https://id.example.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0\"",
                "\"https:\\/\\/id.example.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0\"",
                "\"https://sts.example.com/72f988bf-86f1-41af-91ab-2d7cd011db47/\"",
                "\"https://sts.example.com/72f988bf-86f1-41af-91ab-2d7cd011db48/\"",
                "\"https://id.example.com/{tenantid}/v2.0\"", TENANT,
                "\"72F988BF-86F1-41AF-91AB-2D7CD011DB47\"", "\"72f988bf\\u002d86f1-41af-91ab-2d7cd011db47\"",
                "null", "1", "2000", "[]",
            ][..])),
            0..5,
        ),
        any in any::<bool>(),
    ) {
        let members: Vec<_> =
            members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let allowed = if any { Allowed::Any } else { Allowed::Where(Arc::new(|id| id.ends_with('7'))) };
        read_by_tenant(&format!("{{{},\"exp\":2000}}", members.join(",")), allowed);
    }
}

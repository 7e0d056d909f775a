//! The core reads claims in one pass, or in steps where something is unusual or a check looks at
//! them: the guard sees the same in both ways, in whatever a signed payload says.

use std::fmt::Debug;

use jwks_core::verify::{Call, Registered, Verifier};
use jwks_testkit::{InMemory, Signer};
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Access;

#[derive(Debug, Deserialize)]
struct Nothing {}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "shown by its debug form")]
struct Own {
    scope: Option<Value>,
    cnf: Option<Value>,
    acr: Option<String>,
}

struct Ways {
    one_pass: Verifier,
    in_steps: Call,
    signer: Signer,
    /// The members that a good token has, without braces.
    good: String,
    _world: InMemory,
}

impl Ways {
    fn new() -> Self {
        let signer = Signer::eddsa("key");
        let mut world = InMemory::new();
        let issuer = world.issuer_with("https://id.example.com", signer.clone());
        let one_pass = world.verifier([issuer.configured()]);
        let in_steps = one_pass.call().check(|_| Ok(()));
        let good = issuer.token().claims().to_string();
        let good = good.trim_matches(['{', '}']).to_owned();
        Self { one_pass, in_steps, signer, good, _world: world }
    }

    /// Whether it is accepted.
    fn agree<T: DeserializeOwned + Debug>(&self, payload: &str) -> bool {
        let header = self.signer.header().to_string();
        let token = self.signer.sign_bytes(header.as_bytes(), payload.as_bytes());
        let one = self.one_pass.try_verify::<Access<T>>(&token);
        let other = self.in_steps.try_verify::<Access<T>>(&token);
        match (&one, &other) {
            (Ok(one), Ok(other)) => {
                let (one, other) = (&one.claims().0, &other.claims().0);
                assert!(one.seen == other.seen, "{payload}");
                // The members of maps are in order here.
                assert_eq!(format!("{:?}", one.claims), format!("{:?}", other.claims), "{payload}");
            }
            (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string(), "{payload}"),
            _ => panic!("{:?} and {:?}: {payload}", one.err(), other.err()),
        }
        one.is_ok()
    }

    fn all(&self, payload: &str) -> usize {
        let all = [
            self.agree::<Nothing>(payload),
            self.agree::<Own>(payload),
            self.agree::<Registered>(payload),
            self.agree::<Value>(payload),
        ];
        all.into_iter().filter(|accepted| *accepted).count()
    }
}

fn member() -> impl Strategy<Value = (&'static str, String)> {
    let name = prop::sample::select(
        &[
            "scope",
            "scp",
            "permissions",
            "cnf",
            "acr",
            "auth_time",
            "sc\\u006fpe",
            "\\u0063nf",
            "sub",
            "jti",
            "a",
            "\\ud800",
        ][..],
    );
    let value = prop::sample::select(
        &[
            "null",
            "true",
            "0",
            "17",
            "17.5",
            "-1",
            "1e999",
            "18446744073709551616",
            "\"\"",
            "\"a b\"",
            "\"a\\u0020b\"",
            "\"\\ud800\"",
            "\"gold\"",
            "\"\u{e9}\\n\"",
            "[]",
            "{}",
            "[\"a\",\"b c\",1,null]",
            "[\"\\ud800\"]",
            "[[\"a\"]]",
            "[1e999]",
            "01",
            "[1,]",
            r#"{"a":1}"#,
            r#"{"a":1,"a":2}"#,
            r#"{"a":1e999}"#,
            r#"{"\ud800":1}"#,
            r#"{"jkt":"x"}"#,
            r#"{"x5t#S256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#,
            r#"{"\u00785t#S256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#,
            r#"{"x5t#S256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","a":[{"cnf":null}]}"#,
            r#"{"x5t#S256":1,"a":2}"#,
        ][..],
    );
    let deep = (100..140_usize).prop_map(|it| format!("{}{}", "[".repeat(it), "]".repeat(it)));
    (name, prop_oneof![12 => value.prop_map(str::to_owned), 1 => deep])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_guard_sees_the_same_in_both_ways(
        members in prop::collection::vec(member(), 0..5),
        space in prop::sample::select(&["", " ", "\n"][..]),
        first in any::<bool>(),
    ) {
        thread_local!(static WAYS: Ways = Ways::new());
        WAYS.with(|ways| {
            let good = &ways.good;
            let more: String =
                members.iter().map(|(name, value)| format!("{space}\"{name}\"{space}:{value},")).collect();
            let payload = match first {
                true => format!("{{{more}{good}}}"),
                false => format!("{{{good},{}}}", more.strip_suffix(',').unwrap_or("\"z\":0")),
            };
            ways.all(&payload);
        });
    }
}

#[test]
fn what_is_compared_is_accepted() {
    let ways = Ways::new();
    let payload = format!(r#"{{{},"scope":"a","cnf":{{"a":1,"a":2}}}}"#, ways.good);
    assert_eq!(ways.all(&payload), 4);
}

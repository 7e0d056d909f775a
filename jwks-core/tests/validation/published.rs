//! Key sets as issuers really publish them, each with a token by its key: `tests/inputs/key-sets`.
//!
//! `cases.json` there says for which issuer each token is, and what must come of it.

use std::error::Error as StdError;
use std::path::PathBuf;

use jwks_core::cache::Source;
use jwks_core::keys::{KeyLimits, KeySet};
use jwks_core::verify::{ErrorKind, Issuer};
use serde_json::Value;

use crate::service::Service;
use crate::signer::P256;

/// One test for each case, by its name.
macro_rules! cases {
    (accepted: $($accepted:ident)*; refused: $($refused:ident $reason:literal)*;) => {
        $(#[test]
        fn $accepted() {
            Case::named(stringify!($accepted)).is_accepted();
        })*
        $(#[test]
        fn $refused() {
            Case::named(stringify!($refused)).is_refused($reason);
        })*
        const TESTED: &[&str] = &[$(stringify!($accepted),)* $(stringify!($refused),)*];
    };
}

cases! {
    accepted:
        bom
        ec_long_x
        ec_short_x
        key_issuer_template
        key_ops_empty
        kid_null
        members_null
        padded
        private_null
        rsa_sign_octet
        standard_alphabet
        use_empty;
    refused:
        ec_long_nonzero "key 0 `a`: `x` has the wrong length"
        jwt_svid "key 0 `a`: `use` is `jwt-svid`"
        private_set "key 0 `a`: private material";
}

/// The set can be used, but its key not for this token.
#[test]
fn key_of_another_issuer() {
    let case = Case::named("key-of-another-issuer");
    assert_eq!(case.expect, "refused");
    let service = Service::of(case.issuer(), case.set.clone(), NOW);
    assert_eq!(service.kind(&case.token), Err(ErrorKind::NoUsableKey));
    let keys = KeySet::parse(&case.set, &KeyLimits::default()).expect("a key set");
    let reason = keys.skipped_kid("a").expect("a reason").to_string();
    assert!(reason.contains("issuer `https://id.example.com/other`"), "{reason}");
}

#[test]
fn jwt_svid_where_spiffe_is_asked_for() {
    let case = Case::named("jwt-svid");
    let spiffe = Service::of(case.of_bundle(), case.set.clone(), NOW);
    spiffe.verify(&case.token).expect("an accepted token");
    // Where it is asked for, no other keys are used.
    let other = Case::named("use-empty");
    let spiffe = Service::of(other.of_bundle(), other.set.clone(), NOW);
    let error = spiffe.verify(&other.token).expect_err("a refused token");
    assert_eq!(error.kind(), ErrorKind::NoUsableKey, "{}", chain(&error));
}

#[test]
fn each_case_has_a_test() {
    let mut names: Vec<_> = cases().iter().map(|case| text(case, "name")).collect();
    assert_eq!(names.len(), TESTED.len() + 1);
    names.retain(|name| !TESTED.contains(&name.replace('-', "_").as_str()));
    assert_eq!(names, ["key-of-another-issuer"]);
}

struct Case {
    expect: String,
    iss: String,
    audience: String,
    set: Vec<u8>,
    token: String,
}

impl Case {
    fn named(name: &str) -> Self {
        let name = name.replace('_', "-");
        let case = cases().into_iter().find(|case| text(case, "name") == name).expect("the case");
        Self {
            expect: text(&case, "expect"),
            iss: text(&case, "issuer"),
            audience: text(&case, "audience"),
            set: read(&format!("{name}.json")),
            token: String::from_utf8(read(&format!("{name}.jwt"))).expect("text").trim_end().into(),
        }
    }

    fn issuer(&self) -> Issuer {
        let uri = "https://id.example.com/keys";
        Issuer::new(&*self.iss).jwks_uri(uri).audience(&*self.audience)
    }

    fn of_bundle(&self) -> Issuer {
        let source = Source::builder().spiffe().jwks_uri("https://id.example.com/keys");
        Issuer::new(&*self.iss).source(source.expect("a source")).audience(&*self.audience)
    }

    fn is_accepted(&self) {
        assert_eq!(self.expect, "accepted");
        let service = Service::of(self.issuer(), self.set.clone(), NOW);
        service.verify(&self.token).expect("an accepted token");
    }

    /// Alone, the key leaves nothing to verify with; a good one beside it is spared.
    fn is_refused(&self, reason: &str) {
        assert!(self.expect.contains("refused"), "{}", self.expect);
        let service = Service::of(self.issuer(), self.set.clone(), NOW);
        let error = service.verify(&self.token).expect_err("a refused token");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(chain(&error).contains(reason), "{}", chain(&error));

        let good = P256.jwk(r#""kid":"good""#);
        let set = String::from_utf8(self.set.clone()).expect("text");
        let set = set.replacen('[', &format!("[{good},"), 1);
        let service = Service::of(self.issuer(), set.into_bytes(), NOW);
        assert_eq!(service.kind(&self.token), Err(ErrorKind::NoUsableKey));
    }
}

fn chain(error: &dyn StdError) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn cases() -> Vec<Value> {
    serde_json::from_slice(&read("cases.json")).expect("a list of cases")
}

fn text(case: &Value, member: &str) -> String {
    case[member].as_str().expect("a text").to_owned()
}

#[expect(clippy::disallowed_methods, reason = "the inputs of a test, not of the crate")]
fn read(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/inputs/key-sets");
    std::fs::read(folder.join(name)).expect("an input")
}

/// In 2027; the tokens expire in 2100.
const NOW: u64 = 1_800_000_000;

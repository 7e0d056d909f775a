//! Any settings: they build, or the error names one.

use std::time::UNIX_EPOCH;

use jwks_core::adapter::{Env, Start};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::super::name::known;
use super::*;
use crate::CognitoVerifier;

proptest! {
    #[test]
    fn any_settings_build_or_name_a_setting(
        names in subsequence(known(), 0..=5),
        values in proptest::collection::vec(select(VALUES), 5),
        pool in proptest::option::weighted(0.8, Just(POOL)),
    ) {
        let given = names.iter().zip(values).map(|(name, value)| (name.to_uppercase(), value));
        let given: Vec<_> = given
            .filter(|(name, _)| name != "USER_POOL_ID")
            .chain(pool.map(|pool| ("USER_POOL_ID".to_owned(), pool)))
            .collect();
        match CognitoSettings::from_vars(given.clone()) {
            Ok(settings) => {
                let built = CognitoVerifier::builder().pool(settings).build(Env::new(|| UNIX_EPOCH));
                prop_assert!(built.is_ok(), "{:?}", built.err());
            }
            Err(error) => {
                let text = error.to_string();
                let named = given.iter().any(|(name, _)| *name == error.setting());
                prop_assert!(named || text.contains("is missing"), "{text}");
                prop_assert!(text.contains(error.setting()), "{text}");
                prop_assert!(!text.contains("hush") && !text.contains('\n'), "{text}");
            }
        }
    }
}

const VALUES: &[&str] = &[
    "",
    "0",
    "1",
    "0.5",
    "-1",
    "true",
    "false",
    "20m",
    "60",
    "time",
    "usage",
    "both",
    "access",
    "id",
    "fips",
    "updated",
    "a",
    "a,b",
    "*",
    "us-east-1",
    "https://proxy/{}/{1}?key=hush",
    "http://x/?hush",
    "fleet",
    "development",
    "never",
    "2h",
];

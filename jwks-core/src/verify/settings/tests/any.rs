//! Any settings: they build, or the error names one.

use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::super::names;
use super::all;
use crate::cache::Env;
use crate::refresh::settings::variable;
use crate::verify::{Verifier, VerifierSettings};

proptest! {
    #![proptest_config(crate::proof::draws(256))]

    #[test]
    fn any_settings_build_or_name_a_setting(
        names in subsequence(names::of_variables(), 0..=5),
        values in proptest::collection::vec(select(VALUES), 5),
        misspelt in option::weighted(0.1, "[a-z_]{1,12}"),
    ) {
        let mut pairs: Vec<_> = names.iter().zip(&values).map(|(name, value)| {
            (variable("JWKS_", name), (*value).to_owned())
        }).collect();
        pairs.extend(misspelt.map(|name| (format!("JWKS_{}", name.to_uppercase()), "1".to_owned())));
        let known: Vec<_> = names::of_variables();
        match VerifierSettings::from_vars("JWKS_", pairs.clone()) {
            Ok(settings) => {
                prop_assert_eq!(settings.issuers().len(), 1);
                let builder = Verifier::builder().settings(settings);
                if let Err(error) = builder.assemble(Env::new(|| UNIX_EPOCH)) {
                    prop_assert!(["audience", "jwks_uri"].contains(&error.setting()), "{error}");
                }
            }
            Err(error) => {
                let text = error.to_string();
                let given = pairs.iter().any(|(name, _)| *name == error.setting());
                prop_assert!(given || text.starts_with("JWKS_ISSUER is missing"), "{text}");
                let named = |name: &&str| text.contains(&variable("JWKS_", name));
                prop_assert!(known.iter().any(named), "{text}");
                prop_assert!(!text.contains("hush") && !text.contains('\n'), "{text}");
            }
        }
    }

    #[test]
    fn each_form_is_read_alike(
        settings in subsequence(FREE.to_vec(), 0..=FREE.len()),
    ) {
        let iss = ("issuer", "https://id.example.com");
        let pairs: BTreeMap<_, _> = settings.iter().copied().chain([iss]).collect();
        let from_json: VerifierSettings =
            serde_json::from_str(&serde_json::to_string(&pairs).unwrap()).unwrap();
        let from_toml: VerifierSettings =
            toml::from_str(&toml::to_string(&pairs).unwrap()).unwrap();
        let vars = pairs.iter().map(|(name, value)| (format!("app_{name}"), *value));
        let from_vars = VerifierSettings::from_vars("APP_", vars).unwrap();
        prop_assert_eq!(all(&from_json), all(&from_toml));
        prop_assert_eq!(all(&from_json), all(&from_vars));
    }
}

/// No two of these are at odds.
const FREE: &[(&str, &str)] = &[
    ("jwks_uri", "https://id.example.com/keys"),
    ("audience", "a"),
    ("audiences", "b, c"),
    ("algorithms", "RS256"),
    ("label", "staff"),
    ("leeway", "30s"),
    ("optional", "true"),
    ("also_types", "x"),
    ("required_claims", "sub"),
    ("azp", "app"),
    ("max_token_len", "5000"),
    ("interval", "30m"),
    ("usages", "77"),
    ("kidless", "reject"),
];

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
    "2h",
    "time",
    "usage",
    "RS256",
    "HS256",
    "https://id.example.com",
    "https://id.example.com/keys?key=hush",
    "http://localhost/?hush",
    "a,b",
    "fleet",
    "development",
    "never",
    "at+jwt",
];

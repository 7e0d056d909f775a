use std::collections::BTreeMap;

use proptest::prelude::{ProptestConfig, prop_assert_eq, prop_assume, proptest};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as ValueError, MapDeserializer};

use super::super::field::Field;
use super::super::*;
use super::any::any_builder;

fn json(text: &str) -> Result<Policy, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn environment(pairs: &[(&str, &str)]) -> Result<Policy, ValueError> {
    Policy::deserialize(MapDeserializer::new(pairs.iter().copied()).into_deserializer())
}

#[test]
fn everything_missing_is_the_default() {
    assert_eq!(json("{}").unwrap(), Policy::default());
    assert_eq!(toml::from_str::<Policy>("").unwrap(), Policy::default());
    assert_eq!(environment(&[("PATH", "/bin")]).unwrap(), Policy::default());
}

fn every_setting() -> Policy {
    let secs = Duration::from_secs;
    Policy::builder()
        .strategy(Strategy::Time)
        .interval(secs(90))
        .usages(77)
        .background_refresh(false)
        .background_refresh_threshold(0.55)
        .jitter(0.25)
        .spread_first_refresh(true)
        .min_refresh_interval(secs(2))
        .conditional_requests(true)
        .http_freshness(true)
        .http_freshness_clamp(secs(60), secs(3600))
        .unknown_kid_cooldown(secs(20))
        .unknown_kid_burst(5)
        .retry(secs(1), secs(120))
        .cold_retry_max(secs(8))
        .fetch_timeout(secs(3))
        .wait_budget(secs(0))
        .stale_if_error(secs(7200))
        .max_trust(secs(86_400 * 2))
        .idle_after(Some(secs(5400)))
        .max_body(1000)
        .max_keys(10)
        .min_keys(2)
        .max_waiting(500)
        .max_waiting_undecided(7)
        .kidless(Kidless::TryAll(3.try_into().unwrap()))
        .build()
        .unwrap()
}

const EVERY_SETTING: &[(&str, &str)] = &[
    ("jwks_cache_strategy", "time"),
    ("jwks_cache_interval", "1.5"),
    ("jwks_cache_usages", "77"),
    ("jwks_background_refresh", "false"),
    ("jwks_background_refresh_threshold", "0.55"),
    ("jwks_jitter", "0.25"),
    ("jwks_spread_first_refresh", "true"),
    ("jwks_min_refresh_interval", "2s"),
    ("jwks_conditional_requests", "on"),
    ("jwks_http_freshness", "1"),
    ("jwks_http_freshness_min", "1m"),
    ("jwks_http_freshness_max", "1h"),
    ("jwks_unknown_kid_cooldown", "20s"),
    ("jwks_unknown_kid_burst", "5"),
    ("jwks_retry_initial", "1s"),
    ("jwks_retry_max", "2m"),
    ("jwks_cold_retry_max", "8s"),
    ("jwks_fetch_timeout", "3s"),
    ("jwks_wait_budget", "0s"),
    ("jwks_stale_if_error", "2h"),
    ("jwks_max_trust", "2days"),
    ("jwks_idle_after", "1h 30m"),
    ("jwks_max_body", "1000"),
    ("jwks_max_keys", "10"),
    ("jwks_min_keys", "2"),
    ("jwks_max_waiting", "500"),
    ("jwks_max_waiting_undecided", "7"),
    ("jwks_kidless", "try_all:3"),
];

#[test]
fn every_setting_is_read_from_the_environment() {
    assert_eq!(EVERY_SETTING.len(), Field::ALL.len());
    assert_eq!(environment(EVERY_SETTING).unwrap(), every_setting());
    let upper: Vec<_> =
        EVERY_SETTING.iter().map(|(name, value)| (name.to_uppercase(), *value)).collect();
    let upper: Vec<_> = upper.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    assert_eq!(environment(&upper).unwrap(), every_setting());
    // Each alone is read as something else than its default.
    for (name, value) in EVERY_SETTING {
        let read: BTreeMap<_, _> = [(*name, *value)].into();
        let text = serde_json::to_string(&read).unwrap();
        let builder: PolicyBuilder = serde_json::from_str(&text).unwrap();
        assert_ne!(builder, PolicyBuilder::new(), "{name}");
    }
}

#[test]
fn every_setting_is_in_the_table() {
    let table = include_str!("../settings.md");
    for name in Field::NAMES {
        assert!(table.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn every_setting_is_read_from_toml() {
    let text = r#"
        jwks_cache_strategy = "time"
        jwks_cache_interval = 1.5
        jwks_cache_usages = 77
        jwks_background_refresh = false
        jwks_background_refresh_threshold = 0.55
        jwks_jitter = 0.25
        jwks_spread_first_refresh = true
        jwks_min_refresh_interval = "2s"
        jwks_conditional_requests = true
        jwks_http_freshness = true
        jwks_http_freshness_min = "1m"
        jwks_http_freshness_max = "1h"
        jwks_unknown_kid_cooldown = "20s"
        jwks_unknown_kid_burst = 5
        jwks_retry_initial = "1s"
        jwks_retry_max = "2m"
        jwks_cold_retry_max = "8s"
        jwks_fetch_timeout = "3s"
        jwks_wait_budget = "0s"
        jwks_stale_if_error = "2h"
        jwks_max_trust = "2days"
        jwks_idle_after = "1h 30m"
        jwks_max_body = 1000
        jwks_max_keys = 10
        jwks_min_keys = 2
        jwks_max_waiting = 500
        jwks_max_waiting_undecided = 7
        jwks_kidless = { try_all = 3 }
        "#;
    assert_eq!(toml::from_str::<Policy>(text).unwrap(), every_setting());
}

#[test]
fn a_flattened_policy_sees_its_unknown_fields() {
    #[derive(Debug, Deserialize)]
    struct Config {
        jwks_uri: String,
        #[serde(flatten)]
        policy: Policy,
    }
    let config: Config =
        toml::from_str("jwks_uri = 'x'\njwks_jitter = 0.5\nport = 80\n[other]\na = 1").unwrap();
    assert_eq!((config.jwks_uri.as_str(), config.policy.jitter()), ("x", 0.5));
    let error = toml::from_str::<Config>("jwks_uri = 'x'\njwks_jiter = 0.5").unwrap_err();
    assert!(error.to_string().contains("unknown field `jwks_jiter`"), "{error}");
}

#[test]
fn intervals_are_minutes_unless_they_have_a_unit() {
    for (text, seconds) in [
        ("20", 1200.0),
        ("\"20\"", 1200.0),
        ("0.5", 30.0),
        ("\"0.5\"", 30.0),
        ("0.1", 6.0),
        ("\"20m\"", 1200.0),
        ("\"90s\"", 90.0),
        ("\"250ms\"", 0.25),
        ("null", 1200.0),
    ] {
        let policy = json(&format!("{{\"jwks_cache_interval\": {text}}}")).unwrap();
        assert_eq!(policy.lifetime(), Duration::from_secs_f64(seconds), "{text}");
    }
}

#[test]
fn kidless_and_idle_after_have_several_forms() {
    let three = Kidless::TryAll(3.try_into().unwrap());
    for (text, expected) in [
        (r#""reject""#, Kidless::Reject),
        (r#""only_if_unique""#, Kidless::OnlyIfUnique),
        (r#""try_all:3""#, three),
        (r#"{"try_all": 3}"#, three),
        (r#"{"try_all": "3"}"#, three),
    ] {
        let policy = json(&format!("{{\"jwks_kidless\": {text}}}")).unwrap();
        assert_eq!(policy.kidless(), expected, "{text}");
    }
    let idle = |text: &str| json(text).unwrap().idle_after();
    assert_eq!(idle(r#"{"jwks_idle_after": "never"}"#), None);
    assert_eq!(idle(r#"{"jwks_idle_after": "1m"}"#), Some(Duration::from_secs(60)));
}

#[test]
fn what_cannot_be_read_is_named() {
    for (text, expected) in [
        (r#"{"jwks_nonsense": 1}"#, "unknown field `jwks_nonsense`, expected one of `jwks_cache_"),
        (r#"{"JWKS_X\n": 1}"#, "unknown field `JWKS_X\\n`"),
        (r#"{"jwks_jitter": 0, "JWKS_JITTER": 0}"#, "duplicate field `jwks_jitter`"),
        (r#"{"jwks_cache_usages": 0}"#, "jwks_cache_usages is 0, allowed is 1 to 23058430092"),
        (r#"{"jwks_cache_usages": -1}"#, "jwks_cache_usages is -1, allowed is a whole number"),
        (r#"{"jwks_cache_usages": 1.5}"#, "jwks_cache_usages is 1.5, allowed is a whole number"),
        (r#"{"jwks_cache_usages": []}"#, "jwks_cache_usages is a list, allowed is a whole"),
        (r#"{"jwks_jitter": "NaN"}"#, "jwks_jitter is NaN, allowed is 0 to 1"),
        (r#"{"jwks_jitter": true}"#, "jwks_jitter is true, allowed is a number"),
        (r#"{"jwks_jitter": ""}"#, "jwks_jitter is '', allowed is a number"),
        (r#"{"jwks_cache_interval": -1}"#, "jwks_cache_interval is -1, allowed is a number of"),
        (r#"{"jwks_cache_interval": 1e300}"#, "jwks_cache_interval is 1000000"),
        (r#"{"jwks_cache_interval": "inf"}"#, "jwks_cache_interval is 'inf', allowed"),
        (r#"{"jwks_cache_interval": 18446744073709551615}"#, "jwks_cache_interval is 184467"),
        (r#"{"jwks_max_trust": 30}"#, "jwks_max_trust is 30, allowed is a duration with a unit"),
        (r#"{"jwks_max_trust": "30"}"#, "jwks_max_trust is '30', allowed is a duration with"),
        (r#"{"jwks_idle_after": "soon"}"#, "jwks_idle_after is 'soon', allowed is 'never' or a"),
        (r#"{"jwks_http_freshness": 2}"#, "jwks_http_freshness is 2, allowed is true or false"),
        (r#"{"jwks_cache_strategy": "tim"}"#, "jwks_cache_strategy is 'tim', allowed is 'time'"),
        (r#"{"jwks_kidless": "try_all"}"#, "jwks_kidless is 'try_all', allowed is 'reject'"),
        (r#"{"jwks_kidless": "try_all:0"}"#, "jwks_kidless is 'try_all:0', allowed is 'reject'"),
        (r#"{"jwks_kidless": {"try_all": 0}}"#, "jwks_kidless is {try_all = 0}, allowed is"),
        (r#"{"jwks_kidless": {"try_all": 1, "a": 2}}"#, "jwks_kidless is a table of 2 entries"),
        (r#"{"jwks_cache_strategy": "a\nb"}"#, "jwks_cache_strategy is 'a\\nb', allowed"),
        ("[]", "expected a map of jwks_ settings"),
    ] {
        let error = json(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
    let long = format!("{{\"jwks_cache_strategy\": \"{}\"}}", "x".repeat(1000));
    assert!(json(&long).unwrap_err().len() < 200);
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 1 << 16, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(builder in any_builder()) {
        let built = builder.build();
        prop_assume!(built.is_ok());
        let policy = built.unwrap();
        let text = serde_json::to_string(&policy).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Policy>(&text).unwrap(), &policy);
        let text = toml::to_string(&policy).unwrap();
        prop_assert_eq!(&toml::from_str::<Policy>(&text).unwrap(), &policy);
    }
}

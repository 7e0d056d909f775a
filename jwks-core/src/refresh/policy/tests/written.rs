use std::collections::BTreeMap;

use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, prop_assume, proptest};
use proptest::sample::{select, subsequence};
use serde::Deserialize;

use super::super::*;
use super::any::any_builder;

fn json(text: &str) -> Result<Policy, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn environment(pairs: &[(&str, &str)]) -> Result<Policy, String> {
    Policy::from_vars("JWKS_", pairs.iter().copied()).map_err(|error| error.to_string())
}

#[test]
fn everything_missing_is_the_default() {
    assert_eq!(json("{}").unwrap(), Policy::default());
    assert_eq!(toml::from_str::<Policy>("").unwrap(), Policy::default());
    assert_eq!(environment(&[("PATH", "/bin"), ("JWKS_PORT", "tcp://x")]), Ok(Policy::default()));
}

fn every_setting() -> Policy {
    let secs = Duration::from_secs;
    Policy::builder()
        .strategy(Strategy::Both)
        .interval(secs(90))
        .usages(77)
        .background_refresh(true)
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

/// From a preset that is of another strategy, and without background refresh.
const EVERY_SETTING: &[(&str, &str)] = &[
    ("preset", "development"),
    ("strategy", "both"),
    ("interval", "90s"),
    ("usages", "77"),
    ("background_refresh", "true"),
    ("background_refresh_threshold", "0.55"),
    ("jitter", "0.25"),
    ("spread_first_refresh", "true"),
    ("min_refresh_interval", "2s"),
    ("conditional_requests", "on"),
    ("http_freshness", "1"),
    ("http_freshness_min", "1m"),
    ("http_freshness_max", "1h"),
    ("unknown_kid_cooldown", "20s"),
    ("unknown_kid_burst", "5"),
    ("retry_initial", "1s"),
    ("retry_max", "2m"),
    ("cold_retry_max", "8s"),
    ("fetch_timeout", "3s"),
    ("wait_budget", "0s"),
    ("stale_if_error", "2h"),
    ("max_trust", "2days"),
    ("idle_after", "1h 30m"),
    ("max_body", "1000"),
    ("max_keys", "10"),
    ("min_keys", "2"),
    ("max_waiting", "500"),
    ("max_waiting_undecided", "7"),
    ("kidless", "try_all:3"),
];

#[test]
fn every_setting_is_read_from_the_environment() {
    assert_eq!(EVERY_SETTING.len(), PolicySettings::NAMES.len());
    let vars = |rename: fn(String) -> String, prefix: &str| {
        let vars =
            EVERY_SETTING.iter().map(|(name, value)| (rename(format!("app_{name}")), *value));
        Policy::from_vars(prefix, vars).unwrap()
    };
    assert_eq!(vars(|name| name, "APP_"), every_setting());
    assert_eq!(vars(|name| name.to_uppercase(), "APP_"), every_setting());
    assert_eq!(vars(|name| name.to_uppercase(), "app_"), every_setting());
}

#[test]
fn each_setting_counts() {
    for (left_out, _) in EVERY_SETTING.iter().skip(1) {
        let others = EVERY_SETTING.iter().filter(|(name, _)| name != left_out);
        let others: BTreeMap<_, _> = others.copied().collect();
        let policy = json(&serde_json::to_string(&others).unwrap());
        assert_ne!(policy, Ok(every_setting()), "{left_out}");
    }
    let named = |preset| json(&format!("{{\"preset\": \"{preset}\"}}")).unwrap();
    assert_eq!(named("development"), Policy::development().build().unwrap());
    assert_eq!(named("Fleet"), Policy::fleet().build().unwrap());
    assert_eq!(named("high_security"), Policy::high_security().build().unwrap());
    assert_eq!(named("high_traffic"), Policy::high_traffic().build().unwrap());
}

#[test]
fn every_setting_is_in_the_table() {
    let table = include_str!("../settings.md");
    for name in PolicySettings::NAMES {
        let row = table.lines().find(|row| {
            row.split('|').nth(1).is_some_and(|files| files.contains(&format!("`{name}`")))
        });
        assert!(row.is_some(), "{name}");
    }
}

#[test]
fn every_setting_is_read_from_toml() {
    let text = r#"
        strategy = "both"
        interval = "90s"
        usages = 77
        background_refresh = true
        background_refresh_threshold = 0.55
        jitter = 0.25
        spread_first_refresh = true
        min_refresh_interval = "2s"
        conditional_requests = true
        http_freshness = true
        http_freshness_min = "1m"
        http_freshness_max = "1h"
        unknown_kid_cooldown = "20s"
        unknown_kid_burst = 5
        retry_initial = "1s"
        retry_max = "2m"
        cold_retry_max = "8s"
        fetch_timeout = "3s"
        wait_budget = 0
        stale_if_error = "2h"
        max_trust = "2days"
        idle_after = "1h 30m"
        max_body = 1000
        max_keys = 10
        min_keys = 2
        max_waiting = 500
        max_waiting_undecided = 7
        kidless = { try_all = 3 }
        "#;
    assert_eq!(toml::from_str::<Policy>(text).unwrap(), every_setting());
}

#[test]
fn a_flattened_policy_takes_what_the_table_around_it_does_not() {
    #[derive(Debug, Deserialize)]
    struct Config {
        jwks_uri: String,
        #[serde(flatten)]
        policy: Policy,
    }
    let config: Config = toml::from_str("jwks_uri = 'x'\njitter = 0.5").unwrap();
    assert_eq!((config.jwks_uri.as_str(), config.policy.jitter()), ("x", 0.5));
    let error = toml::from_str::<Config>("jwks_uri = 'x'\njiter = 0.5").unwrap_err();
    assert_eq!(error.message(), "unknown setting `jiter`: did you mean `jitter`?");
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
        let policy = json(&format!("{{\"kidless\": {text}}}")).unwrap();
        assert_eq!(policy.kidless(), expected, "{text}");
    }
    let idle = |text: &str| json(text).unwrap().idle_after();
    assert_eq!(idle(r#"{"idle_after": "never"}"#), None);
    assert_eq!(idle(r#"{"idle_after": "1m"}"#), Some(Duration::from_secs(60)));
}

#[test]
fn what_cannot_be_read_is_named() {
    for (text, expected) in [
        (r#"{"nonsense": 1}"#, "unknown setting `nonsense`: known are `strategy`, `interval`, "),
        (r#"{"intervall": 1}"#, "unknown setting `intervall`: did you mean `interval`?"),
        (
            r#"{"jwks_cache_interval": 1}"#,
            "unknown setting `jwks_cache_interval`: did you mean `interval`?",
        ),
        (r#"{"jitter": 0, "JITTER": 0}"#, "jitter and JITTER are the same setting: keep one"),
        (r#"{"usages": 0}"#, "usages is 0, allowed is 1 to 23058430092"),
        (r#"{"usages": -1}"#, "usages is -1, allowed is a whole number"),
        (r#"{"usages": 1.5}"#, "usages is 1.5, allowed is a whole number"),
        (r#"{"usages": []}"#, "usages is a list, allowed is a whole"),
        (r#"{"jitter": "NaN"}"#, "jitter is NaN, allowed is 0 to 1"),
        (r#"{"jitter": true}"#, "jitter is true, allowed is a number"),
        (r#"{"jitter": ""}"#, "jitter is '', allowed is a number"),
        (
            r#"{"interval": 20}"#,
            "interval is 20, allowed is a duration with a unit, such as '30s' or '1h 30m'",
        ),
        (r#"{"interval": "20"}"#, "interval is '20', allowed is a duration with a unit"),
        (r#"{"interval": -1}"#, "interval is -1, allowed is a duration with"),
        (r#"{"interval": 0}"#, "interval is 0s, allowed is at least 2ms"),
        (
            r#"{"retry_initial": "20m"}"#,
            "retry_initial is 20m, allowed is at most 1m, which is retry_max",
        ),
        (
            r#"{"preset": "high_traffic", "max_trust": "1h"}"#,
            "max_trust is 1h, allowed is at least 1h 30m, the lifetime and stale_if_error together",
        ),
        (r#"{"idle_after": "soon"}"#, "idle_after is 'soon', allowed is 'never' or a"),
        (r#"{"http_freshness": 2}"#, "http_freshness is 2, allowed is true or false"),
        (r#"{"strategy": "tim"}"#, "strategy is 'tim', allowed is 'time', 'usage' or 'both'"),
        (r#"{"preset": "fast"}"#, "preset is 'fast', allowed is 'development', 'fleet', "),
        (r#"{"kidless": "try_all"}"#, "kidless is 'try_all', allowed is 'reject'"),
        (r#"{"kidless": "try_all:0"}"#, "kidless is 'try_all:0', allowed is 'reject'"),
        (r#"{"kidless": {"try_all": 0}}"#, "kidless is {try_all = 0}, allowed is"),
        (r#"{"kidless": {"try_all": 1, "a": 2}}"#, "kidless is a table of 2 entries"),
        (r#"{"strategy": "a\nb"}"#, "strategy is 'a\\nb', allowed"),
        (
            r#"{"strategy": "usage", "interval": "20m"}"#,
            "interval has no effect with strategy = usage: by `usage`, a lifetime ends after",
        ),
        ("[]", "invalid type: sequence, expected a table of settings"),
    ] {
        let error = json(text).unwrap_err();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
    let long = format!("{{\"strategy\": \"{}\"}}", "x".repeat(1000));
    assert!(json(&long).unwrap_err().len() < 200);
}

#[test]
fn an_error_names_the_variables() {
    for (vars, expected) in [
        (
            &[("JWKS_INTERVALL", "1h")][..],
            "unknown setting `JWKS_INTERVALL`: did you mean `JWKS_INTERVAL`?",
        ),
        (
            &[("JWKS_INTERVAL", "")],
            "JWKS_INTERVAL is '', allowed is a duration with a unit, such as '30s' or '1h 30m'",
        ),
        (
            &[("jwks_usages", "5"), ("jwks_strategy", "time")],
            "jwks_usages has no effect with jwks_strategy = time: by `time`, validations end no \
             lifetime; leave it out, or choose `usage` or `both`",
        ),
        (
            &[("JWKS_MAX_TRUST", "1h")],
            "JWKS_MAX_TRUST is 1h, allowed is at least 1h 20m, the lifetime and stale_if_error together",
        ),
    ] {
        assert_eq!(environment(vars).unwrap_err(), expected);
    }
    let error = Policy::from_vars("", [("PATH", "/bin")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the prefix of the variables is empty: it must be one that no other software uses, such as \
         'JWKS_'"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 1 << 16, ..crate::proof::draws(256) })]

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

    #[test]
    fn any_settings_build_or_name_a_setting(
        names in subsequence(PolicySettings::NAMES.to_vec(), 0..=4),
        values in proptest::collection::vec(select(VALUES), 4),
    ) {
        let settings: Vec<_> = names.iter().zip(&values).map(|(name, value)| {
            (format!("JWKS_{}", name.to_uppercase()), *value)
        }).collect();
        if let Err(error) = Policy::from_vars("JWKS_", settings.clone()) {
            prop_assert!(settings.iter().any(|(name, _)| name == error.setting()), "{error:?}");
            prop_assert!(error.to_string().starts_with(error.setting()));
        }
    }
}

const VALUES: &[&str] = &[
    "",
    "0",
    "1",
    "7",
    "0.5",
    "-1",
    "1s",
    "20m",
    "23h",
    "2days",
    "time",
    "usage",
    "both",
    "true",
    "false",
    "never",
    "reject",
    "fleet",
    "development",
    "99999999999999999999",
    "x",
];

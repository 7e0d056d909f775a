use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::keys::Algorithm;
use crate::refresh::{Policy, Strategy as Lifetime};
use crate::verify::Verifier;

const ISS: &str = "issuer = 'https://id.example.com'\n";

fn toml(text: &str) -> Result<VerifierSettings, String> {
    toml::from_str(text).map_err(|error| error.message().to_owned())
}

fn vars(pairs: &[(&str, &str)]) -> Result<VerifierSettings, String> {
    VerifierSettings::from_vars("JWKS_", pairs.iter().copied()).map_err(|error| error.to_string())
}

/// All that was read.
fn all(settings: &VerifierSettings) -> Vec<String> {
    settings
        .issuers
        .iter()
        .map(Issuer::all)
        .chain([format!("{:?}", settings.max_token_len)])
        .collect()
}

/// Every setting with a value that is not its default, as the environment has it.
const EVERY_SETTING: &[(&str, &str)] = &[
    ("JWKS_ISSUER", "http://127.0.0.1:9000"),
    ("JWKS_URI", "http://127.0.0.1:9000/keys"),
    ("JWKS_ALLOW_LOOPBACK_HTTP", "yes"),
    ("JWKS_AUDIENCE", "first, with a comma"),
    ("JWKS_AUDIENCES", "second, third"),
    ("JWKS_ALGORITHMS", "RS256,ES256"),
    ("JWKS_LEEWAY", "2m"),
    ("JWKS_TYPES", "at+jwt"),
    ("JWKS_REQUIRED_CLAIMS", "sub,scope"),
    ("JWKS_AZP", "app,web"),
    ("JWKS_MAX_TOKEN_LEN", "4096"),
    ("JWKS_STRATEGY", "time"),
    ("JWKS_INTERVAL", "30m"),
];

const EVERY_SETTING_TOML: &str = r#"
    issuer = "http://127.0.0.1:9000"
    jwks_uri = "http://127.0.0.1:9000/keys"
    allow_loopback_http = true
    audience = "first, with a comma"
    audiences = ["second", "third"]
    algorithms = ["RS256", "ES256"]
    leeway = "2m"
    types = ["at+jwt"]
    required_claims = ["sub", "scope"]
    azp = ["app", "web"]
    max_token_len = 4096
    policy = { strategy = "time", interval = "30m" }
"#;

fn every_setting() -> VerifierSettings {
    let policy = Policy::builder().strategy(Lifetime::Time).interval(Duration::from_secs(1800));
    let issuer = Issuer::new("http://127.0.0.1:9000")
        .jwks_uri("http://127.0.0.1:9000/keys")
        .allow_loopback_http()
        .audience("first, with a comma")
        .audience("second")
        .audience("third")
        .algorithms([Algorithm::RS256, Algorithm::ES256])
        .leeway(Duration::from_secs(120))
        .types(["at+jwt"])
        .required_claim("sub")
        .required_claim("scope")
        .azp("app")
        .azp("web")
        .policy(policy.build().unwrap());
    VerifierSettings { issuers: vec![issuer], max_token_len: Some(4096) }
}

#[test]
fn every_setting_is_read_from_every_form() {
    let expected = all(&every_setting());
    assert_eq!(all(&vars(EVERY_SETTING).unwrap()), expected);
    assert_eq!(all(&toml(EVERY_SETTING_TOML).unwrap()), expected);
    let json = serde_json::to_string(&toml::from_str::<toml::Table>(EVERY_SETTING_TOML).unwrap());
    let read: VerifierSettings = serde_json::from_str(&json.unwrap()).unwrap();
    assert_eq!(all(&read), expected);
    // And the others.
    let rest = toml("issuer = 'https://i'\ndiscover = true\nany_audience = 1\nalso_types = 'x'");
    let issuer = Issuer::new("https://i").discover().any_audience().also_type("x");
    assert_eq!(rest.unwrap().issuers[0].all(), issuer.all());
}

#[test]
fn every_setting_is_in_the_table() {
    let table = include_str!("settings.md");
    for name in names::of_verifier() {
        let policy = crate::refresh::PolicySettings::NAMES.contains(&name);
        assert!(policy || table.contains(&format!("\n| `{name}` |")), "{name}");
    }
}

#[test]
fn what_stands_beside_the_issuers_is_for_each_of_them() {
    let settings = toml(
        r#"
        audience = "my-api"
        leeway = "1s"
        types = ["at+jwt"]
        usages = 5
        policy = { max_keys = 10 }
        max_token_len = 4096

        [[issuers]]
        issuer = "https://a"
        discover = true

        [[issuers]]
        issuer = "https://b"
        jwks_uri = "https://b/keys"
        audiences = ["x"]
        also_types = ["y"]
        leeway = "2s"
        policy = { usages = 7, min_keys = 2 }

        [[issuers]]
        issuer = "https://c"
        discover = true
        any_audience = true
        preset = "high_security"
        "#,
    );
    let second = Duration::from_secs(1);
    let policy = |usages| Policy::builder().usages(usages).max_keys(10);
    let issuers = [
        Issuer::new("https://a")
            .discover()
            .audience("my-api")
            .leeway(second)
            .types(["at+jwt"])
            .policy(policy(5).build().unwrap()),
        Issuer::new("https://b")
            .jwks_uri("https://b/keys")
            .audience("x")
            .leeway(second * 2)
            .also_type("y")
            .policy(policy(7).min_keys(2).build().unwrap()),
        // A preset of its own starts anew.
        Issuer::new("https://c")
            .discover()
            .any_audience()
            .leeway(second)
            .types(["at+jwt"])
            .policy(Policy::high_security().build().unwrap()),
    ];
    let expected = VerifierSettings { issuers: issuers.into(), max_token_len: Some(4096) };
    let settings = settings.unwrap();
    assert_eq!(all(&settings), all(&expected));
    let (verifier, drivers) = Verifier::builder(|| UNIX_EPOCH).settings(settings).build().unwrap();
    assert_eq!((verifier.caches().count(), drivers.len()), (3, 3));
}

/// Two issuers: the text after the first, and the whole of the second.
fn two(beside: &str, second: &str) -> String {
    format!(
        "{beside}\n[[issuers]]\nissuer = 'https://a'\ndiscover = true\nany_audience = true\n\
         [[issuers]]\n{second}"
    )
}

#[test]
fn each_refusal_says_where_and_what_to_do() {
    let one = |text: &str| format!("{ISS}{text}");
    let b = "issuer = 'https://b'\n";
    for (text, refusal) in [
        (one("audiance = 'a'"), "unknown setting `audiance`: did you mean `audience`?"),
        (one("clock_skew = '5s'"), "unknown setting `clock_skew`: did you mean `leeway`?"),
        (
            one("jwks_cache_usages = 5"),
            "unknown setting `jwks_cache_usages`: did you mean `usages`?",
        ),
        (
            "audience = 'a'\ndiscover = true".to_owned(),
            "issuer is missing: it must be the `iss` of the tokens, such as \
             'https://id.example.com'",
        ),
        (
            "issuer = ''".to_owned(),
            "issuer is empty: it must be the `iss` of the tokens, such as \
             `https://id.example.com`",
        ),
        (
            one("jwks_uri = 'https://id.example.com/keys'\ndiscover = true"),
            "jwks_uri and discover are both given: keep jwks_uri to name the place of the keys, or \
             discover to ask the issuer for it",
        ),
        (
            one("audiences = ['a']\nany_audience = true"),
            "audiences and any_audience are both given: keep audience to accept only tokens that \
             are meant for this service, or any_audience to accept those for others too",
        ),
        (
            one("audience = ''"),
            "audience is empty: it must be the value that tokens for this service have in `aud`",
        ),
        (
            one("audience = ['a', 'b']"),
            "audience is a list, allowed is one text; for several there is `audiences`",
        ),
        (
            one("audiences = []"),
            "audiences is a list, allowed is one or more texts, as a list or with commas between \
             them",
        ),
        (
            one("algorithms = ['RS256', 'HS256']"),
            "algorithms is a list, allowed is one or more of ES256, ES384, ES512, EdDSA, PS256, \
             PS384, PS512, RS256, RS384, RS512",
        ),
        (
            one("algorithms = 'none'"),
            "algorithms is 'none', allowed is one or more of ES256, ES384, ES512, EdDSA, PS256, \
             PS384, PS512, RS256, RS384, RS512",
        ),
        (
            one("leeway = 60"),
            "leeway is 60, allowed is a duration with a unit, such as '30s' or '1h 30m'",
        ),
        (one("leeway = '11m'"), "leeway is 11m, allowed is 0s to 10m"),
        (
            one("types = ['at+jwt']\nalso_types = ['x']"),
            "types and also_types are both given: types names all that pass, so add it there",
        ),
        (one("jwks_uri = 7"), "jwks_uri must be text"),
        (one("jwks_uri = '/keys'"), "jwks_uri cannot be used: the url is relative"),
        (
            one("jwks_uri = 'http://localhost/keys'"),
            "jwks_uri cannot be used: the url is plain http to this machine, which has to be \
             allowed; for tests, allow it with allow_loopback_http",
        ),
        (one("discover = 'maybe'"), "discover is 'maybe', allowed is true or false"),
        (
            one("max_token_len = 0"),
            "max_token_len is 0, allowed is a whole number of bytes, at least 1",
        ),
        (one("policy = 'fleet'"), "policy is 'fleet', allowed is a table"),
        (
            one("policy = { intervall = '5m' }"),
            "unknown setting `policy.intervall`: did you mean `interval`?",
        ),
        (
            one("interval = '5m'\npolicy = { interval = '6m' }"),
            "interval and policy.interval are the same setting: keep one",
        ),
        (
            one("interval = '5m'\npolicy = { strategy = 'usage' }"),
            "interval has no effect with policy.strategy = usage: by `usage`, a lifetime ends after \
             `usages` validations, and at `max_trust` at the latest; leave it out, or choose `time` \
             or `both`",
        ),
        (one("policy = { usages = 0 }"), "policy.usages is 0, allowed is 1 to 2305843009213693952"),
        ("issuers = []".to_owned(), "issuers is a list, allowed is a list of one or more tables"),
        ("issuers = 'a'".to_owned(), "issuers is 'a', allowed is a list of one or more tables"),
        (
            two("discover = true", b),
            "discover stands beside issuers: it is for one issuer, so it belongs into one of the \
             tables [[issuers]]",
        ),
        (
            two("", "audience = 'a'"),
            "issuers[1].issuer is missing: it must be the `iss` of the tokens, such as \
             'https://id.example.com'",
        ),
        (
            two("", "issuer = 'https://a'"),
            "issuers[1].issuer is that of issuers[0].issuer: keep one table for each issuer",
        ),
        (
            two("", &format!("{b}leeway = 'long'")),
            "issuers[1].leeway is 'long', allowed is a duration with a unit, such as '30s' or \
             '1h 30m'",
        ),
        (
            two("", &format!("{b}policy = {{ jitter = 2 }}")),
            "issuers[1].policy.jitter is 2, allowed is 0 to 1",
        ),
        (
            two("", &format!("{b}audience = 'a'\nany_audience = true")),
            "issuers[1].audience and issuers[1].any_audience are both given: keep audience to \
             accept only tokens that are meant for this service, or any_audience to accept those \
             for others too",
        ),
        (
            two("", &format!("{b}max_token_len = 5")),
            "unknown setting `issuers[1].max_token_len`: known ",
        ),
        (
            two("interval = '30h'", b),
            "interval is 1day 6h, allowed is at most 23h, which is max_trust less stale_if_error",
        ),
        (two("leeway = '1h'", b), "leeway is 1h, allowed is 0s to 10m"),
        (
            two("usages = 5", &format!("{b}strategy = 'time'\nusages = 6")),
            "issuers[1].usages has no effect with issuers[1].strategy = time: by `time`, validations \
             end no lifetime; leave it out, or choose `usage` or `both`",
        ),
        (
            two("usages = 5\nstrategy = 'time'", b),
            "usages has no effect with strategy = time: by `time`, validations end no lifetime; \
             leave it out, or choose `usage` or `both`",
        ),
    ] {
        let error = toml(&text).unwrap_err();
        assert!(error.starts_with(refusal), "{text}\n{error}");
        assert!(error == refusal || refusal.ends_with("known "), "{text}\n{error}");
    }
}

#[test]
fn a_shared_setting_needs_an_effect_on_one_issuer() {
    let second = "issuer = 'https://b'\nstrategy = 'time'\ndiscover = true\nany_audience = true";
    let settings = toml(&two("usages = 5", second)).unwrap();
    Verifier::builder(|| UNIX_EPOCH).settings(settings).build().unwrap();
}

#[test]
fn the_environment_is_refused_by_the_names_of_its_variables() {
    let iss = ("JWKS_ISSUER", "https://id.example.com");
    for (pairs, refusal) in [
        (
            vec![("PATH", "/bin")],
            "JWKS_ISSUER is missing: it must be the `iss` of the tokens, such as \
             'https://id.example.com'",
        ),
        (vec![("JWKS_ISUER", "x")], "unknown setting `JWKS_ISUER`: did you mean `JWKS_ISSUER`?"),
        (
            vec![iss, ("JWKS_JWKS_URI", "x")],
            "unknown setting `JWKS_JWKS_URI`: did you mean `JWKS_URI`?",
        ),
        (
            vec![iss, ("JWKS_URI", "https://id.example.com/keys"), ("JWKS_DISCOVER", "1")],
            "JWKS_URI and JWKS_DISCOVER are both given: keep jwks_uri to name the place of the \
             keys, or discover to ask the issuer for it",
        ),
        (
            vec![iss, ("JWKS_AUDIENCES", "a,,b")],
            "JWKS_AUDIENCES is 'a,,b', allowed is one or more texts, as a list or with commas \
             between them",
        ),
        (
            vec![iss, ("JWKS_STRATEGY", "usage"), ("JWKS_INTERVAL", "20m")],
            "JWKS_INTERVAL has no effect with JWKS_STRATEGY = usage: by `usage`, a lifetime ends \
             after `usages` validations, and at `max_trust` at the latest; leave it out, or choose \
             `time` or `both`",
        ),
    ] {
        assert_eq!(vars(&pairs).unwrap_err(), refusal);
    }
    let error = vars(&[iss, ("JWKS_ISSUERS", "x")]).unwrap_err();
    assert_eq!(error, "unknown setting `JWKS_ISSUERS`: did you mean `JWKS_ISSUER`?");
    let others = [iss, ("JWKS_SERVICE_HOST", "10.0.0.1"), ("JWKS_PORT_80_TCP_ADDR", "10.0.0.1")];
    assert_eq!(vars(&others).unwrap().issuers()[0].iss(), "https://id.example.com");
}

#[test]
fn what_is_missing_can_be_given_in_code() {
    let settings = toml(&format!("{ISS}discover = true")).unwrap();
    let build = |settings| Verifier::builder(|| UNIX_EPOCH).settings(settings).build().map(drop);
    let error = build(settings.clone()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "issuer `https://id.example.com`: audience is missing: it must be the value that tokens for \
         this service have in `aud`; or say any_audience to accept tokens that are meant for others"
    );
    build(settings.map(|issuer| issuer.audience("my-api"))).unwrap();
}

#[test]
fn a_table_around_the_settings_is_the_readers_own() {
    #[derive(Debug, serde::Deserialize)]
    struct Config {
        listen: String,
        auth: VerifierSettings,
        partner: Issuer,
    }
    let config: Config = toml::from_str(
        "listen = 'x'\n[auth]\nissuer = 'https://a'\n[partner]\nissuer = 'https://b'",
    )
    .unwrap();
    assert_eq!((&*config.listen, config.partner.iss()), ("x", "https://b"));
    assert_eq!(config.auth.issuers().len(), 1);
    let error = toml::from_str::<Issuer>("issuer = 'https://b'\nissuers = []").unwrap_err();
    assert_eq!(error.message(), "unknown setting `issuers`: did you mean `issuer`?");
}

proptest! {
    #[test]
    fn any_settings_build_or_name_a_setting(
        names in subsequence(names::of_variables(), 0..=5),
        values in proptest::collection::vec(select(VALUES), 5),
        misspelt in option::weighted(0.1, "[a-z_]{1,12}"),
    ) {
        let mut pairs: Vec<_> = names.iter().zip(&values).map(|(name, value)| {
            (crate::refresh::settings::variable("JWKS_", name), (*value).to_owned())
        }).collect();
        pairs.extend(misspelt.map(|name| (format!("JWKS_{}", name.to_uppercase()), "1".to_owned())));
        let known: Vec<_> = names::of_variables();
        match VerifierSettings::from_vars("JWKS_", pairs.clone()) {
            Ok(settings) => {
                prop_assert_eq!(settings.issuers().len(), 1);
                if let Err(error) = Verifier::builder(|| UNIX_EPOCH).settings(settings).build() {
                    prop_assert!(["audience", "jwks_uri"].contains(&error.setting()), "{error}");
                }
            }
            Err(error) => {
                let text = error.to_string();
                let given = pairs.iter().any(|(name, _)| *name == error.setting());
                prop_assert!(given || text.starts_with("JWKS_ISSUER is missing"), "{text}");
                let named = |name: &&str| text.contains(&crate::refresh::settings::variable("JWKS_", name));
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
    ("leeway", "30s"),
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

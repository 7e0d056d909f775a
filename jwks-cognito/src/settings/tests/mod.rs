mod any;
mod names;
mod refused;

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use jwks_core::adapter::{Env, Start};
use jwks_core::refresh::Policy;
use jwks_core::refresh::settings::SettingsError;

use super::name::Setting;
use super::resolve::MAX_LEEWAY;
use super::*;

const POOL: &str = "us-east-1_example";

fn settings() -> CognitoSettings {
    CognitoSettings::new(POOL.parse().unwrap()).client_id("a")
}

fn toml(text: &str) -> Result<CognitoSettings, String> {
    let text = format!("user_pool_id = '{POOL}'\nuser_pool_client_id = 'a'\n{text}");
    toml::from_str(&text).map_err(|error| error.message().to_owned())
}

fn vars(pairs: &[(&str, &str)]) -> Result<CognitoSettings, SettingsError> {
    CognitoSettings::from_vars(pairs.iter().copied())
}

/// Every setting with a value that is not its default, as the environment has it, and in code.
const EVERY_SETTING: [(Setting, &str); 12] = [
    (Setting::PoolId, POOL),
    (Setting::Region, "us-east-1"),
    (Setting::ClientId, "a, b"),
    (Setting::TokenUse, "access"),
    (Setting::Groups, "admin,staff"),
    (Setting::Scopes, "orders/read"),
    (Setting::Leeway, "5"),
    (Setting::JwksUrlTemplate, "http://127.0.0.1:5000/{1}/keys?r={0}"),
    (Setting::AllowLoopbackHttp, "true"),
    (Setting::Issuer, "https://id.example.com"),
    (Setting::IssuerType, "updated"),
    (Setting::VerificationDisabled, "false"),
];

fn every_setting() -> CognitoSettings {
    settings()
        .client_id("b")
        .token_use(TokenUse::Access)
        .group("admin")
        .group("staff")
        .scope("orders/read")
        .leeway(Duration::from_secs(5))
        .jwks_uri(format!("http://127.0.0.1:5000/{POOL}/keys?r=us-east-1"))
        .allow_loopback_http()
        .issuer("https://id.example.com")
        .issuer_type(IssuerType::Updated)
}

#[test]
fn every_setting_is_read_from_the_environment() {
    let read = |rename: fn(&str) -> String| {
        let mut vars: Vec<_> =
            EVERY_SETTING.iter().map(|(it, value)| (rename(it.name()), *value)).collect();
        vars.push(("PATH".to_owned(), "elsewhere"));
        vars.push((rename("JWKS_CACHE_USAGES"), "77"));
        vars
    };
    let expected = every_setting().policy(Policy::builder().usages(77).build().unwrap());
    assert_eq!(CognitoSettings::from_vars(read(str::to_owned)).unwrap(), expected);
    assert_eq!(CognitoSettings::from_vars(read(str::to_uppercase)).unwrap(), expected);
    let prefixed = read(|name| format!("My_App_{name}"));
    assert_eq!(CognitoSettings::from_prefixed_vars("MY_APP_", prefixed).unwrap(), expected);
    // The same names for another service.
    let others = read(|name| format!("My_Bpp_{name}"));
    let error = CognitoSettings::from_prefixed_vars("MY_APP_", others).unwrap_err();
    assert!(error.to_string().starts_with("MY_APP_USER_POOL_ID is missing"), "{error}");
    // The one that does not go with a URL of one's own.
    let fips = toml("user_pool_endpoint = 'fips'").unwrap();
    assert_eq!(fips, settings().endpoint(Endpoint::Fips));
    assert_eq!(EVERY_SETTING.len() + 1, Setting::ALL.len());
}

#[test]
fn every_setting_is_in_the_table() {
    let table = include_str!("../settings.md");
    for setting in Setting::ALL {
        assert!(table.contains(&format!("| `{}` |", setting.name())), "{setting:?}");
    }
}

#[test]
fn files_of_every_form_are_read() {
    let text = "user_pool_client_id = ['a', 'b']";
    let read: CognitoSettings =
        toml::from_str(&format!("user_pool_id = '{POOL}'\n{text}")).unwrap();
    assert_eq!(read, settings().client_id("b"));
    let json = format!(
        r#"{{"user_pool_id": "{POOL}", "user_pool_client_id": "a", "jwt_leeway": "1m 30s",
            "user_pool_groups": null, "jwks_cache_interval": 30}}"#
    );
    let policy = Policy::builder().interval(Duration::from_secs(30 * 60)).build().unwrap();
    let expected = settings().leeway(Duration::from_secs(90)).policy(policy);
    assert_eq!(serde_json::from_str::<CognitoSettings>(&json).unwrap(), expected);
    let any = vars(&[("user_pool_id", POOL), ("user_pool_client_id", "*")]).unwrap();
    let pool: UserPoolId = POOL.parse().unwrap();
    assert_eq!(any, CognitoSettings::new(pool).any_client());
    let error = vars(&[("user_pool_id", POOL), ("user_pool_client_id", "a,*")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "user_pool_client_id is 'a,*', allowed is client ids, or '*' alone for any client"
    );
    // Several pools, each a table.
    let text = format!("[[pool]]\nuser_pool_id = '{POOL}'\nuser_pool_client_id = 'a'");
    let read: BTreeMap<String, Vec<CognitoSettings>> = toml::from_str(&text).unwrap();
    assert_eq!(read["pool"], [settings()]);
}

#[test]
fn the_examples_of_the_original_are_presets() {
    for (text, preset) in [
        (include_str!("../examples/high_traffic.toml"), Policy::high_traffic()),
        (include_str!("../examples/high_security.toml"), Policy::high_security()),
        (include_str!("../examples/development.toml"), Policy::development()),
    ] {
        let expected = CognitoSettings::new(POOL.parse().unwrap())
            .client_id("your-client-id")
            .policy(preset.build().unwrap());
        assert_eq!(toml::from_str::<CognitoSettings>(text).unwrap(), expected);
        let table: toml::Table = toml::from_str(text).unwrap();
        let vars = table.iter().map(|(name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name.to_uppercase(), value)
        });
        assert_eq!(CognitoSettings::from_vars(vars).unwrap(), expected);
    }
}

#[test]
fn the_leeway_is_60_seconds_by_default() {
    assert_eq!(settings(), settings().leeway(Duration::from_secs(60)));
    let builder = crate::CognitoVerifier::builder().pool(settings());
    let (verifier, _drivers) = builder.build(Env::new(|| UNIX_EPOCH)).unwrap();
    assert_eq!(verifier.expectations().next().unwrap().leeway(), Duration::from_secs(60));
}

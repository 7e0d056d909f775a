use std::collections::BTreeMap;
use std::time::Duration;

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
    let table = include_str!("settings.md");
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
        (include_str!("examples/high_traffic.toml"), Policy::high_traffic()),
        (include_str!("examples/high_security.toml"), Policy::high_security()),
        (include_str!("examples/development.toml"), Policy::development()),
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
fn names_of_the_original_without_a_meaning_here_are_not_kept() {
    let secret =
        toml("user_pool_client_secret = 'hush'\njwt_algorithm = 'HS256'\njwt_secret_key = 1");
    assert_eq!(secret.unwrap(), settings());
}

#[test]
fn what_cannot_work_is_named() {
    let texts = "one or more texts, as a list or with commas between them";
    let template = "a url with `{}` for the region and a second `{}` for the user pool id, or `{0}` \
        and `{1}` for them, or neither";
    for (text, expected) in [
        (
            "user_pool_region = 'eu-west-1'",
            "user_pool_region is 'eu-west-1', allowed is 'us-east-1', the region of user_pool_id"
                .to_owned(),
        ),
        ("user_pool_groups = ''", format!("user_pool_groups is '', allowed is {texts}")),
        ("user_pool_groups = []", format!("user_pool_groups is a list, allowed is {texts}")),
        ("user_pool_scopes = 1", format!("user_pool_scopes is 1, allowed is {texts}")),
        (
            "user_pool_scopes = 'openid orders/read'",
            "user_pool_scopes is 'openid orders/read', allowed is scopes without space in them, as a \
             list or with commas between them"
                .to_owned(),
        ),
        (
            "user_pool_token_use = 'refresh'",
            "user_pool_token_use is 'refresh', allowed is 'access' or 'id' or 'either'".to_owned(),
        ),
        (
            "user_pool_issuer_type = 1",
            "user_pool_issuer_type is 1, allowed is 'original' or 'updated'".to_owned(),
        ),
        (
            "user_pool_issuer = ''",
            "user_pool_issuer is '', allowed is the `iss` of the tokens".to_owned(),
        ),
        (
            "user_pool_endpoint = 'vpc'",
            "user_pool_endpoint is 'vpc', allowed is 'standard' or 'dual_stack' or 'fips'".to_owned(),
        ),
        ("jwt_leeway = 601", "jwt_leeway is 601s, allowed is 0s to 10m".to_owned()),
        (
            "jwt_leeway = -1",
            "jwt_leeway is -1, allowed is a number of seconds, or a duration with a unit, such as \
             '90s'"
                .to_owned(),
        ),
        (
            "jwt_leeway = '1 fortnight'",
            "jwt_leeway is '1 fortnight', allowed is a number of seconds, or a duration with a unit, \
             such as '90s'"
                .to_owned(),
        ),
        (
            "jwt_token_verification_disabled = true",
            "jwt_token_verification_disabled is true, allowed is false: what is not verified does \
             not pass"
                .to_owned(),
        ),
        (
            "jwks_allow_loopback_http = 'maybe'",
            "jwks_allow_loopback_http is 'maybe', allowed is true or false".to_owned(),
        ),
        (
            "jwks_url_template = 'https://a/{pool}'",
            format!("jwks_url_template must be {template}"),
        ),
        (
            "jwks_url_template = 'http://a/{}'",
            "jwks_url_template: the url is not https".to_owned(),
        ),
        (
            "jwks_url_template = 'http://localhost/'",
            "jwks_url_template: the url is plain http to this machine, which has to be allowed: for \
             an emulator, with jwks_allow_loopback_http"
                .to_owned(),
        ),
        (
            "jwks_url_template = 'https://a'\nuser_pool_endpoint = 'fips'",
            "user_pool_endpoint: an endpoint has no meaning beside a key URL of one's own, which is \
             jwks_url_template"
                .to_owned(),
        ),
        ("user_pool_ID_ = 'x'", "unknown setting `user_pool_ID_`: did you mean `user_pool_id`?".to_owned()),
        (
            "user_pool_cleint_id = 'x'",
            "unknown setting `user_pool_cleint_id`: did you mean `user_pool_client_id`?".to_owned(),
        ),
        (
            "USER_POOL_ID = 'x'",
            "USER_POOL_ID and user_pool_id are the same setting: keep one".to_owned(),
        ),
        ("jwks_jiter = 0.5", "unknown setting `jwks_jiter`: did you mean `jwks_jitter`?".to_owned()),
        ("jitter = 0.5", "unknown setting `jitter`: did you mean `jwks_jitter`?".to_owned()),
        ("jwks_jitter = 2", "jwks_jitter is 2, allowed is 0 to 1".to_owned()),
        (
            "jwks_cache_interval = 2000",
            "jwks_cache_interval is 1day 9h 20m, allowed is at most 23h, which is max_trust less \
             stale_if_error"
                .to_owned(),
        ),
        (
            "jwks_cache_interval = 'soon'",
            "jwks_cache_interval is 'soon', allowed is a number of minutes, or a duration with a \
             unit, such as '90s'"
                .to_owned(),
        ),
        (
            "jwks_interval = 20",
            "jwks_interval is 20, allowed is a duration with a unit, such as '30s' or '1h 30m'"
                .to_owned(),
        ),
        (
            "jwks_interval = '20m'\njwks_cache_interval = 20",
            "jwks_interval and jwks_cache_interval are the same setting: keep one".to_owned(),
        ),
        (
            "jwks_cache_strategy = 'usage'\njwks_cache_interval = 20",
            "jwks_cache_interval has no effect with jwks_cache_strategy = usage: by `usage`, a \
             lifetime ends after `usages` validations, and at `max_trust` at the latest; leave it \
             out, or choose `time` or `both`"
                .to_owned(),
        ),
    ] {
        assert_eq!(toml(text).unwrap_err(), expected, "{text}");
    }
    for (text, expected) in [
        (
            "user_pool_endpoint = 'fips'\nuser_pool_issuer_type = 'updated'",
            "user_pool_endpoint: a FIPS endpoint: AWS documents none",
        ),
        ("port = 80", "unknown setting `port`: known are `user_pool_id`, `user_pool_region`, "),
    ] {
        let error = toml(text).unwrap_err();
        assert!(error.starts_with(expected) && error.lines().count() == 1, "{error}");
    }
}

#[test]
fn every_setting_of_the_policy_has_its_name_with_jwks_before_it() {
    let policy = Policy::fleet().usages(5).max_trust(Duration::from_secs(40 * 3600));
    let expected = settings().policy(policy.build().unwrap());
    let read = toml("jwks_preset = 'fleet'\njwks_usages = 5\njwks_max_trust = '40h'").unwrap();
    assert_eq!(read, expected);
    let policy = Policy::builder().strategy(jwks_core::refresh::Strategy::Time);
    let expected = settings().policy(policy.interval(Duration::from_secs(90)).build().unwrap());
    for interval in
        ["jwks_cache_interval = 1.5", "jwks_cache_interval = '90s'", "jwks_interval = '90s'"]
    {
        assert_eq!(toml(&format!("jwks_strategy = 'time'\n{interval}")).unwrap(), expected);
        assert_eq!(toml(&format!("jwks_cache_strategy = 'time'\n{interval}")).unwrap(), expected);
    }
    assert_eq!(toml("jwks_usages = 7").unwrap(), toml("jwks_cache_usages = 7").unwrap());
}

#[test]
fn what_kubernetes_sets_is_ignored_and_what_is_misspelt_is_not() {
    let ours = [("USER_POOL_ID", POOL), ("USER_POOL_CLIENT_ID", "a")];
    let with = |name: &'static str| {
        CognitoSettings::from_vars(ours.into_iter().chain([(name, "tcp://10.0.0.7:80")]))
    };
    for name in [
        "JWKS_SERVICE_HOST",
        "JWKS_SERVICE_PORT",
        "JWKS_SERVICE_PORT_HTTP",
        "JWKS_PORT",
        "JWKS_PORT_80_TCP",
        "JWKS_PORT_80_TCP_ADDR",
        "USER_POOL_SERVICE_HOST",
        "USER_POOL_PORT_80_TCP_ADDR",
        "USER_POOL_PORT_5353_UDP_PROTO",
        "PATH",
        "JWT_ISSUER",
    ] {
        assert_eq!(with(name).unwrap(), settings(), "{name}");
    }
    for (name, meant) in [
        ("JWKS_CACHE_INTERVALL", "JWKS_CACHE_INTERVAL"),
        ("USER_POOL_CLIENT", "USER_POOL_CLIENT_ID"),
    ] {
        let error = with(name).unwrap_err().to_string();
        assert_eq!(error, format!("unknown setting `{name}`: did you mean `{meant}`?"));
    }
    let error = with("JWKS_CACHE_USAGES").unwrap_err();
    assert_eq!(error.to_string(), "JWKS_CACHE_USAGES is a URL, allowed is a whole number");
    assert_eq!(error.setting(), "JWKS_CACHE_USAGES");
    let prefixed = ours.map(|(name, value)| (format!("AWS_COGNITO_{name}"), value));
    let kubernetes = ("AWS_COGNITO_USER_POOL_PORT_80_TCP".to_owned(), "tcp://10.0.0.7:80");
    let vars = prefixed.into_iter().chain([kubernetes]);
    assert_eq!(CognitoSettings::from_prefixed_vars("AWS_COGNITO_", vars).unwrap(), settings());
}

#[test]
#[cfg(unix)]
fn variables_need_not_be_text_unless_they_are_ours() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    let broken = OsString::from_vec(vec![0xff]);
    let ours = |name: &str, value: &OsString| {
        let vars = [("user_pool_id", POOL), ("user_pool_client_id", "a")];
        let vars = vars.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let more = [(broken.clone(), broken.clone()), (name.into(), value.clone())];
        CognitoSettings::from_vars(vars.into_iter().chain(more))
    };
    assert_eq!(ours("PATH", &broken).unwrap(), settings());
    let error = ours("user_pool_issuer", &broken).unwrap_err();
    assert_eq!(error.to_string(), "user_pool_issuer is not text (UTF-8)");
}

#[test]
fn what_is_missing_is_named() {
    let error = vars(&[("user_pool_client_id", "a")]).unwrap_err().to_string();
    assert_eq!(
        error,
        "USER_POOL_ID is missing: it must be the id of the user pool, such as 'eu-west-1_Ab12Cd34E'"
    );
    let error = vars(&[("user_pool_id", POOL)]).unwrap_err().to_string();
    assert_eq!(
        error,
        "USER_POOL_CLIENT_ID is missing: it must be one or more client ids, or '*' for any client \
         (in code `any_client()`)"
    );
    let error = vars(&[("user_pool_id", "eu-west-1"), ("user_pool_client_id", "a")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "user_pool_id: 'eu-west-1' is refused: the user pool id has no `_` between its region and its name"
    );
    assert!(
        vars(&[("user_pool_naem", "x")]).unwrap_err().to_string().starts_with("unknown setting")
    );
}

#[test]
fn what_cannot_work_is_refused_in_code_too() {
    for (settings, expected) in [
        (settings().client_id(""), "user_pool_client_id is '', allowed is text that is not empty"),
        (
            settings().any_client(),
            "user_pool_client_id: client_id and any_client are both given: keep client_id to accept \
             only tokens of these app clients, or any_client to accept those of all",
        ),
        (
            CognitoSettings::new(POOL.parse().unwrap()).any_client().client_id("a"),
            "user_pool_client_id: client_id and any_client are both given: keep client_id to accept \
             only tokens of these app clients, or any_client to accept those of all",
        ),
        (
            settings().client_id("*"),
            "user_pool_client_id is '*', allowed is one client id, without `*`, comma or space; \
             any client is `any_client()`",
        ),
        (
            settings().client_id("a,b"),
            "user_pool_client_id is 'a,b', allowed is one client id, without `*`, comma or space; \
             any client is `any_client()`",
        ),
        (
            settings().client_id("a").token_use(TokenUse::Id).scope("x"),
            "user_pool_scopes: no ID token has scopes, and `user_pool_token_use` lets no other pass",
        ),
        (settings().group(" "), "user_pool_groups is '', allowed is text that is not empty"),
        (settings().scope(""), "user_pool_scopes is '', allowed is text that is not empty"),
    ] {
        assert_eq!(settings.resolve().unwrap_err().to_string(), expected);
    }
}

#[test]
fn no_url_is_shown() {
    let error = toml("jwks_url_template = 'http://proxy/?key=hush{7}'").unwrap_err();
    assert!(!error.contains("hush"), "{error}");
    let shown = format!("{:?}", settings().jwks_uri("https://proxy/?key=hush"));
    assert!(shown.contains(POOL) && !shown.contains("hush"), "{shown}");
}

#[test]
fn the_leeway_is_60_seconds_by_default() {
    assert_eq!(settings(), settings().leeway(Duration::from_secs(60)));
    let builder = crate::CognitoVerifier::builder(|| std::time::UNIX_EPOCH).pool(settings());
    let (verifier, _drivers) = builder.build().unwrap();
    assert_eq!(verifier.expectations().next().unwrap().leeway(), Duration::from_secs(60));
}

#[test]
fn the_leeway_has_the_limit_of_the_core() {
    let builds = |leeway| settings().leeway(leeway).resolve().is_ok();
    assert!(builds(MAX_LEEWAY) && !builds(MAX_LEEWAY + Duration::from_nanos(1)));
    let core = |leeway| {
        let issuer = settings().resolve().unwrap().1.leeway(leeway);
        jwks_core::verify::Verifier::builder(|| std::time::UNIX_EPOCH)
            .issuer(issuer)
            .build()
            .is_ok()
    };
    assert!(core(MAX_LEEWAY) && !core(MAX_LEEWAY + Duration::from_nanos(1)));
}

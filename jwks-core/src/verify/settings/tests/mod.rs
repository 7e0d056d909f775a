//! What is read, from every form.

mod any;
mod refused;

use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::built::built;
use crate::cache::Env;
use crate::keys::Algorithm;
use crate::refresh::{Policy, Strategy as Lifetime};
use crate::verify::Verifier;

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
        .chain([format!("{:?} {:?}", settings.max_token_len, settings.remember_signatures)])
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
    ("JWKS_LABEL", "staff"),
    ("JWKS_LEEWAY", "2m"),
    ("JWKS_OPTIONAL", "on"),
    ("JWKS_TYPES", "at+jwt"),
    ("JWKS_REQUIRED_CLAIMS", "sub,scope"),
    ("JWKS_AZP", "app,web"),
    ("JWKS_MAX_TOKEN_LEN", "4096"),
    ("JWKS_REMEMBER_SIGNATURES", "10000"),
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
    label = "staff"
    leeway = "2m"
    optional = true
    types = ["at+jwt"]
    required_claims = ["sub", "scope"]
    azp = ["app", "web"]
    max_token_len = 4096
    remember_signatures = 10000
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
        .label("staff")
        .leeway(Duration::from_secs(120))
        .optional()
        .types(["at+jwt"])
        .required_claim("sub")
        .required_claim("scope")
        .azp("app")
        .azp("web")
        .policy(policy.build().unwrap());
    VerifierSettings {
        issuers: vec![issuer],
        max_token_len: Some(4096),
        remember_signatures: Some(10_000),
    }
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
    let rest = toml(
        "issuer = 'https://i'\ndiscover = true\nany_audience = 1\nalso_types = 'x'\n\
         without_iss = true\nmax_age_without_exp = '12h'\nany_sub = 'yes'",
    );
    let issuer = Issuer::new("https://i").discover().any_audience().also_type("x");
    let issuer = issuer.without_iss().max_age_without_exp(Duration::from_secs(43_200)).any_sub();
    assert_eq!(rest.unwrap().issuers[0].all(), issuer.all());
}

#[test]
fn every_setting_is_in_the_table() {
    let table = include_str!("../settings.md");
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
        remember_signatures = 0

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
    let expected = VerifierSettings {
        issuers: issuers.into(),
        max_token_len: Some(4096),
        remember_signatures: Some(0),
    };
    let settings = settings.unwrap();
    assert_eq!(all(&settings), all(&expected));
    let (verifier, drivers): (_, Vec<_>) = built(Verifier::builder().settings(settings));
    assert_eq!((verifier.caches().count(), drivers.len()), (3, 3));
}

#[test]
fn what_is_missing_can_be_given_in_code() {
    let settings = toml("issuer = 'https://id.example.com'\ndiscover = true").unwrap();
    let build = |settings| {
        Verifier::builder().settings(settings).assemble(Env::new(|| UNIX_EPOCH)).map(drop)
    };
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

#[test]
fn an_issuer_of_many_tenants() {
    const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    let document = "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration";
    let entra = |tenants: &str| {
        toml(&format!(
            "issuer = 'https://login.microsoftonline.com/{{tenantid}}/v2.0'
             also = ['https://sts.windows.net/{{tenantid}}/']
             discovery_url = '{document}'
             audience = 'my-api'
             {tenants}"
        ))
    };
    let in_code = |issuer: Issuer| all(&VerifierSettings::from(vec![issuer.audience("my-api")]));
    let read = entra(&format!("tenants = ['{TENANT}']")).unwrap();
    assert_eq!(all(&read), in_code(Issuer::entra().tenants([TENANT])));
    assert_eq!(all(&entra("any_tenant = true").unwrap()), in_code(Issuer::entra().any_tenant()));
    let from_vars = vars(&[
        ("JWKS_ISSUER", "https://login.microsoftonline.com/{tenantid}/v2.0"),
        ("JWKS_ALSO", "https://sts.windows.net/{tenantid}/"),
        ("JWKS_DISCOVERY_URL", document),
        ("JWKS_AUDIENCE", "my-api"),
        ("JWKS_TENANTS", TENANT),
    ]);
    assert_eq!(all(&from_vars.unwrap()), in_code(Issuer::entra().tenants([TENANT])));
    let error = entra("tenants = ['contoso.com']").unwrap_err();
    assert!(
        error.starts_with("tenants is `contoso.com`: it must be the id of a tenant"),
        "{error}"
    );
}

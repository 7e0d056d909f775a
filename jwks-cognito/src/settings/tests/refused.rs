//! What is refused, and what a person reads of it.

use super::*;

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
            "jwks_url_template: the url is not https: plain http is for a host that is allowed it by name, as \
             `keys.internal:8080` with `allow_http_host`".to_owned(),
        ),
        (
            "jwks_url_template = 'http://localhost/'",
            "jwks_url_template: the url is plain http to this machine, which has to be allowed: for \
             an emulator, with jwks_allow_loopback_http"
                .to_owned(),
        ),
        (
            "jwks_url_template = 'https://a'\nuser_pool_endpoint = 'fips'",
            "user_pool_endpoint: an endpoint has no effect beside a key URL of your own, which is \
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
fn the_leeway_has_the_limit_of_the_core() {
    let builds = |leeway| settings().leeway(leeway).resolve().is_ok();
    assert!(builds(MAX_LEEWAY) && !builds(MAX_LEEWAY + Duration::from_nanos(1)));
    let core = |leeway| {
        let issuer = settings().resolve().unwrap().1.leeway(leeway);
        let builder = jwks_core::verify::Verifier::builder().issuer(issuer);
        builder.build(Env::new(|| UNIX_EPOCH)).is_ok()
    };
    assert!(core(MAX_LEEWAY) && !core(MAX_LEEWAY + Duration::from_nanos(1)));
}

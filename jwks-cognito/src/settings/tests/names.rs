//! Which names are ours.

use super::*;

#[test]
fn names_of_the_original_without_a_meaning_here_are_not_kept() {
    let secret =
        toml("user_pool_client_secret = 'hush'\njwt_algorithm = 'HS256'\njwt_secret_key = 1");
    assert_eq!(secret.unwrap(), settings());
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

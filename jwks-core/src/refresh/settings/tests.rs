use super::*;

const KNOWN: &[&str] = &["audience", "leeway", "jwks_uri", "policy", "issuers"];

fn json(text: &str) -> Settings {
    serde_json::from_str(text).unwrap()
}

fn vars(pairs: &[(&str, &str)]) -> Settings {
    Settings::from_vars("JWKS_", pairs.iter().copied(), KNOWN, |_| true).unwrap()
}

#[test]
fn a_name_that_nothing_knows_is_refused_with_the_nearest() {
    for (settings, setting, text) in [
        (
            json(r#"{"audiance": "a"}"#),
            "audiance",
            "unknown setting `audiance`: did you mean `audience`?",
        ),
        (
            vars(&[("JWKS_AUDIANCE", "a")]),
            "JWKS_AUDIANCE",
            "unknown setting `JWKS_AUDIANCE`: did you mean `JWKS_AUDIENCE`?",
        ),
        (
            vars(&[("JWKS_JWKS_URI", "a")]),
            "JWKS_JWKS_URI",
            "unknown setting `JWKS_JWKS_URI`: did you mean `JWKS_URI`?",
        ),
        (
            json(r#"{"client_secret": "hush"}"#),
            "client_secret",
            "unknown setting `client_secret`: known are `audience`, `leeway`, `jwks_uri`, \
             `policy`, `issuers`",
        ),
        (json(r#"{"x\ny": 1}"#), "x\\ny", "unknown setting `x\\ny`: known are `audience`, "),
        (
            json(r#"{"leeway": 1, "LEEWAY": 2}"#),
            "LEEWAY",
            "leeway and LEEWAY are the same setting: keep one",
        ),
        (json(r#"{"leeway": 1, "leeway": 2}"#), "leeway", "leeway is given twice: keep one"),
    ] {
        let error = settings.check_names(KNOWN).unwrap_err();
        assert!(error.to_string().starts_with(text), "{error}");
        assert_eq!(error.setting(), setting);
        assert_eq!(format!("{error:?}"), error.to_string());
    }
    json(r#"{"Audience": 1, "leeway": null}"#).check_names(KNOWN).unwrap();
}

#[test]
fn a_value_is_refused_by_the_path_of_its_setting() {
    let mut root = json(r#"{"leeway": "long", "policy": 1, "issuers": [{"leeway": 5}, 7]}"#);
    let leeway = root.take("leeway").unwrap();
    let error = leeway.read(|value| value.duration()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "leeway is 'long', allowed is a duration with a unit, such as '30s' or '1h 30m'"
    );
    assert_eq!(
        leeway.read_hidden(|_| Err::<(), _>("a url")).unwrap_err().to_string(),
        "leeway must be a url"
    );
    let error = root.take_table("policy").unwrap_err();
    assert_eq!(error.to_string(), "policy is 1, allowed is a table");
    let error = root.clone().take_tables("issuers").unwrap_err();
    assert_eq!(error.to_string(), "issuers[1] is 7, allowed is a table");
    let error = json(r#"{"issuers": []}"#).take_tables("issuers").unwrap_err();
    assert_eq!(error.to_string(), "issuers is a list, allowed is a list of one or more tables");
    let mut root = json(r#"{"issuers": [{}, {"policy": {"leeway": []}, "audiance": 1}]}"#);
    let mut second = root.take_tables("issuers").unwrap().unwrap().remove(1);
    assert_eq!((second.path(), second.show("leeway")), ("issuers[1]", "issuers[1].leeway".into()));
    let error = second.check_names(KNOWN).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown setting `issuers[1].audiance`: did you mean `audience`?"
    );
    let mut policy = second.take_table("policy").unwrap().unwrap();
    let leeway = policy.take("leeway").unwrap();
    assert_eq!(leeway.shown(), "issuers[1].policy.leeway");
    assert!(policy.is_empty() && !policy.has("leeway"));
}

#[test]
#[cfg(unix)]
fn a_variable_need_not_be_text_unless_it_is_ours() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    let broken = OsString::from_vec(vec![0xff]);
    let read = |name: &str| {
        let vars = [(broken.clone(), broken.clone()), (name.into(), broken.clone())];
        Settings::from_vars("JWKS_", vars, KNOWN, |_| true)
    };
    assert!(read("PATH").unwrap().is_empty());
    let error = read("JWKS_LEEWAY").unwrap_err();
    assert_eq!(error.to_string(), "JWKS_LEEWAY is not text (UTF-8)");
}

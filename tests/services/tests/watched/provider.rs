//! Each button does what it says.

use crate::service::{Service, ask, get};

fn shows(service: &Service, text: &str) -> bool {
    get(&service.provider, "/", &[]).body.contains(text)
}

/// The value of a series; 0 if there is none.
fn metric(service: &Service, series: &str) -> f64 {
    let text = service.debug("/metrics").body;
    let values =
        text.lines().filter_map(|line| line.strip_prefix(series)?.trim().parse::<f64>().ok());
    values.sum()
}

#[test]
fn honest_callers_are_served() {
    let service = Service::start();
    service.until(|it| shows(it, "200 × "));
}

#[test]
fn an_outage_and_its_end() {
    let service = Service::start();
    let failures = r#"jwks_consecutive_failures{issuer="embedded"}"#;
    assert_eq!(service.orders(&service.token()).status, 200);
    service.press("outage");
    assert!(shows(&service, "outage: on"));
    // A kid that nobody holds makes it ask at once.
    service.press("sign-ahead");
    service.until(|it| metric(it, failures) > 0.0);
    service.until(|it| it.debug("/").body.contains("class=\"state degraded\""));
    service.press("outage");
    assert!(!shows(&service, "outage: on"));
    service.until(|it| metric(it, failures) == 0.0);
}

/// Slower than an attempt may be: attempts fail by their time limit.
#[test]
fn slow_answers() {
    let service = Service::start();
    assert_eq!(service.orders(&service.token()).status, 200);
    service.press("slow");
    service.press("rotate");
    let timeouts = r#"jwks_fetch_errors_total{issuer="embedded",error_type="timeout"}"#;
    service.until(|it| {
        it.orders(&it.token());
        metric(it, timeouts) > 0.0
    });
    service.press("slow");
    service.until(|it| it.orders(&it.token()).status == 200);
}

/// 50 a second ask for few fetches, and honest callers do not notice.
#[test]
fn forged_kids() {
    let service = Service::start();
    let token = service.token();
    assert_eq!(service.orders(&token).status, 200);
    service.press("forged-kids");
    let misses = r#"jwt_validations_total{issuer="embedded",result="unknown_kid"}"#;
    service.until(|it| metric(it, misses) >= 100.0);
    service.press("forged-kids");
    assert_eq!(service.orders(&token).status, 200);
    let text = service.debug("/metrics").body;
    let fetches = text.lines().filter(|line| {
        line.starts_with("jwks_fetches_total") && line.contains(r#"reason="unknown_kid""#)
    });
    let fetches = fetches.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap());
    // Three at once, and one in 5 s.
    assert!((1.0..30.0).contains(&fetches.sum::<f64>()), "{text}");
}

#[test]
fn tokens_for_others_and_of_a_fast_clock() {
    let service = Service::start();
    for (button, result) in [("wrong-audience", "wrong_audience"), ("fast-clock", "not_yet_valid")]
    {
        assert_eq!(service.orders(&service.token()).status, 200);
        service.press(button);
        let refused = service.orders(&service.token());
        assert_eq!(refused.status, 401, "{button}");
        assert!(refused.header("www-authenticate").unwrap().contains("invalid_token"));
        let series = format!(r#"jwt_validations_total{{issuer="embedded",result="{result}"}}"#);
        assert!(metric(&service, &series) >= 1.0);
        service.press(button);
    }
    assert_eq!(service.orders(&service.token()).status, 200);
}

#[test]
fn rotations_of_each_kind() {
    let service = Service::start();
    let first = service.token();
    assert_eq!(service.orders(&first).status, 200);
    // The new key serves after one fetch, the old one goes on.
    service.press("rotate");
    service.until(|it| it.orders(&it.token()).status == 200);
    assert_eq!(service.orders(&first).status, 200);
    // Signed by a key that is published nowhere.
    service.press("sign-ahead");
    assert_eq!(service.orders(&service.token()).status, 401);
    // All others are gone as soon as the new one is known.
    service.press("replace-keys");
    service.until(|it| it.orders(&it.token()).status == 200);
    assert_eq!(service.orders(&first).status, 401);
    let changes = r#"jwks_key_changes_total{issuer="embedded",change="removed"}"#;
    assert!(metric(&service, changes) >= 1.0);
}

#[test]
fn no_other_button() {
    let service = Service::start();
    let answer = ask("POST", &service.provider, "/press/nothing", &[]);
    assert_eq!(answer.status, 404);
}

//! What callers and probes are answered.

use jwks_testkit::{AUDIENCE, IssuerServer};

use crate::service::{Service, get};

#[test]
fn a_token_a_forged_one_and_none() {
    let service = Service::start();
    let good = service.orders(&service.token());
    assert_eq!((good.status, good.body.as_str()), (200, "orders of alice\n"));

    let none = get(&service.service, "/orders", &[]);
    assert_eq!(none.status, 401);
    assert!(none.header("www-authenticate").unwrap().contains("realm=\"orders\""));

    // A letter of the signature is another one.
    let mut forged = service.token();
    let last = forged.len() - 20;
    let other = if &forged[last..=last] == "A" { "B" } else { "A" };
    forged.replace_range(last..=last, other);
    let forged = service.orders(&forged);
    assert_eq!(forged.status, 401);
    assert!(forged.header("www-authenticate").unwrap().contains("invalid_token"));
}

#[test]
fn without_a_scope_403() {
    let issuer = IssuerServer::start();
    let service = Service::with(&settings(&issuer, "staff"));
    assert_eq!(service.orders(&issuer.token().scopes(["orders:read"]).sign()).status, 200);
    let answer = service.orders(&issuer.token().scopes(["mail:read"]).sign());
    assert_eq!(answer.status, 403);
    assert!(answer.header("www-authenticate").unwrap().contains("insufficient_scope"));
}

/// The probes do not follow: a restart would help nobody.
#[test]
fn in_an_outage_a_new_key_is_503_and_the_held_one_serves() {
    let service = Service::start();
    let held = service.token();
    assert_eq!(service.orders(&held).status, 200);
    service.press("outage");
    service.press("sign-ahead");
    service.until(|it| it.orders(&it.token()).status == 503);
    let answer = service.orders(&service.token());
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
    assert_eq!(service.orders(&held).status, 200);
    assert_eq!(get(&service.service, "/livez", &[]).status, 200);
    assert_eq!(get(&service.service, "/readyz", &[]).status, 200);

    service.press("outage");
    service.press("rotate");
    service.until(|it| it.orders(&it.token()).status == 200);
}

#[test]
fn without_any_keys_it_lives_and_is_not_ready() {
    let issuer = IssuerServer::start();
    issuer.go_down();
    let service = Service::with(&settings(&issuer, "staff"));
    assert_eq!(get(&service.service, "/livez", &[]).status, 200);
    let ready = get(&service.service, "/readyz", &[]);
    assert_eq!(ready.status, 503);
    assert!(ready.body.contains("connect"), "it says why: {}", ready.body);
    assert_eq!(service.orders(&issuer.token().sign()).status, 503);

    issuer.come_up();
    service.until(|it| get(&it.service, "/readyz", &[]).status == 200);
}

/// Of one issuer that listens on loopback, with lifetimes that no test outlives.
pub(crate) fn settings(issuer: &IssuerServer, label: &str) -> String {
    format!(
        "audience = '{AUDIENCE}'\n[[issuers]]\nissuer = '{}'\njwks_uri = '{}'\n\
         label = \"{label}\"\nallow_loopback_http = true\n\
         policy = {{ min_refresh_interval = '1s', unknown_kid_cooldown = '1s', \
         retry_initial = '100ms', retry_max = '1s' }}\n",
        issuer.iss(),
        issuer.url()
    )
}

//! Nothing that is told anywhere holds a token, or the value of a claim.

use std::error::Error;

use jwks_conformance::{
    Service, World,
    world::{failed, lifetime, ms},
};
use jwks_testkit::{Reply, Signer, unknown_kid_token};
use jwks_tokio::{Registered, Verified};
use serde_json::{Value, json};

use crate::world;

const SECRET: &str = "hush-7f3a";

#[test]
fn errors_events_and_status_are_silent() {
    let world = world();
    let service = world.loaded(lifetime(ms(100)).retry(ms(20), ms(50)).unknown_kid_cooldown(ms(1)));
    let mut told = Told::default();
    let mut secret = world.claims();
    for name in ["sub", "jti", "email"] {
        secret[name] = format!("{SECRET}@{name}").into();
    }
    let with = |name: &str, value: Value| {
        let mut claims = secret.clone();
        claims[name] = value;
        claims
    };
    let key = &world.key;
    let header = |header: Value| key.sign_with_header(&header, &secret);
    for token in [
        key.sign(&with("iss", SECRET.into())),
        key.sign(&with("aud", SECRET.into())),
        key.sign(&with("aud", json!({ SECRET: 1 }))),
        key.sign(&with("exp", SECRET.into())),
        key.sign(&with("exp", 17_171_717.into())),
        key.sign(&with("nbf", 4_171_717_171_u64.into())),
        key.sign(&with("sub", json!([SECRET]))),
        key.sign_bytes(
            key.header().to_string().as_bytes(),
            format!("{{\"sub\":\"{SECRET}").as_bytes(),
        ),
        header(json!({ "alg": "none" })),
        header(json!({ "alg": "ES256", "kid": "k1", "typ": "x" })),
        header(json!({ "alg": "ES256", "kid": "k1", "crit": ["exp"] })),
        header(json!({ "alg": "RS256", "kid": "k1" })),
        format!("{}=", key.sign(&secret)),
        format!("{}.x", key.sign(&secret)),
        Signer::es256("k1").sign(&secret),
        unknown_kid_token(&secret),
    ] {
        told.error(&service.verify(&token).unwrap_err(), &token);
    }
    // A type of one's own that does not fit: serde would quote the value.
    #[derive(Debug, serde::Deserialize)]
    struct Own {
        #[expect(dead_code, reason = "only its shape matters")]
        sub: u64,
    }
    let token = key.sign(&secret);
    let unfit = pollster::block_on(service.verifier.verify::<Own>(&token));
    told.error(&unfit.map(Verified::into_claims).unwrap_err(), &token);
    let verified = service.verify(&token).unwrap();
    told.line(format!("{verified:?} {:?}", service.verifier), &token);

    for reply in [
        Reply::keys(format!("{{\"keys\":[{{\"kty\":\"oct\",\"k\":\"{SECRET}\"}}]}}")),
        Reply::keys(format!("{SECRET} is not JSON")),
        Reply::redirect(&format!("https://elsewhere.example/{SECRET}?code={SECRET}")),
        Reply::status(503).header("location", SECRET),
    ] {
        world.issuer.next(reply);
    }
    world.log.wait_for(4, failed);
    told.error(&service.verify(&unknown_kid_token(&secret)).unwrap_err(), &token);
    outage(&world, &service, &mut told, &token);
    for event in world.log.events() {
        told.line(format!("{event} {event:?}"), &token);
    }
    let status = service.status();
    told.line(format!("{status:?} {}", serde_json::to_string(&status).unwrap()), &token);
    assert!(told.lines > 30, "{}", told.lines);
}

fn outage(world: &World<'_>, service: &Service, told: &mut Told, token: &str) {
    world.issuer.go_down();
    service.cache().invalidate();
    let within = service.verifier.verify_within::<Registered>(token, ms(50));
    told.error(&pollster::block_on(within).expect_err("no keys"), token);
    told.error(&service.verifier.try_verify::<Registered>(token).expect_err("no keys"), token);
}

/// What has been told, and was found silent.
#[derive(Default)]
struct Told {
    lines: usize,
}

impl Told {
    fn error(&mut self, error: &(dyn Error + 'static), token: &str) {
        let mut link = Some(error);
        while let Some(error) = link {
            self.line(error.to_string(), token);
            self.line(format!("{error:?}"), token);
            assert!(!error.to_string().contains('\n'), "{error}");
            link = error.source();
        }
    }

    fn line(&mut self, line: String, token: &str) {
        self.lines += 1;
        assert!(!line.contains(SECRET), "{line}");
        assert!(!line.contains("17171717") && !line.contains("4171717171"), "{line}");
        let parts = token.split('.').filter(|part| part.len() > 8);
        for part in parts {
            assert!(!line.contains(part), "{line}");
        }
    }
}

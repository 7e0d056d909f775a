//! Cognito's verifiers and calls in a guard, alone and beside others.

use std::convert::Infallible;

use http::{Request, Response};
use jwks_cognito::{AccessClaims, CognitoSettings, CognitoVerifier};
use jwks_testkit::{InMemory, Signer, TestIssuer, TokenBuilder};
use jwks_tower::{Caller, Guard};
use tower::{Layer, ServiceExt, service_fn};

use crate::world::{bearer, header};

const POOL: &str = "eu-west-1_Ab12Cd34E";
const ISS: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E";

struct Cognito {
    issuer: TestIssuer,
    memory: InMemory,
    verifier: CognitoVerifier,
}

impl Cognito {
    fn new() -> Self {
        let mut memory = InMemory::new();
        let issuer = memory.issuer_with(ISS, Signer::rs256_shared(0, "pool"));
        issuer.always_at("/.well-known/jwks.json", jwks_testkit::Reply::published());
        let settings = CognitoSettings::new(POOL.parse().expect("a pool")).client_id("app");
        let verifier = memory.start(CognitoVerifier::builder().pool(settings));
        let verifier = verifier.expect("a verifier");
        Self { issuer, memory, verifier }
    }

    fn token(&self) -> TokenBuilder {
        let token = self.issuer.token().claim("token_use", "access").claim("client_id", "app");
        token.claim("username", "alice").without("aud")
    }

    fn ask(&mut self, guard: &Guard<AccessClaims>, token: &TokenBuilder) -> Response<String> {
        let service = guard.layer(service_fn(|request: Request<String>| async move {
            let caller = Caller::<AccessClaims>::of(request.extensions()).expect("a caller");
            let name = caller.claims().username.clone().unwrap_or_default();
            Ok::<_, Infallible>(Response::new(name))
        }));
        self.memory.block_on(service.oneshot(bearer(&token.sign()))).expect("a response")
    }
}

#[test]
fn a_call_of_cognito_decides() {
    let mut cognito = Cognito::new();
    let call = cognito.verifier.call().scope("orders/read");
    let guard = Guard::<AccessClaims>::builder(call).realm("orders").build().unwrap();
    let reader = cognito.token().claim("scope", "openid orders/read");
    let response = cognito.ask(&guard, &reader);
    assert_eq!((response.status().as_u16(), &**response.body()), (200, "alice"));

    let missing = cognito.token().claim("scope", "openid");
    let response = cognito.ask(&guard, &missing);
    let said = r#"Bearer realm="orders", error="insufficient_scope""#;
    assert_eq!(
        (response.status().as_u16(), header(&response, "www-authenticate")),
        (403, Some(said))
    );

    // Another client's, and one of identity: not for us at all.
    let invalid = r#"Bearer realm="orders", error="invalid_token""#;
    for wrong in [
        reader.clone().claim("client_id", "other"),
        reader.clone().claim("token_use", "id"),
        reader.clone().claim("token_use", "refresh"),
    ] {
        let response = cognito.ask(&guard, &wrong);
        assert_eq!(response.status(), 401);
        assert_eq!(header(&response, "www-authenticate"), Some(invalid));
    }
}

#[test]
fn cognito_and_another_issuer_share_a_guard() {
    let mut cognito = Cognito::new();
    let other = cognito.memory.issuer("https://id.example.com");
    let second = cognito.memory.verifier([other.configured()]);
    let guard = Guard::<AccessClaims>::builder(cognito.verifier.clone())
        .or(second.clone())
        .build()
        .unwrap();
    let ours = cognito.token();
    assert_eq!(cognito.ask(&guard, &ours).status(), 200);
    let theirs = other.token().claim("token_use", "access").claim("client_id", "x");
    assert_eq!(cognito.ask(&guard, &theirs).status(), 200);
    // A key of the second that is not held yet is waited for, whichever comes first.
    other.rotate();
    let rotated = other.token().claim("token_use", "access").claim("client_id", "x");
    assert_eq!(cognito.ask(&guard, &rotated).status(), 200);
    let turned = Guard::<AccessClaims>::builder(second).or(cognito.verifier.clone());
    let turned = turned.build().unwrap();
    other.rotate();
    let rotated = other.token().claim("token_use", "access").claim("client_id", "x");
    assert_eq!(cognito.ask(&turned, &rotated).status(), 200);
    assert_eq!(cognito.ask(&turned, &ours).status(), 200);
    for wrong in
        [ours.clone().forged(), theirs.clone().forged(), ours.clone().issuer("https://x.y")]
    {
        assert_eq!(cognito.ask(&guard, &wrong).status(), 401);
        assert_eq!(cognito.ask(&turned, &wrong).status(), 401);
    }
}

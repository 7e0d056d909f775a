//! aliri_oauth2: it wants claims of its own kinds, of the same number.

use std::hint::black_box;
use std::time::Duration;

use aliri::jwa::Algorithm;
use aliri::jwt::{
    Audience, Audiences, CoreClaims, CoreValidator, Issuer, IssuerRef, JwtRef, Subject, SubjectRef,
};
use aliri_clock::UnixTime;
use aliri_oauth2::{Authority, HasScope, Scope, ScopePolicy};
use serde::Deserialize;

use super::{Outcome, accepted, text};
use crate::world::{AUDIENCE, ISSUER, World};

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "what it costs to read them is measured")]
struct Claims {
    iss: Issuer,
    sub: Subject,
    aud: Audiences,
    exp: UnixTime,
    iat: UnixTime,
    nbf: UnixTime,
    jti: String,
    client_id: String,
    scope: Scope,
    email: String,
    email_verified: bool,
}

impl CoreClaims for Claims {
    fn nbf(&self) -> Option<UnixTime> {
        Some(self.nbf)
    }

    fn exp(&self) -> Option<UnixTime> {
        Some(self.exp)
    }

    fn aud(&self) -> &Audiences {
        &self.aud
    }

    fn iss(&self) -> Option<&IssuerRef> {
        Some(&self.iss)
    }

    fn sub(&self) -> Option<&SubjectRef> {
        Some(&self.sub)
    }
}

impl HasScope for Claims {
    fn scope(&self) -> &Scope {
        &self.scope
    }
}

pub(super) async fn peer(world: &World) -> Outcome {
    if world.algorithm() != "RS256" {
        return Err("its other algorithms want OpenSSL's headers".to_owned());
    }
    let validator = CoreValidator::default()
        .ignore_expiration()
        .check_expiration()
        .check_not_before()
        .with_leeway(Duration::from_secs(60))
        .add_approved_algorithm(Algorithm::RS256)
        .add_allowed_audience(Audience::from_static(AUDIENCE))
        .require_issuer(Issuer::from_static(ISSUER));
    let authority = Authority::new_from_url(world.keys(), validator).await.map_err(text)?;
    authority.spawn_refresh(super::DAY);
    let (token, policy) = (JwtRef::from_static(world.token), ScopePolicy::allow_any());
    accepted(move || {
        let claims = authority.verify_token::<Claims>(token, &policy).map_err(text)?;
        drop(black_box(claims));
        Ok(())
    })
}

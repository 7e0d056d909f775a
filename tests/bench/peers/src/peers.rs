//! The peers, each in its best configuration.

use std::convert::Infallible;
use std::fmt::Display;
use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::time::Duration;

use axum_jwt_auth::{RemoteJwksDecoder, RemoteJwksDecoderConfig};
use http::{Request, Response};
use jsonwebtoken_10::{Algorithm, DecodingKey, Validation, decode, decode_header};
use jwks_cache::{IdentityProviderRegistration, Registry};
use jwks_client_rs::JwksClient;
use jwks_client_rs::source::WebSource;
use oauth_resource_server::{KeyNaming, OAuthConfig, OAuthValidator};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_oauth2_resource_server::server::OAuth2ResourceServer;
use tower_oauth2_resource_server::tenant::TenantConfiguration;

use crate::claims::Claims;
use crate::subjects::{Subject, ready};
use crate::world::{AUDIENCE, ISSUER, World};

mod aliri;

/// A peer whose keys are loaded and that has accepted the token; or why it cannot.
type Outcome = Result<Box<Subject>, String>;

type Peer = for<'a> fn(&'a World) -> Pin<Box<dyn Future<Output = Outcome> + 'a>>;

pub(crate) const PEERS: [(&str, Peer); 6] = [
    ("aliri_oauth2", |world| Box::pin(aliri::peer(world))),
    ("axum-jwt-auth", |world| Box::pin(axum_jwt_auth(world))),
    ("jwks-cache", |world| Box::pin(jwks_cache(world))),
    ("jwks_client_rs", |world| Box::pin(jwks_client(world))),
    ("oauth-resource-server", |world| Box::pin(oauth_resource_server(world))),
    ("tower-oauth2-resource-server", |world| Box::pin(tower_oauth2(world))),
];

/// It hands the verdict to extractors of axum; here its decoder is called.
async fn axum_jwt_auth(world: &World) -> Outcome {
    let decoder = RemoteJwksDecoder::builder()
        .jwks_url(world.keys())
        .config(RemoteJwksDecoderConfig::builder().cache_duration(DAY).build())
        .validation(validation(world.algorithm().parse().map_err(text)?))
        .build()
        .map_err(text)?;
    decoder.initialize().await.map_err(text)?;
    let token = world.token;
    let check = move || -> Result<(), String> {
        let checked = ready(axum_jwt_auth::JwtDecoder::<Claims>::decode(&decoder, token));
        checked.map(|it| drop(black_box(it))).map_err(text)
    };
    accepted(check)
}

/// It gives the key set; the rest is jsonwebtoken's, as its README shows.
async fn jwks_cache(world: &World) -> Outcome {
    let registry = Registry::builder().require_https(false).build();
    let registration = IdentityProviderRegistration::new("tenant", "provider", world.keys());
    let registration = registration.map_err(text)?.with_require_https(false);
    registry.register(registration).await.map_err(text)?;
    registry.resolve("tenant", "provider", None).await.map_err(text)?;
    let validation = validation(world.algorithm().parse().map_err(text)?);
    let token = world.token;
    accepted(move || {
        let kid = decode_header(token).map_err(text)?.kid.ok_or("no kid")?;
        let keys = ready(registry.resolve("tenant", "provider", Some(&kid))).map_err(text)?;
        let key = DecodingKey::from_jwk(keys.find(&kid).ok_or("no key")?).map_err(text)?;
        let decoded = decode::<Claims>(token, &key, &validation).map_err(text)?;
        drop(black_box(decoded));
        Ok(())
    })
}

/// It cannot be told an issuer.
async fn jwks_client(world: &World) -> Outcome {
    let url = world.keys().parse().map_err(text)?;
    let source = WebSource::builder().build(url).map_err(text)?;
    let client = JwksClient::builder().time_to_live(DAY).build(source);
    let token = world.token;
    client.decode::<Claims>(token, &[AUDIENCE]).await.map_err(text)?;
    accepted(move || {
        let claims = ready(client.decode::<Claims>(token, &[AUDIENCE])).map_err(text)?;
        drop(black_box(claims));
        Ok(())
    })
}

/// It reads the claims as a map, and into a type only by a second step, which is left out here.
async fn oauth_resource_server(world: &World) -> Outcome {
    let config = OAuthConfig {
        enabled: true,
        issuer: ISSUER.to_owned(),
        jwks_uri: Some(world.keys()),
        audience: AUDIENCE.to_owned(),
        resource: "https://api.example.com".to_owned(),
        algorithms: vec![world.algorithm().to_owned()],
        allow_insecure_http: true,
        allow_unscoped_tokens: true,
        ..OAuthConfig::default()
    };
    let config = config.resolve(KeyNaming::Dotted("oauth")).map_err(text)?.ok_or("disabled")?;
    let validator = OAuthValidator::new(&config).map_err(text)?;
    validator.refresh_now().await.map_err(text)?;
    let token = world.token;
    accepted(move || {
        let validated = ready(validator.validate(token)).map_err(text)?;
        drop(black_box(validated));
        Ok(())
    })
}

/// It is a layer and nothing else: the time is that of a request through it, to a handler that does
/// nothing.
async fn tower_oauth2(world: &World) -> Outcome {
    let tenant = TenantConfiguration::builder(ISSUER)
        .jwks_url(world.keys())
        .audiences(&[AUDIENCE])
        .jwks_refresh_interval(DAY)
        .build()
        .await
        .map_err(text)?;
    let server = OAuth2ResourceServer::<Claims>::builder().add_tenant(tenant);
    let layer = server.build().await.map_err(text)?.into_layer::<()>();
    let service =
        layer.layer(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(()))));
    let authorization = http::HeaderValue::try_from(format!("Bearer {}", world.token));
    let authorization = authorization.map_err(text)?;
    let check = move || {
        let request = Request::builder().header(http::header::AUTHORIZATION, &authorization);
        let Ok(response) = ready(service.clone().oneshot(request.body(()).map_err(text)?));
        if response.status().is_success() { Ok(()) } else { Err(response.status().to_string()) }
    };
    // It says nowhere that its keys have come.
    for _ in 0..200 {
        if check().is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    accepted(check)
}

/// Each measured validation must succeed; so must this first one.
fn accepted(check: impl Fn() -> Result<(), String> + Sync + 'static) -> Outcome {
    check()?;
    Ok(Box::new(move || check().expect("the token was good before")))
}

fn validation(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_nbf = true;
    validation
}

fn text(error: impl Display) -> String {
    error.to_string()
}

const DAY: Duration = Duration::from_secs(86_400);

//! A pool, its keys, and tokens that pass but for what a test changes. All that is used of the
//! test crate is named here.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jwks_cognito::{CognitoBuilder, CognitoSettings, CognitoVerifier, Pool, Refusal, SavedKeys};
use jwks_core::adapter::{Driver, Env, Start};
use jwks_core::verify::Error;
pub(crate) use jwks_testkit::Signer;
use jwks_testkit::jwk_set;
use serde_json::{Value, json};

pub(crate) const POOL: &str = "eu-west-1_Ab12Cd34E";
pub(crate) const CLIENT: &str = "client-1";

/// When every test takes place.
pub(crate) fn now() -> SystemTime {
    at(1_700_000_000)
}

pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// The key of [`POOL`].
pub(crate) fn key() -> Signer {
    Signer::rs256_shared(0, "key-1")
}

pub(crate) fn settings() -> CognitoSettings {
    settings_of(POOL)
}

/// For tokens of any client.
pub(crate) fn any_client() -> CognitoSettings {
    CognitoSettings::new(POOL.parse().unwrap()).any_client()
}

pub(crate) fn settings_of(pool: &str) -> CognitoSettings {
    CognitoSettings::new(pool.parse().unwrap()).client_id(CLIENT)
}

/// The pool with this key at hand.
pub(crate) fn holding(settings: CognitoSettings, key: &Signer) -> Pool {
    let saved = SavedKeys::from_jwk_set(jwk_set(&[key]), now()).unwrap();
    Pool::from(settings).hydrate(saved)
}

/// A verifier of this pool; the drivers only so that they live.
pub(crate) fn verifier(settings: CognitoSettings) -> (CognitoVerifier, Vec<Driver>) {
    verifier_of([holding(settings, &key())])
}

pub(crate) fn verifier_of(pools: impl IntoIterator<Item = Pool>) -> (CognitoVerifier, Vec<Driver>) {
    built(pools.into_iter().fold(CognitoVerifier::builder(), |b, pool| b.pool(pool)))
}

/// The verifier, and the drivers to be polled by hand. The clock is `now`, or the builder's own.
pub(crate) fn built(builder: CognitoBuilder) -> (CognitoVerifier, Vec<Driver>) {
    let (verifier, mut drivers) = builder.build(Env::new(now)).unwrap();
    (verifier, drivers.take_ready())
}

/// The claims of a good access token, with one change.
pub(crate) fn access(change: impl FnOnce(&mut Value)) -> Value {
    let mut claims = json!({
        "sub": "user-1", "iss": iss(POOL), "client_id": CLIENT, "token_use": "access",
        "scope": "openid orders/read", "cognito:groups": ["staff"], "username": "somebody",
        "auth_time": 1_699_999_000, "iat": 1_699_999_000, "exp": 1_700_003_600,
    });
    change(&mut claims);
    claims
}

/// The claims of a good ID token, with one change.
pub(crate) fn id(change: impl FnOnce(&mut Value)) -> Value {
    let mut claims = json!({
        "sub": "user-1", "iss": iss(POOL), "aud": CLIENT, "token_use": "id",
        "cognito:groups": ["staff"], "cognito:username": "somebody",
        "auth_time": 1_699_999_000, "iat": 1_699_999_000, "exp": 1_700_003_600,
    });
    change(&mut claims);
    claims
}

pub(crate) fn iss(pool: &str) -> String {
    settings_of(pool).user_pool_id().issuer()
}

/// A token by the pool's key, with a header as Cognito writes it.
pub(crate) fn token(claims: &Value) -> String {
    sign(&key(), claims)
}

pub(crate) fn sign(key: &Signer, claims: &Value) -> String {
    key.sign_with_header(&json!({ "kid": key.kid(), "alg": key.algorithm() }), claims)
}

/// The refusal that this error tells of; none if it is of another kind.
pub(crate) fn refusal<T>(result: Result<T, Error>) -> Option<Refusal> {
    result.err().as_ref().and_then(Refusal::of)
}

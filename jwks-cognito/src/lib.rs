//! Amazon Cognito for [`jwks_core`]: from a user pool's id to validated tokens, on any adapter.
//!
//! ```no_run
//! use jwks_cognito::{AccessClaims, CognitoSettings, CognitoVerifier};
//!
//! # mod jwks_tokio {
//! #     use jwks_core::adapter::{BuildError, Env, Start};
//! #     pub fn start<B: Start>(builder: B) -> Result<B::Handle, BuildError> {
//! #         Ok(builder.build(Env::new(std::time::SystemTime::now))?.0)
//! #     }
//! # }
//! # async fn example(token: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let pool = CognitoSettings::new("eu-west-1_Ab12Cd34E".parse()?).client_id("4f7example");
//! let verifier = jwks_tokio::start(CognitoVerifier::builder().pool(pool))?; // or jwks_async_std
//!
//! let verified = verifier.verify::<AccessClaims>(token).await?;
//! println!("hello {}", verified.claims().sub);
//! # Ok(())
//! # }
//! ```
//!
//! The claims type that you ask for decides which tokens pass: [`AccessClaims`] for access tokens,
//! [`IdClaims`] for ID tokens, [`EitherClaims`] for both. A refresh token never passes. To read
//! claims that these types do not have, add a type of your own: `AccessClaims<Mine>`.
//!
//! - [`CognitoSettings`]: the pool, its app clients, groups and scopes; in code, from a file, or from
//!   the environment.
//! - [`CognitoVerifier`]: one verifier for several pools, each with its own keys. Use
//!   [`call`](CognitoVerifier::call) for a route that needs more than is configured.
//! - [`alb`]: what AWS's load balancers and Verified Access say of a user they have signed in.
//! - [`Refusal`], and the error's `status_code()`: what to answer when a token does not pass.
//! - [`guides`]: for migrating from auth-middleware (Python) or aws-jwt-verify.
//!
//! Like [`jwks_core`], this crate opens no socket, reads neither a clock nor the environment, and
//! needs no runtime.
//!
//! # Without the network
//!
//! Start with a bundled JWK Set, or with keys that an earlier run saved, and you need no fetch: for
//! tests, and for functions that start often.
//!
//! ```
//! use std::time::SystemTime;
//! use jwks_cognito::{CognitoSettings, CognitoVerifier, Pool, SavedKeys};
//!
//! # let jwk_set = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",
//! #     "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
//! let settings = CognitoSettings::new("eu-west-1_Ab12Cd34E".parse()?).client_id("4f7example");
//! let bundled = SavedKeys::from_jwk_set(jwk_set, SystemTime::now())?; // or `from_json`, of a file
//! let pool = Pool::from(settings).hydrate(bundled);
//! # use jwks_core::adapter::{Env, Start};
//! # let start = |builder: jwks_cognito::CognitoBuilder| builder.build(Env::new(SystemTime::now));
//! # /*
//! let verifier = jwks_tokio::start(CognitoVerifier::builder().pool(pool))?;
//! # */
//! # let (verifier, _drivers) = start(CognitoVerifier::builder().pool(pool))?;
//! assert_eq!(verifier.status()[0].keys.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), forbid(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod alb;
mod check;
mod claims;
pub mod guides;
mod pool;
mod pool_id;
mod refusal;
mod settings;
mod token_use;
mod verifier;

pub use self::claims::{AccessClaims, CognitoClaims, CustomClaims, EitherClaims, IdClaims};
pub use self::pool::Pool;
pub use self::pool_id::{Endpoint, EndpointError, IssuerType, UserPoolId, UserPoolIdError};
pub use self::refusal::Refusal;
pub use self::settings::CognitoSettings;
pub use self::token_use::TokenUse;
pub use self::verifier::{CognitoBuilder, CognitoCall, CognitoVerifier};
pub use jwks_core;
pub use jwks_core::cache::SavedKeys;
pub use jwks_core::refresh::settings::SettingsError;

/// The example of the README, compiled with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

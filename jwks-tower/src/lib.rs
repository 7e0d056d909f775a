//! A guard for HTTP and gRPC services: who may come in, answered as the standards say.
//!
//! [`Guard`] is a layer of tower over [`http::Request`], for axum, tonic and all others, on any
//! runtime and with any body. Behind it is a verifier of [`jwks_core`]: a token whose key is held
//! waits for nothing.
//!
//! ```
//! use std::time::Duration;
//!
//! use axum::{Router, routing::get};
//! use jwks_tower::jwks_core::verify::{Registered, Verifier};
//! use jwks_tower::{Caller, Guard, GuardError, Need, ProtectedResource};
//!
//! fn app(verifier: Verifier) -> Result<Router, GuardError> {
//!     let api = ProtectedResource::new("https://api.example.com/orders")?
//!         .issuers(&verifier)
//!         .scopes(["orders:read"])?;
//!     let guard = Guard::<Registered>::builder(verifier)
//!         .realm("orders")
//!         .resource(&api)
//!         .wait_at_most(Duration::from_millis(200))
//!         .build()?;
//!     Ok(Router::new()
//!         .route("/orders", get(list).route_layer(Need::all(["orders:read"])))
//!         .route_layer(guard) // the last one is the outermost: it runs first
//!         .route_service(api.path(), api.clone()))
//! }
//!
//! async fn list(caller: Caller<Registered>) -> String {
//!     format!("orders of {}", caller.claims().sub.as_deref().unwrap_or("nobody"))
//! }
//! ```
//!
//! # What is answered
//!
//! | case | HTTP | `WWW-Authenticate` | gRPC |
//! |---|---|---|---|
//! | nothing, or another scheme, was presented | 401 | without an error code | `UNAUTHENTICATED` |
//! | the credential has the wrong form, or there are two | 400 | `invalid_request` | `UNAUTHENTICATED` |
//! | the token is not valid | 401 | `invalid_token` | `UNAUTHENTICATED` |
//! | the token's key is not held, and nobody has asked for it yet | 401 ([or 503](GuardBuilder::undecided_is_unavailable)), `Retry-After` | `invalid_token` | `UNAUTHENTICATED`, pushback |
//! | keys could not be had | 503, `Retry-After` | none | `UNAVAILABLE`, pushback |
//! | a scope is missing | 403 | `insufficient_scope`, with all that are needed | `PERMISSION_DENIED` |
//! | a check of yours says no | 403 | `insufficient_scope` | `PERMISSION_DENIED` |
//! | a stronger or newer login is wanted | 401 | `insufficient_user_authentication` (RFC 9470) | `UNAUTHENTICATED` |
//! | the token is bound to its sender (`cnf`), and that cannot be checked, or is not so | 401 | `invalid_token` | `UNAUTHENTICATED` |
//! | DPoP | 401 | `invalid_token` | `UNAUTHENTICATED` |
//! | a handler asks for the caller where no guard runs | 500 | none | `INTERNAL` |
//!
//! A 503 has no challenge: a client would throw away a good token. No answer shows the token, its
//! `kid` or a claim, nor why a token is not valid, except that it expired; the reason goes to
//! [`GuardBuilder::on_refusal`], as a word that is fit for a metric ([`Reason`]). Refusals are not
//! stored by caches. A call of gRPC is known by its content type, and is answered with trailers only.
//!
//! # Who may do what
//!
//! [`Need`] is a demand for scopes, or for a login: for all requests ([`GuardBuilder::need`]), for a
//! route (as a layer inside the guard), or in a handler ([`Caller::require`]). Scopes come from
//! `scope`, `scp` and `permissions`; one may imply another ([`GuardBuilder::scope_implies`]). Checks
//! of your own are [`GuardBuilder::check`] and, for what waits, [`GuardBuilder::check_async`].
//! [`Guard::optional`] lets requests pass that present nothing.
//!
//! # CORS
//!
//! A browser asks first (a preflight), without a token, and it lets a page read only the headers
//! that the service exposes. So put the CORS layer *outside* the guard, allow the header
//! `Authorization`, and expose `WWW-Authenticate` and `Retry-After`; refusals then have the CORS
//! headers too. A preflight that reaches the guard passes unjudged.
//!
//! # Other frameworks
//!
//! [`Guard::admit_token`] judges a token without the layer, and [`Refused::answer`] is what to
//! answer: status, headers, and the status of gRPC, as plain values. [`Realm::answer`] alone is the
//! decision, as a pure function.
//!
//! # Examples
//!
//! The repository has whole services in `tests/services/examples`, which run without any account:
//! `actix` and `hyper` without the layer, `cors` for browsers, `mcp` for the Model Context Protocol.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `aws-lc` | yes | signatures are checked by aws-lc-rs |
//! | `rust-crypto` | no | signatures are checked in pure Rust |
//! | `axum` | no | [`Caller`] is an extractor, [`Refused`] a response; implies `tracing` |
//! | `tonic` | no | [`Refused`] and [`Answer`] become a `tonic::Status` |
//! | `cognito` | no | verifiers and calls of `jwks-cognito` in a guard |
//! | `mtls` | no | `Thumbprint::of_certificate` |
//! | `tracing` | no | refusals are logged: faults of the service as errors, all others as debug |
#![cfg_attr(docsrs, feature(doc_cfg))]

mod access;
mod answer;
#[cfg(feature = "axum")]
mod axum;
mod binding;
mod body;
mod caller;
mod challenge;
mod credential;
mod error;
mod grpc;
mod guard;
mod head;
mod hierarchy;
mod names;
mod need;
mod passed;
mod protection;
mod realm;
mod reason;
mod refusal;
mod resource;
mod scopes;
mod text;
#[cfg(feature = "tonic")]
mod tonic;
mod verify;

pub use self::access::Access;
pub use self::answer::Answer;
pub use self::binding::Thumbprint;
pub use self::body::{FillBody, NoBody, TextBody};
pub use self::caller::Caller;
pub use self::credential::bearer_token;
pub use self::error::GuardError;
pub use self::grpc::GrpcCode;
pub use self::guard::{Guard, GuardBuilder, Guarded, ResponseFuture};
pub use self::head::Head;
pub use self::need::{Need, NeedService};
pub use self::protection::Refused;
pub use self::realm::Realm;
pub use self::reason::Reason;
pub use self::refusal::Refusal;
pub use self::resource::ProtectedResource;
pub use self::scopes::Scopes;
pub use self::verify::{VerifyToken, Verifying};
pub use jwks_core;

/// The README's lines are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

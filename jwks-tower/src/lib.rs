//! A guard for HTTP and gRPC services.
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
pub use self::verify::{Verifying, VerifyToken};
pub use jwks_core;

//! One fetch for a whole fleet: instances of a service that validate tokens with [`jwks_tokio`] share
//! the issuer's answers through the Redis that they have already.
//!
//! A thousand instances make a thousand times the fetches, and when the issuer rotates its keys all
//! of them in the same second. With [`Shared`] one instance fetches, and the others take its answer.
//!
//! TODO
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attempt;
mod builder;
mod event;
mod mac;
mod record;
mod seen;
mod shared;
mod store;
mod trouble;

pub use builder::{BuildError, Builder};
pub use event::{Event, Ignored};
pub use mac::MacKey;
pub use shared::Shared;
#[cfg(feature = "rustls")]
pub use tokio_rustls::rustls;
pub use trouble::Trouble;

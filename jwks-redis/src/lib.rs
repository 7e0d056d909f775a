//! One fetch for a whole fleet: instances of a service that validate tokens with [`jwks_tokio`] share
//! the issuer's answers through the Redis that they have already.
//!
//! A thousand instances make a thousand times the fetches, and when the issuer rotates its keys all
//! of them in the same second; issuers limit rates. With [`Shared`] one instance fetches, and the
//! others take its answer. Nothing else changes: what is shared is an HTTP answer, with its `Age`, and
//! each instance judges it as it judges any other.
//!
//! ```no_run
//! use jwks_redis::{MacKey, Shared};
//! use jwks_tokio::{Issuer, Registered, Verifier};
//!
//! # async fn example(secret: &[u8], token: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let shared = Shared::builder("rediss://orders:password@redis.example.com:6379")
//!     .namespace("orders")
//!     .mac_keys([MacKey::new(secret)?])
//!     .build()?;
//! let client = jwks_tokio::client_builder().build()?;
//! let issuer = Issuer::new("https://id.example.com").discover().audience("orders");
//! let verifier = shared.starter(client).start(Verifier::builder().issuer(issuer))?;
//!
//! let verified = verifier.verify::<Registered>(token).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is shared
//!
//! - A planned fetch takes an answer that is young enough ([`Builder::serve_for`], a tenth of the
//!   lifetime). Otherwise one instance fetches, and the others wait for its answer. Their
//!   lifetimes count from the same time, so that they refresh together again: leave the policy's
//!   `spread_first_refresh` off.
//! - A fetch for an unknown key, or by hand, takes an answer only if it is another one than the
//!   instance has. Such an answer can find a key. It never tells a caller for good that there is
//!   none; if the key is not in it, the issuer is asked.
//! - The answer to a request with headers of the issuer's settings
//!   ([`Issuer::headers_with`](jwks_tokio::Issuer::headers_with)) is not shared, because they may be
//!   credentials, unless you say so: [`Builder::share_with_headers`].
//! - A failure is shared for as long as one instance would pause (250 ms, doubling), or as its
//!   `Retry-After` says, and at most 10 seconds.
//!
//! Answers are ordered by a number that each fetch takes from Redis before it is sent. Their age is
//! judged by the wall clocks of the instances: keep these within a few seconds of each other, or less
//! than `serve_for`; with clocks that differ more, instances fetch by themselves.
//!
//! # Redis need not be there
//!
//! If Redis is away, slow, full, read-only, emptied, or answers nonsense, an instance fetches
//! directly, within the same attempt and at most [`Builder::time_limit`] (50 ms) later.
//! [`Event::Away`] says so once. No validation with a held key ever waits for Redis.
//!
//! # Who may write to Redis
//!
//! **Without a MAC key, whoever can write to this Redis can make your service accept tokens that
//! they have signed themselves.** With [`Builder::mac_keys`] a value that was written or changed by
//! anybody without the key is ignored, reported ([`Event::Ignored`]) and replaced. They can still
//! delete values and slow fetches down, within the time limit; and put back an answer of at most five
//! times `serve_for` ago, for instances that have seen no later one.
//!
//! Give the service a user of its own that may use these commands alone:
//!
//! ```text
//! user orders on >password ~jwks:orders:* -@all +getrange +set +del +incr +expire
//! ```
//!
//! (and `+select` if the URL names a database). The keys in Redis are `jwks:`, the namespace, and a
//! digest of the URL, which may hold secrets. They expire by themselves; the counter after a month.
//!
//! Tested with the Redis 7.0 of Debian 12. Valkey speaks the same protocol; it was not tried. A cluster
//! is not supported.
//!
//! # An HTTP cache instead
//!
#![doc = include_str!("../docs/http_cache.md")]
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

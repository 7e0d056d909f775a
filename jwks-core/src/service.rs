//! All that a service needs: the adapters' crates show these names at their roots.
//!
//! `Error` is that of a [`Verifier`]; that of a bare [`KeyCache`] is [`CacheError`].

pub use crate::cache::{
    BuildError, DenyError, Episode, Error as CacheError, ErrorKind as CacheErrorKind, Event,
    EventKind, Explanation, FetchError, FetchErrorKind, Health, HealthKind, HydrateError,
    HydrateErrorKind, KeyCache, KeyCacheBuilder, KidExplanation, KidState, Phase, Relaxation,
    SavedKeys, Source, SourceBuilder, SourceError, Status, Trouble, WeakKeyCache,
};
pub use crate::keys::{Algorithm, Key, KeyDiff, KeyId, SkipReason, Skipped};
pub use crate::refresh::{
    Freshness, Hint, Kidless, Policy, PolicyBuilder, PolicyError, Reason, Strategy,
};
pub use crate::verify::{
    Call, Changes, CheckResult, Checked, Error, ErrorKind, Expectations, InvalidToken, Issuer,
    IssuerError, IssuerHealth, Issuers, NotReady, Registered, Resolver, SettingsError, SpiffeId,
    Step, Tenant, TokenBuffer, TokenExplanation, Verified, Verifier, VerifierBuilder,
    VerifierHealth, VerifierSettings,
};

//! Why a signed header is refused.

use std::fmt;
use std::time::SystemTime;

use jwks_core::cache;

/// Why a header was refused, or could not be checked. Neither its text nor its debug form holds the
/// header or the value of a claim.
#[derive(Clone)]
pub struct AlbError {
    kind: AlbErrorKind,
    what: &'static str,
    retry_at: Option<SystemTime>,
    cause: Option<cache::Error>,
}

/// What kind of error it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum AlbErrorKind {
    /// It is not signed with the one algorithm that is used there.
    AlgorithmNotAllowed,
    /// The claims do not fit your type.
    ClaimsShape,
    /// It has expired.
    Expired,
    /// The signature is not valid.
    InvalidSignature,
    /// It is no such header at all.
    Malformed,
    /// It is not valid yet, by its `nbf`.
    NotYetValid,
    /// The key could not be fetched.
    Unavailable,
    /// AWS has no such key, or is not asked for it now.
    UnknownKey,
    /// It is for another client than those configured.
    WrongClient,
    /// It is from another identity provider than those configured.
    WrongIssuer,
    /// It was signed by another load balancer, or instance, than those configured.
    WrongSigner,
}

impl AlbError {
    /// What happened.
    #[must_use]
    pub const fn kind(&self) -> AlbErrorKind {
        self.kind
    }

    /// The HTTP status to answer with: 503 if the key could not be fetched, else 401.
    #[must_use]
    pub fn status_code(&self) -> u16 {
        if self.kind == AlbErrorKind::Unavailable { 503 } else { 401 }
    }

    /// When the same header may pass, if it may.
    #[must_use]
    pub const fn retry_at(&self) -> Option<SystemTime> {
        self.retry_at
    }

    /// Why the key could not be fetched, if that is so.
    #[must_use]
    pub const fn cache_error(&self) -> Option<&cache::Error> {
        self.cause.as_ref()
    }

    pub(super) const fn malformed(what: &'static str) -> Self {
        Self::new(AlbErrorKind::Malformed, what)
    }

    pub(super) const fn new(kind: AlbErrorKind, what: &'static str) -> Self {
        Self { kind, what, retry_at: None, cause: None }
    }

    /// The key is not asked for before this.
    pub(super) fn until(self, at: SystemTime) -> Self {
        Self { retry_at: Some(at), ..self }
    }

    pub(super) fn by(self, cause: cache::Error, retry_at: SystemTime) -> Self {
        Self { cause: Some(cause), retry_at: Some(retry_at), ..self }
    }
}

impl fmt::Display for AlbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)?;
        match &self.cause {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for AlbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for AlbError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().and_then(std::error::Error::source)
    }
}

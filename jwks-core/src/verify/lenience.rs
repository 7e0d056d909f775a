//! What an issuer's tokens may lack, or have in another way than RFC 7519 says.

use std::time::Duration;

/// Nothing, unless it is written out.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Lenience {
    /// `sub` may be of any JSON type.
    pub(super) any_sub: bool,
    /// A token without `exp` is accepted until its `iat` is so old.
    pub(super) max_age: Option<Duration>,
    /// They are JWT-SVIDs: known by the trust domain of `sub`, whatever `iss` is.
    pub(super) svid: bool,
    /// A token may be without `iss`.
    pub(super) without_iss: bool,
}

/// Longer than any token should live.
pub(super) const MAX_AGE: Duration = Duration::from_secs(365 * 86_400);

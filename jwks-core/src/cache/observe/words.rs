//! The closed sets of words in logs and metrics: what is not in one of these tables is never a
//! label's value.

#[cfg(feature = "metrics")]
use crate::cache::{Error, ErrorKind};
use crate::cache::{EventKind, FetchErrorKind};
use crate::keys::SkipReason;
#[cfg(feature = "metrics")]
use crate::refresh::Freshness;
use crate::refresh::Reason;

/// How a fetch ended.
#[cfg(feature = "metrics")]
pub(super) const OUTCOMES: &[&str] = &["new_keys", "same_keys", "not_modified", "failed"];

/// How a fetch ended; none if the event is not the end of one.
pub(super) fn outcome(event: &EventKind) -> Option<&'static str> {
    Some(match event {
        EventKind::Loaded { .. } => "new_keys",
        EventKind::RefreshCompleted { modified: false, .. } => "not_modified",
        EventKind::RefreshCompleted { diff, .. } if diff.is_empty() => "same_keys",
        EventKind::RefreshCompleted { .. } => "new_keys",
        EventKind::RefreshFailed { .. } => "failed",
        _ => return None,
    })
}

/// Why a fetch was made.
#[cfg(feature = "metrics")]
pub(super) const REASONS: &[&str] =
    &["ahead", "ahead_by_usage", "demand", "load", "refresh", "retry", "unknown_kid", "other"];

pub(super) const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Ahead => "ahead",
        Reason::AheadByUsage => "ahead_by_usage",
        Reason::Demand => "demand",
        Reason::Load => "load",
        Reason::Refresh => "refresh",
        Reason::Retry => "retry",
        Reason::UnknownKid => "unknown_kid",
        // No fetch is made for these.
        Reason::Expiry
        | Reason::FetchTimeout
        | Reason::IdleCheck
        | Reason::LifetimeEnd
        | Reason::MinRefreshInterval
        | Reason::PauseEnd
        | Reason::UnknownKidOpens => "other",
    }
}

#[cfg(feature = "metrics")]
pub(super) const ERROR_TYPES: &[&str] = &[
    "abandoned",
    "body",
    "connect",
    "discovery",
    "encoding",
    "file",
    "headers",
    "key_set",
    "other",
    "redirect",
    "status",
    "timeout",
    "too_large",
];

pub(super) const fn error_type(kind: FetchErrorKind) -> &'static str {
    match kind {
        FetchErrorKind::Abandoned => "abandoned",
        FetchErrorKind::Body => "body",
        FetchErrorKind::Connect => "connect",
        FetchErrorKind::Discovery => "discovery",
        FetchErrorKind::Encoding => "encoding",
        FetchErrorKind::File => "file",
        FetchErrorKind::Headers => "headers",
        FetchErrorKind::KeySet => "key_set",
        FetchErrorKind::Other => "other",
        FetchErrorKind::Redirect => "redirect",
        FetchErrorKind::Status => "status",
        FetchErrorKind::Timeout => "timeout",
        FetchErrorKind::TooLarge => "too_large",
    }
}

#[cfg(feature = "metrics")]
pub(super) const STATES: &[&str] = &["missing", "fresh", "due", "stale", "expired"];

#[cfg(feature = "metrics")]
pub(super) const fn state(freshness: Freshness) -> &'static str {
    match freshness {
        Freshness::Missing => "missing",
        Freshness::Fresh => "fresh",
        Freshness::Due => "due",
        Freshness::Stale => "stale",
        Freshness::Expired => "expired",
    }
}

/// What became of a token whose kid was not held.
#[cfg(feature = "metrics")]
pub(super) const MISSES: &[&str] = &["found", "absent", "undecided", "failed", "no_room"];

/// `None`: the token was judged, by keys that came.
#[cfg(feature = "metrics")]
pub(super) fn miss(error: Option<&Error>) -> &'static str {
    let Some(error) = error else { return "found" };
    match error.kind() {
        ErrorKind::DeniedKid => "absent",
        ErrorKind::UnknownKid if error.is_undecided() => "undecided",
        ErrorKind::UnknownKid if error.last_failure().is_none() => "absent",
        ErrorKind::UnknownKid
        | ErrorKind::NeverRun
        | ErrorKind::Stopped
        | ErrorKind::Unavailable
        | ErrorKind::Withdrawn => "failed",
    }
}

/// How a caller's wait ended.
#[cfg(feature = "metrics")]
pub(super) const WAITS: &[&str] = &["answered", "failed"];

#[cfg(feature = "metrics")]
pub(super) const fn wait(answered: bool) -> &'static str {
    if answered { "answered" } else { "failed" }
}

/// What became of a key's name with a new set.
#[cfg(feature = "metrics")]
pub(super) const CHANGES: &[&str] = &["added", "removed", "replaced"];

pub(super) const fn skip(reason: &SkipReason) -> &'static str {
    match reason {
        SkipReason::AlgorithmMismatch => "algorithm_mismatch",
        SkipReason::BadEncoding(_) => "bad_encoding",
        SkipReason::BadMemberName => "bad_member_name",
        SkipReason::CompressedPoint => "compressed_point",
        SkipReason::DuplicateKey => "duplicate_key",
        SkipReason::DuplicateMember => "duplicate_member",
        SkipReason::InvalidKey => "invalid_key",
        SkipReason::KidTooLong => "kid_too_long",
        SkipReason::MalformedMember(_) => "malformed_member",
        SkipReason::MissingMember(_) => "missing_member",
        SkipReason::NotAnObject => "not_an_object",
        SkipReason::NotBase64 => "not_base64",
        SkipReason::NotDer(_) => "not_der",
        SkipReason::NotForSignatures => "not_for_signatures",
        SkipReason::NotOnePem => "not_one_pem",
        SkipReason::NotUnicode(_) => "not_unicode",
        SkipReason::OtherIssuer(_) => "other_issuer",
        SkipReason::OtherUse(_) => "other_use",
        SkipReason::PrivateKey(_) => "private_key",
        SkipReason::PrivateMaterial => "private_material",
        SkipReason::SpiffeKey => "spiffe_key",
        SkipReason::SymmetricKey => "symmetric_key",
        SkipReason::UnsupportedAlgorithm(_) => "unsupported_algorithm",
        SkipReason::UnsupportedCurve(_) => "unsupported_curve",
        SkipReason::UnsupportedKeyType(_) => "unsupported_key_type",
        SkipReason::UnsupportedPem(_) => "unsupported_pem",
        SkipReason::WeakExponent => "weak_exponent",
        SkipReason::WeakModulus => "weak_modulus",
        SkipReason::WrongLength(_) => "wrong_length",
    }
}

//! Why a request was refused, in words that stay the same.

use std::fmt;

use jwks_core::verify::{Error, ErrorKind};

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Why a request was refused: for metrics and logs, never for the caller.
        ///
        /// [`as_str`](Self::as_str) stays the same from version to version, and there are few values,
        /// so that it is fit for the label of a metric.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$doc])* $name,)*
        }

        impl Reason {
            /// The reason as a word in lower case with underscores.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

reasons! {
    /// The token's `alg` is not allowed.
    AlgorithmNotAllowed = "algorithm_not_allowed",
    /// A bound token (RFC 8705) came with no client certificate, or with another one.
    CertificateMismatch = "certificate_mismatch",
    /// A check of your own could not be made.
    CheckUnavailable = "check_unavailable",
    /// The claims do not fit the type that the guard reads them into.
    ClaimsShape = "claims_shape",
    /// The token's header demands an extension.
    CriticalHeader = "critical_header",
    /// The token's `kid` was denied by hand.
    DeniedKid = "denied_kid",
    /// A DPoP proof was presented (RFC 9449), which the guard does not support.
    DpopNotSupported = "dpop_not_supported",
    /// The token expired.
    Expired = "expired",
    /// A check of your own refused the caller.
    Forbidden = "forbidden",
    /// The token lacks a scope.
    InsufficientScope = "insufficient_scope",
    /// A stronger or newer login is wanted (RFC 9470).
    InsufficientUserAuthentication = "insufficient_user_authentication",
    /// The credential has the wrong form, or two were presented.
    InvalidRequest = "invalid_request",
    /// No key made the token's signature.
    InvalidSignature = "invalid_signature",
    /// The token was refused for another reason.
    InvalidToken = "invalid_token",
    /// No keys could be had within the budget.
    KeysUnavailable = "keys_unavailable",
    /// The token is not a signed JWT.
    Malformed = "malformed",
    /// The token lacks a claim.
    MissingClaim = "missing_claim",
    /// The token names no key.
    MissingKid = "missing_kid",
    /// Nothing was presented.
    NoCredential = "no_credential",
    /// No guard ran before the handler that asks for the caller.
    NoGuard = "no_guard",
    /// The token's key cannot be used.
    NoUsableKey = "no_usable_key",
    /// The token is not bound to its sender, and has to be.
    NotBound = "not_bound",
    /// The token is not valid yet.
    NotYetValid = "not_yet_valid",
    /// Another scheme than `Bearer` was presented.
    OtherScheme = "other_scheme",
    /// A check of your own has found the token revoked.
    Revoked = "revoked",
    /// The key cache was stopped.
    Stopped = "stopped",
    /// The token's `typ` is not allowed.
    TypeNotAllowed = "type_not_allowed",
    /// The token is bound to its sender (`cnf`) in a way that the guard does not check.
    UncheckedBinding = "unchecked_binding",
    /// The token's key is not held, and the issuer has not been asked for it yet.
    Undecided = "undecided",
    /// The issuer has no such key.
    UnknownKid = "unknown_kid",
    /// The token is meant for others.
    WrongAudience = "wrong_audience",
    /// A claim has another value than asked for.
    WrongClaim = "wrong_claim",
    /// The token is of another issuer.
    WrongIssuer = "wrong_issuer",
}

impl Reason {
    pub(crate) fn of(error: &Error) -> Self {
        if error.is_undecided() {
            return Self::Undecided;
        }
        match error.kind() {
            ErrorKind::AlgorithmNotAllowed => Self::AlgorithmNotAllowed,
            // A check that said so itself: others are no errors of the verifier by now.
            ErrorKind::CheckFailed => Self::InvalidToken,
            ErrorKind::ClaimsShape => Self::ClaimsShape,
            ErrorKind::CriticalHeader => Self::CriticalHeader,
            ErrorKind::DeniedKid => Self::DeniedKid,
            ErrorKind::Expired => Self::Expired,
            ErrorKind::InvalidSignature => Self::InvalidSignature,
            ErrorKind::Malformed => Self::Malformed,
            ErrorKind::MissingClaim => Self::MissingClaim,
            ErrorKind::MissingKid => Self::MissingKid,
            ErrorKind::NotYetValid => Self::NotYetValid,
            ErrorKind::Stopped => Self::Stopped,
            ErrorKind::TypeNotAllowed => Self::TypeNotAllowed,
            ErrorKind::WrongAudience => Self::WrongAudience,
            ErrorKind::WrongClaim => Self::WrongClaim,
            ErrorKind::WrongIssuer => Self::WrongIssuer,
            _ if !error.is_caller_fault() => Self::KeysUnavailable,
            ErrorKind::NoUsableKey => Self::NoUsableKey,
            ErrorKind::UnknownKid => Self::UnknownKid,
            _ => Self::InvalidToken,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_reason_has_a_word_of_its_own() {
        let words: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(words.len(), Reason::ALL.len());
        let plain = |word: &str| word.bytes().all(|it| it == b'_' || it.is_ascii_lowercase());
        assert!(words.iter().all(|word| plain(word)), "{words:?}");
    }
}

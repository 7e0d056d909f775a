//! The steps of a validation, and where each error stands.

use serde::Serialize;

use super::super::asked::Way;
use super::super::{Error, ErrorKind};

/// A step of a validation. Serialises as text, such as `"not_before"`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Its length.
    Size,
    /// Three parts in base64url.
    Shape,
    /// The header: JSON, with members of the right types.
    Header,
    /// `crit` and `b64` of the header: no extension is supported.
    Critical,
    /// `alg` of the header.
    Algorithm,
    /// `typ` of the header.
    Type,
    /// Its key: the `kid` of the header, among the keys that are held.
    Key,
    /// The signature.
    Signature,
    /// The payload: JSON, with claims of the right types.
    Payload,
    /// `iss`. With several issuers it is looked at before the key, because it chooses the issuer.
    Issuer,
    /// `exp`.
    Expiry,
    /// `nbf`.
    NotBefore,
    /// `aud`.
    Audience,
    /// Claims that you require, or expect with a value.
    Claims,
    /// Your own checks.
    Check,
}

impl Step {
    /// In the order in which they are made.
    const ORDER: [Self; 15] = [
        Self::Size,
        Self::Shape,
        Self::Header,
        Self::Critical,
        Self::Algorithm,
        Self::Type,
        Self::Key,
        Self::Signature,
        Self::Payload,
        Self::Issuer,
        Self::Expiry,
        Self::NotBefore,
        Self::Audience,
        Self::Claims,
        Self::Check,
    ];

    /// What it is called in a text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Shape => "shape",
            Self::Header => "header",
            Self::Critical => "crit",
            Self::Algorithm => "alg",
            Self::Type => "typ",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Payload => "payload",
            Self::Issuer => "iss",
            Self::Expiry => "exp",
            Self::NotBefore => "nbf",
            Self::Audience => "aud",
            Self::Claims => "claims",
            Self::Check => "check",
        }
    }

    /// The step of an error that is none of the token's shape.
    pub(super) fn of(error: &Error) -> Self {
        match error.kind() {
            _ if error.is_unresolved() => Self::Issuer,
            ErrorKind::AlgorithmNotAllowed => Self::Algorithm,
            ErrorKind::CheckFailed => Self::Check,
            ErrorKind::ClaimsShape | ErrorKind::Malformed => Self::Payload,
            ErrorKind::CriticalHeader => Self::Critical,
            ErrorKind::DeniedKid
            | ErrorKind::MissingKid
            | ErrorKind::NoUsableKey
            | ErrorKind::Stopped
            | ErrorKind::Unavailable
            | ErrorKind::UnknownKid => Self::Key,
            ErrorKind::Expired => Self::Expiry,
            ErrorKind::InvalidSignature => Self::Signature,
            ErrorKind::MissingClaim => match error.claim_name() {
                Some("aud") => Self::Audience,
                Some("exp") => Self::Expiry,
                Some("iss") => Self::Issuer,
                _ => Self::Claims,
            },
            ErrorKind::NotYetValid => Self::NotBefore,
            ErrorKind::TypeNotAllowed => Self::Type,
            ErrorKind::WrongAudience => Self::Audience,
            ErrorKind::WrongClaim => Self::Claims,
            ErrorKind::WrongIssuer => Self::Issuer,
        }
    }
}

/// How a token's issuer was found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Choice {
    /// By its `iss`, out of several.
    ByIss,
    /// It is none of several.
    None,
    /// There is only one.
    Only,
}

/// The steps that were passed.
pub(super) fn passed(refused_by: Option<Step>, way: Way, choice: Choice) -> Vec<Step> {
    let before = Step::ORDER.into_iter().take_while(|step| Some(*step) != refused_by);
    // Where its key was not to be had, the rest was read only to see whether it is worth waiting.
    let seen = |step: &Step| match step {
        Step::Key | Step::Signature => way == Way::Signed || refused_by == Some(Step::Signature),
        Step::Payload
        | Step::Issuer
        | Step::Expiry
        | Step::NotBefore
        | Step::Audience
        | Step::Claims
        | Step::Check => way == Way::Signed,
        Step::Algorithm | Step::Type => choice != Choice::None,
        Step::Critical | Step::Header | Step::Shape | Step::Size => true,
    };
    let mut passed: Vec<_> = before.filter(seen).collect();
    let header = passed.iter().position(|step| *step == Step::Algorithm);
    if let Some(at) = header.filter(|_| choice == Choice::ByIss && !passed.contains(&Step::Issuer))
    {
        passed.insert(at, Step::Issuer);
    }
    passed
}

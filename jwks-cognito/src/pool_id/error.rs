//! Why a text is not a user pool id.

use std::fmt;

/// A text is not the id of a user pool. The error says what is wrong, and never repeats the text.
///
/// Its `Debug` form is the text, so that a `main` that returns this error prints it.
#[derive(Clone, Copy, Eq, PartialEq, thiserror::Error)]
#[error(transparent)]
pub struct UserPoolIdError(Reason);

impl fmt::Debug for UserPoolIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
enum Reason {
    #[error("this is an ARN: the user pool id is what follows `userpool/`")]
    Arn,
    #[error("the user pool id is empty: it must be like `eu-west-1_Ab12Cd34E`")]
    Empty,
    #[error("this is the id of an identity pool: a user pool's is like `eu-west-1_Ab12Cd34E`")]
    IdentityPool,
    #[error("the user pool id has more than {MAX_LEN} characters")]
    Long,
    #[error("the name after the `_` of the user pool id must have only ascii letters and digits")]
    NameCharacter,
    #[error("the user pool id has no name after its `_`: it must be like `eu-west-1_Ab12Cd34E`")]
    NameEmpty,
    #[error("the user pool id has no `_` between its region and its name")]
    NoUnderscore,
    #[error(
        "the user pool id has no valid region before its `_`: it must be like `eu-west-1_Ab12Cd34E`"
    )]
    Region,
    #[error("the region of the user pool id has upper-case letters: it is like `eu-west-1`")]
    RegionCase,
    #[error("the user pool id has no region before its `_`: it must be like `eu-west-1_Ab12Cd34E`")]
    RegionEmpty,
    #[error("the user pool id has space around it: leave that out")]
    Space,
    #[error("this is a url: the user pool id is the last part of the issuer's url")]
    Url,
}

impl UserPoolIdError {
    pub(super) const fn no_underscore() -> Self {
        Self(Reason::NoUnderscore)
    }

    /// For what is before the `_`.
    pub(super) fn region(text: &str) -> Self {
        let is_region = |text: &str| super::Region::parse(text).is_some();
        Self(if text.is_empty() {
            Reason::RegionEmpty
        } else if is_region(&text.to_ascii_lowercase()) {
            Reason::RegionCase
        } else {
            Reason::Region
        })
    }
}

/// What is wrong with the text as a whole.
pub(super) fn check_whole(text: &str) -> Result<(), UserPoolIdError> {
    let reason = if text.trim().is_empty() {
        Reason::Empty
    } else if text.trim() != text {
        Reason::Space
    } else if text.starts_with("arn:") {
        Reason::Arn
    } else if text.contains("://") {
        Reason::Url
    } else if text.split_once(':').is_some_and(|(region, _)| super::Region::parse(region).is_some())
    {
        Reason::IdentityPool
    } else if text.len() > MAX_LEN {
        Reason::Long
    } else {
        return Ok(());
    };
    Err(UserPoolIdError(reason))
}

/// For what follows the `_`.
pub(super) fn check_name(name: &str) -> Result<(), UserPoolIdError> {
    if name.is_empty() {
        return Err(UserPoolIdError(Reason::NameEmpty));
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(UserPoolIdError(Reason::NameCharacter));
    }
    Ok(())
}

/// As `UserPoolId` in AWS's
/// [API reference](https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeUserPool.html).
const MAX_LEN: usize = 55;

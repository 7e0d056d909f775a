//! Users that AWS has signed in: the header `x-amzn-oidc-data` of an Application Load Balancer, and
//! `x-amzn-ava-user-context` of Verified Access.
//!
#![doc = include_str!("../../docs/alb.md")]

mod arn;
mod builder;
mod error;
mod kid;
mod shelf;
#[cfg(test)]
mod tests;
mod token;
mod verify;

pub use self::builder::{AlbBuilder, AlbSettingError};
pub use self::error::{AlbError, AlbErrorKind};
pub use self::verify::{Alb, AlbVerified};

use jwks_core::keys::Algorithm;

/// Which of AWS's services signs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Service {
    LoadBalancer,
    VerifiedAccess,
}

impl Service {
    /// The only one that it signs with.
    const fn algorithm(self) -> Algorithm {
        match self {
            Self::LoadBalancer => Algorithm::ES256,
            Self::VerifiedAccess => Algorithm::ES384,
        }
    }
}

//! For those who come from elsewhere: what they had, and what it is here.

/// # Coming from auth-middleware (Python)
///
#[doc = include_str!("../docs/from_auth_middleware.md")]
pub mod from_auth_middleware {}

/// # Coming from aws-jwt-verify
///
#[doc = include_str!("../docs/from_aws_jwt_verify.md")]
pub mod from_aws_jwt_verify {}

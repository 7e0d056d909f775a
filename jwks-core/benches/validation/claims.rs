//! What the tokens of the benchmarks claim.

use serde::Deserialize;

/// The eleven claims of the tokens.
#[derive(Clone, Debug, Deserialize)]
#[expect(dead_code, reason = "what it costs to read them is measured")]
pub(crate) struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: u64,
    iat: u64,
    nbf: u64,
    jti: String,
    client_id: String,
    scope: String,
    email: String,
    email_verified: bool,
}

/// The same, of which nothing is copied.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "what it costs to read them is measured")]
pub(crate) struct Borrowed<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: u64,
    iat: u64,
    nbf: u64,
    jti: &'a str,
    client_id: &'a str,
    scope: &'a str,
    email: &'a str,
    email_verified: bool,
}

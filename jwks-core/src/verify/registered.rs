//! The registered claims, for those who need no others.

use serde::{Deserialize, Deserializer};

/// The registered claims of RFC 7519, section 4.1, that name somebody or something. The times
/// have been checked; see [`Verified::expires_at`](super::Verified::expires_at).
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[non_exhaustive]
pub struct Registered {
    /// Whom the token is meant for (`aud`); empty if it does not say.
    #[serde(default, deserialize_with = "one_or_many")]
    pub aud: Vec<String>,
    /// Who issued the token: the issuer that was expected.
    pub iss: String,
    /// Which token it is, if it says.
    pub jti: Option<String>,
    /// Whom the token speaks of, if it says.
    pub sub: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<String>),
    One(String),
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::Many(many) => many,
        OneOrMany::One(one) => vec![one],
    })
}

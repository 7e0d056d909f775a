//! The id of a user pool, and the addresses derived from it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::endpoint::{Endpoint, EndpointError, IssuerType};
pub use self::error::UserPoolIdError;
pub(crate) use self::region::Region;

mod endpoint;
mod error;
mod region;
#[cfg(test)]
mod tests;

/// The id of a user pool, such as `eu-west-1_Ab12Cd34E`: the region where it was created, and a
/// name that is unique there.
///
/// Parse it from text. A text that cannot be the id of a user pool is refused, so nothing in a
/// configuration can lead to another host than Amazon's. Every region of every AWS partition is
/// known with its domain (`amazonaws.com`, `amazonaws.com.cn`, `c2s.ic.gov`, …). An unknown region
/// of the same shape is assumed to be a new one: of the partition that its name begins like, else
/// of the commercial partition.
///
/// With serde, it is its text.
///
/// ```
/// use jwks_cognito::UserPoolId;
///
/// let pool: UserPoolId = "eu-west-1_Ab12Cd34E".parse()?;
/// assert_eq!(pool.region(), "eu-west-1");
/// assert_eq!(pool.issuer(), "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E");
/// assert_eq!(pool.jwks_uri(), format!("{}/.well-known/jwks.json", pool.issuer()));
///
/// let error = "eu-west-1".parse::<UserPoolId>().unwrap_err();
/// assert_eq!(error.to_string(), "the user pool id has no `_` between its region and its name");
/// # Ok::<(), jwks_cognito::UserPoolIdError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UserPoolId {
    /// The whole id.
    text: Box<str>,
    region: Region,
}

impl UserPoolId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The region where the pool was created, such as `eu-west-1`.
    #[must_use]
    pub fn region(&self) -> &str {
        self.region.name()
    }

    /// The `iss` of the pool's tokens, unless the pool's issuer type was changed:
    /// [`IssuerType::Original`].
    #[must_use]
    pub fn issuer(&self) -> String {
        self.issuer_of(IssuerType::Original)
    }

    /// The `iss` of the pool's tokens when the pool's issuer is of this type.
    #[must_use]
    pub fn issuer_of(&self, issuer: IssuerType) -> String {
        self.url(issuer.host())
    }

    /// Where the pool's JWK Set is: `/.well-known/jwks.json` below the [`issuer`](Self::issuer)
    /// ([Verifying JSON web tokens](https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html)).
    #[must_use]
    pub fn jwks_uri(&self) -> String {
        format!("{}{JWKS_PATH}", self.issuer())
    }

    /// Where the pool's JWK Set is for an issuer of this type, at an endpoint of this kind. The
    /// `iss` of the tokens does not depend on the endpoint.
    ///
    /// # Errors
    ///
    /// Fails if AWS documents no such endpoint for the pool's region: see [`Endpoint`].
    pub fn jwks_uri_at(
        &self,
        issuer: IssuerType,
        endpoint: Endpoint,
    ) -> Result<String, EndpointError> {
        let host = endpoint.host(issuer, &self.region)?;
        Ok(format!("{}{JWKS_PATH}", self.url(host)))
    }

    /// Where the pool describes itself (OpenID Connect Discovery 1.0):
    /// `/.well-known/openid-configuration` below the [`issuer`](Self::issuer).
    #[must_use]
    pub fn discovery_url(&self) -> String {
        format!("{}{DISCOVERY_PATH}", self.issuer())
    }

    fn url(&self, host: &str) -> String {
        let Self { text, region } = self;
        format!("https://{host}.{}.{}/{text}", region.name(), region.domain())
    }
}

impl FromStr for UserPoolId {
    type Err = UserPoolIdError;

    fn from_str(text: &str) -> Result<Self, UserPoolIdError> {
        error::check_whole(text)?;
        let (region, name) = text.split_once('_').ok_or_else(UserPoolIdError::no_underscore)?;
        let region = Region::parse(region).ok_or_else(|| UserPoolIdError::region(region))?;
        error::check_name(name)?;
        Ok(Self { text: text.into(), region })
    }
}

impl TryFrom<&str> for UserPoolId {
    type Error = UserPoolIdError;

    fn try_from(text: &str) -> Result<Self, UserPoolIdError> {
        text.parse()
    }
}

impl fmt::Display for UserPoolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for UserPoolId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for UserPoolId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

const DISCOVERY_PATH: &str = "/.well-known/openid-configuration";
const JWKS_PATH: &str = "/.well-known/jwks.json";

//! Which of a pool's addresses to use.

use std::fmt;

use super::region::Region;

/// Which endpoint of Amazon's the keys are fetched from. The `iss` of the tokens stays the same.
///
/// A combination that is not in this table is refused, because no document of AWS names it. If you
/// need it, set the key URL yourself
/// ([`CognitoSettings::jwks_uri`](crate::CognitoSettings::jwks_uri)).
///
/// | endpoint | regions | host |
/// |---|---|---|
/// | `Standard` | all | `cognito-idp.REGION.DOMAIN` |
/// | `DualStack` | commercial ones | the same: it answers on IPv6 too |
/// | `Fips` | `us-east-1`, `us-east-2`, `us-west-1`, `us-west-2`, `us-gov-east-1`, `us-gov-west-1` | `cognito-idp-fips.REGION.amazonaws.com` |
///
/// Sources: [Amazon Cognito endpoints and quotas](https://docs.aws.amazon.com/general/latest/gr/cognito.html)
/// and [Amazon Cognito in AWS GovCloud (US)](https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-cog.html)
/// for FIPS; the endpoint rules that AWS publishes with its SDKs (botocore 1.44,
/// `cognito-idp/2016-04-18/endpoint-rule-set-1.json`) for dual-stack: there the ordinary host of
/// the commercial partition *is* the dual-stack one, not one under `api.aws`. For GovCloud these
/// rules and botocore's `endpoints.json` name different hosts, so that combination is refused. For
/// its API AWS names FIPS endpoints alone there; `Standard` is below the `iss` there as elsewhere,
/// as AWS's own library for JavaScript has it.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Endpoint {
    /// Reached by IPv4 and by IPv6.
    DualStack,
    /// With cryptography validated by FIPS 140-3.
    Fips,
    /// The host that is also the `iss`.
    #[default]
    Standard,
}

/// Which of its two issuers a user pool writes into the `iss` of its tokens: a setting of the pool
/// ([IssuerConfigurationType](https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_IssuerConfigurationType.html)).
///
/// To accept tokens of both while you change a pool from one to the other, give a verifier the pool
/// twice, once with each.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum IssuerType {
    /// `https://cognito-idp.REGION.amazonaws.com/POOL`: what pools have unless it was changed.
    #[default]
    Original,
    /// `https://issuer-cognito-idp.REGION.amazonaws.com/POOL`: the same in every region that a
    /// pool is replicated to. `REGION` is the pool's primary region.
    Updated,
}

/// AWS documents no such endpoint for the region, or for the issuer.
///
/// Its `Debug` form is the text, so that a `main` that returns this error prints it.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct EndpointError(String);

impl fmt::Debug for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Endpoint {
    /// The host's first label.
    pub(super) fn host(
        self,
        issuer: IssuerType,
        region: &Region,
    ) -> Result<&'static str, EndpointError> {
        let documented = match (self, issuer) {
            (Self::Standard, _) => return Ok(issuer.host()),
            (_, IssuerType::Updated) => "none with an updated issuer",
            (Self::DualStack, _) if region.is_commercial() => return Ok(issuer.host()),
            (Self::DualStack, _) => "one in the commercial regions alone",
            (Self::Fips, _) if FIPS_REGIONS.contains(&region.name()) => return Ok(FIPS_HOST),
            (Self::Fips, _) => return Err(EndpointError::fips(region)),
        };
        Err(EndpointError(format!("{}: AWS documents {documented}", self.words())))
    }

    const fn words(self) -> &'static str {
        match self {
            Self::DualStack => "a dual-stack endpoint",
            Self::Fips => "a FIPS endpoint",
            Self::Standard => "the standard endpoint",
        }
    }
}

impl IssuerType {
    /// The first label of the host in the `iss`.
    pub(super) const fn host(self) -> &'static str {
        match self {
            Self::Original => "cognito-idp",
            Self::Updated => "issuer-cognito-idp",
        }
    }
}

impl EndpointError {
    fn fips(region: &Region) -> Self {
        let regions = FIPS_REGIONS.join(", ");
        Self(format!("a FIPS endpoint: AWS documents one in {regions}, not in {}", region.name()))
    }
}

const FIPS_HOST: &str = "cognito-idp-fips";

const FIPS_REGIONS: [&str; 6] =
    ["us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1", "us-west-1", "us-west-2"];

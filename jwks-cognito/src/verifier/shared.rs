//! What the verifier and its calls share.

use std::fmt;

use jwks_core::verify::{CheckResult, Checked, Verifier};

use super::route::Route;
use crate::check::{Demands, check};
use crate::pool::OwnCheck;
use crate::{Refusal, TokenUse};

/// The core's verifier, which does all checks that are not specific to Cognito, and the demands on
/// the tokens of each pool.
///
/// The demands are not checks of the core's issuers, because those run before the checks of a call.
/// If a caller asks for an access token and gets an ID token, that should be the reported reason.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) core: Verifier,
    pub(super) pools: Vec<PoolDemands>,
}

/// The demands on tokens with this `iss`.
pub(super) struct PoolDemands {
    pub(super) iss: Box<str>,
    pub(super) demands: Demands,
    pub(super) checks: Vec<OwnCheck>,
}

impl Shared {
    pub(super) fn check(
        &self,
        token: &Checked<'_>,
        wanted: TokenUse,
        route: &Route,
    ) -> CheckResult {
        let pool = self.pools.iter().find(|pool| *pool.iss == *token.issuer());
        // The core has found the issuer among the same pools; were it otherwise, nothing passes.
        let pool = pool.ok_or("the pool of this token is not configured")?;
        check(token, wanted, [&pool.demands, &route.demands]).map_err(Refusal::into_source)?;
        pool.checks.iter().chain(&route.checks).try_for_each(|check| check(token))
    }
}

impl fmt::Debug for PoolDemands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolDemands")
            .field("iss", &self.iss)
            .field("demands", &self.demands)
            .finish_non_exhaustive()
    }
}

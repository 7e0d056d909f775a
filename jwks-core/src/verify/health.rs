//! How the issuers of a verifier are doing.

use serde::Serialize;

use super::Verifier;
use crate::cache::{Health, HealthKind};

/// How the issuers of a verifier are doing, as of the call. Serialises, for a page of one's own:
///
/// ```json
/// {
///   "verdict": "degraded",
///   "issuers": [
///     {"label": "staff", "required": true, "state": "degraded",
///      "since": 1800000000.0, "until": 1800003840.0, "why": "no connection to the key server"},
///     {"label": "partners", "required": false, "state": "starting"}
///   ]
/// }
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct VerifierHealth {
    /// The worst of the required issuers: [`HealthKind::Ready`] if none is required.
    pub verdict: HealthKind,
    /// Each issuer, in the order of configuration.
    pub issuers: Vec<IssuerHealth>,
}

/// How one issuer of a verifier is doing.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct IssuerHealth {
    /// Its [label](super::Issuer::label).
    pub label: String,
    /// Whether it counts for the verdict, and for [`Verifier::ready`]: it is not
    /// [optional](super::Issuer::optional).
    pub required: bool,
    /// How it is doing.
    #[serde(flatten)]
    pub health: Health,
}

impl Verifier {
    /// How each issuer is doing, and one verdict over those that are not
    /// [optional](super::Issuer::optional): for dashboards and alerts.
    ///
    /// Probes should not answer by it, or an outage of the issuer takes every process out of the
    /// load balancer, or restarts it: see [`ready`](Self::ready). The exception is
    /// [`Trouble::Stopped`](crate::cache::Trouble::Stopped) in a process that goes on: its driver
    /// is gone, which is no fault of the issuer's, and which only a restart mends.
    #[must_use]
    pub fn health(&self) -> VerifierHealth {
        let issuers: Vec<_> = self
            .issuers()
            .iter()
            .map(|issuer| IssuerHealth {
                label: issuer.cache.label().to_owned(),
                required: issuer.required,
                health: issuer.cache.health(),
            })
            .collect();
        let required = issuers.iter().filter(|issuer| issuer.required);
        let worst = required.map(|issuer| issuer.health.kind()).max();
        VerifierHealth { verdict: worst.unwrap_or(HealthKind::Ready), issuers }
    }
}

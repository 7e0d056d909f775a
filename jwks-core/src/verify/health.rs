//! How the issuers of a verifier are doing.

use std::fmt;

use serde::Serialize;

use super::Verifier;
use crate::cache::{Health, HealthKind, Relaxation};

/// The health of a verifier's issuers, at the time of the call. It serialises, for a status page of
/// your own:
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
///
/// Its `Display` is one line for a log: the verdict, and which issuers are not ready, at most 8 of
/// them by name.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct VerifierHealth {
    /// The worst state of the required issuers: [`HealthKind::Ready`] if none is required.
    pub verdict: HealthKind,
    /// Each issuer, in the order of configuration.
    pub issuers: Vec<IssuerHealth>,
}

/// The health of one issuer of a verifier.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct IssuerHealth {
    /// Its [label](super::Issuer::label).
    pub label: String,
    /// Whether the issuer is required: it counts for the verdict and for [`Verifier::ready`]. It is
    /// not [optional](super::Issuer::optional).
    pub required: bool,
    /// What is allowed of it beyond the book. Left out of the serialised form if there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relaxations: Vec<Relaxation>,
    /// The health of its key cache.
    #[serde(flatten)]
    pub health: Health,
}

impl Verifier {
    /// The health of each issuer, and one verdict over the required ones: for dashboards and
    /// alerts.
    ///
    /// Do not use it for probes. Otherwise an outage of the issuer takes every process out of the
    /// load balancer, or restarts it: see [`ready`](Self::ready). There is one exception: if you
    /// see [`Trouble::Stopped`](crate::cache::Trouble::Stopped) while the process goes on, its
    /// driver is gone. That is not the issuer's fault, and only a restart helps.
    #[must_use]
    pub fn health(&self) -> VerifierHealth {
        let issuers: Vec<_> = self
            .all()
            .iter()
            .map(|issuer| IssuerHealth {
                label: issuer.cache.label().to_owned(),
                required: issuer.required,
                relaxations: issuer.cache.relaxations().to_vec(),
                health: issuer.cache.health(),
            })
            .collect();
        let required = issuers.iter().filter(|issuer| issuer.required);
        let worst = required.map(|issuer| issuer.health.kind()).max();
        VerifierHealth { verdict: worst.unwrap_or(HealthKind::Ready), issuers }
    }
}

impl fmt::Display for VerifierHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ill = || self.issuers.iter().filter(|it| it.health.kind() != HealthKind::Ready);
        let (all, others) = (self.issuers.len(), ill().count());
        write!(f, "{}: {} of {all} issuers ready", word(self.verdict), all - others)?;
        for (at, issuer) in ill().take(MOST_SHOWN).enumerate() {
            f.write_str(if at == 0 { "; " } else { ", " })?;
            write!(f, "{} {}", issuer.label, word(issuer.health.kind()))?;
            match &issuer.health {
                Health::Degraded { why, .. } | Health::Down { why, .. } => write!(f, " ({why})")?,
                _ => {}
            }
        }
        if others > MOST_SHOWN {
            write!(f, " and {} more", others - MOST_SHOWN)?;
        }
        Ok(())
    }
}

const fn word(kind: HealthKind) -> &'static str {
    match kind {
        HealthKind::Degraded => "degraded",
        HealthKind::Down => "down",
        HealthKind::Ready => "ready",
        HealthKind::Starting => "starting",
    }
}

const MOST_SHOWN: usize = 8;

//! What is accepted, as it is configured.

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use jwks_core::adapter::{BuildError, Drivers, Env, Start};
use jwks_core::refresh::{Policy, Strategy};
use jwks_core::verify::Verifier;

use super::shelf::Shelf;
use super::verify::{Alb, Inner};
use super::{Service, arn};
use crate::pool_id::Region;

/// Describes an [`Alb`]. Create it with [`Alb::region`] or [`Alb::verified_access`], and give it to an
/// adapter's `start`.
#[derive(Clone)]
#[must_use = "give it to an adapter's `start`"]
pub struct AlbBuilder {
    pub(super) allow_loopback_http: bool,
    pub(super) any_client: bool,
    pub(super) clients: Vec<Box<str>>,
    pub(super) issuers: Vec<Box<str>>,
    pub(super) key_url: Option<String>,
    pub(super) leeway: Duration,
    pub(super) policy: Option<Policy>,
    region: Region,
    pub(super) service: Service,
    pub(super) signers: Vec<Box<str>>,
}

/// Settings that cannot work. Its text names the setting, and what to do.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct AlbSettingError(String);

impl AlbBuilder {
    pub(super) fn new(region: &str, service: Service) -> Result<Self, AlbSettingError> {
        let region = Region::parse(region).ok_or_else(|| {
            AlbSettingError("region: it must be the name of one, such as `eu-west-1`".to_owned())
        })?;
        Ok(Self {
            allow_loopback_http: false,
            any_client: false,
            clients: Vec::new(),
            issuers: Vec::new(),
            key_url: None,
            leeway: Duration::from_secs(60),
            policy: None,
            region,
            service,
            signers: Vec::new(),
        })
    }

    /// Accepts headers that this load balancer has signed, or this instance of Verified Access: its
    /// ARN. Call it again for more. At least one is needed: the keys are those of all load balancers
    /// of the region, and so of strangers too.
    pub fn signer(mut self, arn: impl Into<Box<str>>) -> Self {
        self.signers.push(arn.into());
        self
    }

    /// Accepts headers for this client id, of the rule that has signed the user in. Call it again for
    /// more. A load balancer needs this or [`any_client`](Self::any_client); Verified Access names no
    /// client.
    pub fn client(mut self, client_id: impl Into<Box<str>>) -> Self {
        self.clients.push(client_id.into());
        self
    }

    /// Does not check the client: users whom another application's rule of the same load balancer has
    /// signed in pass too.
    pub const fn any_client(mut self) -> Self {
        self.any_client = true;
        self
    }

    /// Accepts users of this identity provider alone, by its `iss`. Call it again for more. Default:
    /// of every one that the load balancer is configured with.
    pub fn issuer(mut self, iss: impl Into<Box<str>>) -> Self {
        self.issuers.push(iss.into());
        self
    }

    /// Fetches the keys from this `https` URL, with `{kid}` in the place of the key's name, once. For
    /// regions whose host AWS names elsewhere, which is needed outside of the commercial partition.
    pub fn key_url(mut self, template: impl Into<String>) -> Self {
        self.key_url = Some(template.into());
        self
    }

    /// Allows plain `http` to this machine for the keys. Use it only in tests.
    pub const fn allow_loopback_http(mut self) -> Self {
        self.allow_loopback_http = true;
        self
    }

    /// Sets how far AWS's clock may differ from yours: at most 10 minutes. Default: 60 s.
    pub const fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Sets when each key is fetched again, and for how long it serves through an outage. Default:
    /// every hour, and it serves for 24 hours. The pauses after a failure ([`retry`] and
    /// [`cold_retry_max`]) must be more than twice as long as `wait_budget`, so that an invented kid is
    /// asked for once.
    ///
    /// [`cold_retry_max`]: jwks_core::refresh::PolicyBuilder::cold_retry_max
    /// [`retry`]: jwks_core::refresh::PolicyBuilder::retry
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Where a key is, with `{kid}` in the place of its name.
    fn template(&self) -> Result<String, AlbSettingError> {
        let wrong = |text: &str| Err(AlbSettingError(text.to_owned()));
        let region = self.region.name();
        match (&self.key_url, self.service) {
            (Some(template), _) => {
                let path = template.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
                let in_path = path.is_some_and(|(_, path)| path.matches("{kid}").count() == 1);
                if !in_path || template.matches("{kid}").count() != 1 {
                    return wrong("key_url: it must have `{kid}` once, in its path");
                }
                Ok(template.clone())
            }
            (None, _) if !self.region.is_commercial() => wrong(
                "key_url: it is missing, and needed for this region: the URL that AWS documents for \
                 its keys, with `{kid}` in the place of the key's name",
            ),
            (None, Service::LoadBalancer) => {
                Ok(format!("https://public-keys.auth.elb.{region}.amazonaws.com/{{kid}}"))
            }
            (None, Service::VerifiedAccess) => Ok(format!(
                "https://public-keys.prod.verified-access.{region}.amazonaws.com/{{kid}}"
            )),
        }
    }

    fn check(&self) -> Result<(), AlbSettingError> {
        let wrong = |text: String| Err(AlbSettingError(text));
        if self.signers.is_empty() {
            return wrong("signer: it is missing: the ARN of the load balancer or instance".into());
        }
        let region = self.region.name();
        let fault = |arn: &str| arn::fault(arn, self.service, region);
        if let Some((arn, fault)) = self.signers.iter().find_map(|it| Some((it, fault(it)?))) {
            return wrong(format!("signer: `{}` {fault}", arn.escape_debug()));
        }
        let needs_client = self.service == Service::LoadBalancer;
        match (self.clients.is_empty(), self.any_client) {
            (false, true) => return wrong("client and any_client are both given: keep one".into()),
            (true, false) if needs_client => {
                let text = "client: it is missing: the client id of the load balancer's rule; or say \
                    any_client to accept every one";
                return wrong(text.into());
            }
            (false, _) | (_, true) if !needs_client => {
                let text = "client: it has no effect: Verified Access names none";
                return wrong(text.into());
            }
            _ => {}
        }
        if self.clients.iter().chain(&self.issuers).any(|text| text.trim().is_empty()) {
            return wrong("client and issuer must not be empty".into());
        }
        let tries_twice = |policy: &Policy| {
            policy.retry_initial().min(policy.cold_retry_max()) / 2 <= policy.wait_budget()
        };
        if self.policy.as_ref().is_some_and(tries_twice) {
            let text = "policy: `retry` and `cold_retry_max` must be more than twice as long as \
                `wait_budget`, or each invented kid would be asked for more than once";
            return wrong(text.into());
        }
        if self.leeway > MAX_LEEWAY {
            return wrong("leeway: allowed is 0s to 10m".into());
        }
        Ok(())
    }
}

impl Start for AlbBuilder {
    type Handle = Alb;

    /// Fails if a setting is missing or cannot work. The error holds an [`AlbSettingError`].
    fn build(self, env: Env) -> Result<(Alb, Drivers), BuildError> {
        self.check().map_err(BuildError::new)?;
        let template = self.template().map_err(BuildError::new)?;
        let policy = match self.policy.clone() {
            Some(policy) => policy,
            None => Policy::builder()
                .strategy(Strategy::Time)
                .interval(HOUR)
                .stale_if_error(23 * HOUR)
                .max_trust(24 * HOUR)
                .retry(RETRY, HOUR)
                .cold_retry_max(RETRY)
                .build()
                .map_err(BuildError::new)?,
        };
        let clock = env.wall_clock();
        let shelf = Mutex::new(Shelf::new(PLACES, clock()));
        let (keys, drivers) = Verifier::builder().may_be_empty().build(env)?;
        let alb = Alb::new(Inner { settings: self, template, policy, clock, shelf, keys });
        // What cannot work as a URL is seen now, and not with the first token.
        alb.try_url().map_err(BuildError::new)?;
        Ok((alb, drivers))
    }
}

/// Does not show the URL of the keys, which may hold a secret.
impl fmt::Debug for AlbBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlbBuilder")
            .field("service", &self.service)
            .field("region", &self.region)
            .field("signers", &self.signers)
            .field("clients", &self.clients)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LoadBalancer => "alb",
            Self::VerifiedAccess => "verified-access",
        })
    }
}

/// Who waits for a key is told when the first attempt has failed: a second one would be one more for
/// a kid that may be invented. A pause may be half as long.
const RETRY: Duration = Duration::from_secs(12);

const HOUR: Duration = Duration::from_secs(3600);
const MAX_LEEWAY: Duration = Duration::from_secs(600);

/// Keys held at once.
pub(super) const PLACES: usize = 32;

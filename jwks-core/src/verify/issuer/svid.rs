//! Issuers of JWT-SVIDs: the trust domains of SPIFFE.

use super::Issuer;
use super::error::Problem;
use crate::verify::spiffe;

impl Issuer {
    /// Accepts the JWT-SVIDs of this SPIFFE trust domain, such as `example.org` (SPIFFE JWT-SVID,
    /// sections 3 and 4).
    ///
    /// ```
    /// use jwks_core::verify::{Issuer, Verifier};
    ///
    /// let own = Issuer::spiffe("example.org")
    ///     .jwks_uri("https://bundle.example.org/") // the bundle endpoint
    ///     .audience("payments");
    /// let partner = Issuer::spiffe("partner.example")
    ///     .keys_file("/run/bundles/partner.example.json")
    ///     .audience("payments");
    /// let verifier = Verifier::builder().issuer(own).issuer(partner); // beside ordinary issuers
    /// ```
    ///
    /// A token belongs to the trust domain of its `sub`, which must be a [`SpiffeId`]; `iss` may be
    /// missing, and is not looked at. If a verifier has other issuers too, a token goes to the one of
    /// its `iss` if that is configured, and else to the trust domain. The issuer is called
    /// `spiffe://example.org`, in [`Verified::issuer`] as in logs; [`Verified::spiffe_id`] is the
    /// token's own ID.
    ///
    /// `exp` and `aud` are required, so `any_audience` is refused. `typ` must be `JWT` or `JOSE`, or
    /// absent. Of the algorithms all are accepted that the specification allows: not EdDSA. A token
    /// may be without `kid`: see [`kidless`](crate::refresh::PolicyBuilder::kidless) for bundles
    /// with several keys.
    ///
    /// The keys are those of the trust domain's bundle with `use: jwt-svid` and a `kid`. **A bundle
    /// without any revokes them all at once**, where any other key set without keys is a failure. Its
    /// `spiffe_refresh_hint` counts as a `max-age` does, under [`http_freshness`]. A bundle whose
    /// `spiffe_sequence` is lower than that of the held keys is an old answer: the attempt has failed,
    /// and the held keys stay. See [`KeyLimits::spiffe`](crate::keys::KeyLimits::spiffe).
    ///
    /// The bundle comes from a `https` URL (the profile `https_web`), a file, or the settings. The
    /// profile `https_spiffe` and the Workload API are not supported.
    ///
    /// [`http_freshness`]: crate::refresh::PolicyBuilder::http_freshness
    /// [`SpiffeId`]: super::super::SpiffeId
    /// [`Verified::issuer`]: super::super::Verified::issuer
    /// [`Verified::spiffe_id`]: super::super::Verified::spiffe_id
    pub fn spiffe(trust_domain: impl AsRef<str>) -> Self {
        let mut issuer = Self::new(spiffe::domain(trust_domain.as_ref()));
        issuer.lenience.svid = true;
        issuer
    }

    /// Whether what is given fits a trust domain.
    pub(super) fn check_svid(&self) -> Result<(), Problem> {
        if !self.lenience.svid {
            return Ok(());
        }
        if let Err(error) = spiffe::check_domain(&self.issuer) {
            return Err(Problem::one("trust_domain", format!("cannot be used: {error}")));
        }
        let idle = [
            ("also", !self.also.is_empty()),
            ("without_iss", self.lenience.without_iss),
            ("any_sub", self.lenience.any_sub),
        ];
        if let Some((setting, _)) = idle.into_iter().find(|(_, is_given)| *is_given) {
            let words = "has no effect on a SPIFFE trust domain, whose tokens are known by their \
                `sub`: leave it out";
            return Err(Problem::one(setting, words));
        }
        let forbidden = [
            ("any_audience", self.any_audience),
            ("max_age_without_exp", self.lenience.max_age.is_some()),
        ];
        if let Some((setting, _)) = forbidden.into_iter().find(|(_, is_given)| *is_given) {
            let words = "cannot be used with a SPIFFE trust domain: a JWT-SVID must have `aud` and \
                `exp`, and both are checked";
            return Err(Problem::one(setting, words));
        }
        let discovers = ["discover", "discover_oauth", "discovery_url"];
        if let Some(place) = self.places.iter().find(|it| discovers.contains(&it.setting())) {
            let words = "is not for a SPIFFE trust domain: give the URL of its bundle endpoint with \
                jwks_uri, or a file with keys_file";
            return Err(Problem::one(place.setting(), words));
        }
        Ok(())
    }
}

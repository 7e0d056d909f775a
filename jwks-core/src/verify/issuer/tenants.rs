//! An issuer with many tenants, each with an `iss` of its own.

use std::sync::Arc;

use super::error::Problem;
use super::{Issuer, Place};
use crate::keys::text::escaped;
use crate::verify::templated::{Allowed, Guid, Predicate, is_template};

/// Which tenants are accepted, as it was said.
#[derive(Clone, Default)]
pub(super) struct Tenants {
    pub(super) ids: Vec<Box<str>>,
    pub(super) any: bool,
    filter: Option<Predicate>,
}

impl Issuer {
    /// Microsoft Entra ID, for tokens of several tenants: v2 tokens and v1 tokens, with the keys that
    /// Entra publishes for all tenants of its worldwide cloud. Say which [`tenants`](Self::tenants)
    /// are accepted, and the [`audience`](Self::audience): v2 tokens have your application's client
    /// id in `aud`, and v1 tokens mostly its URI (`api://…`).
    ///
    /// ```
    /// use jwks_core::verify::Issuer;
    ///
    /// let entra = Issuer::entra()
    ///     .tenants(["72f988bf-86f1-41af-91ab-2d7cd011db47"])
    ///     .audience("6e74172b-be56-4843-9ff4-e66a39bb12e3")
    ///     .audience("api://6e74172b-be56-4843-9ff4-e66a39bb12e3");
    /// ```
    ///
    /// It is the same as this, which you can change for another cloud:
    ///
    /// ```
    /// # use jwks_core::verify::Issuer;
    /// let entra = Issuer::new("https://login.microsoftonline.com/{tenantid}/v2.0")
    ///     .also("https://sts.windows.net/{tenantid}/") // v1 tokens
    ///     .discovery_url("https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration");
    /// ```
    pub fn entra() -> Self {
        Self::new(ENTRA_V2).also(ENTRA_V1).discovery_url(ENTRA_DOCUMENT)
    }

    /// Accepts tokens of these tenants, by their ids (GUIDs). Call it again for more. Needed if the
    /// `iss` is a template; there is no default. Cannot be combined with
    /// [`any_tenant`](Self::any_tenant) or [`tenants_where`](Self::tenants_where).
    ///
    /// An `iss` with `{tenantid}` in it is a template, and then each [other `iss`](Self::also) has to
    /// be one. The token's own `tid` must be a GUID, in lower case. The template with this `tid` in
    /// its place must be the token's `iss`, byte for byte. So one issuer serves any number of
    /// tenants: with one set of keys, and nothing kept for each of them.
    /// [`Verified::tenant`](crate::verify::Verified::tenant) says which one it is, and
    /// [`Verified::issuer`](crate::verify::Verified::issuer) the whole `iss`.
    ///
    /// A key with an [`issuer`](crate::keys::Key::issuer) of its own serves the tenants that this
    /// names: all of them if it is one of our templates; one if it is one of our templates with a
    /// tenant in its place, whichever of the templates the token's `iss` is made from. A key without
    /// `issuer` serves all tenants.
    ///
    /// The place of the keys must be said, with [`discovery_url`](Self::discovery_url) or
    /// [`jwks_uri`](Self::jwks_uri): a template cannot be asked. A discovery document must have the
    /// first template as its `issuer`. To change the tenants while the verifier runs, use
    /// [`Issuers::set`](crate::verify::Issuers::set); the keys stay.
    pub fn tenants<T: Into<Box<str>>>(mut self, ids: impl IntoIterator<Item = T>) -> Self {
        self.tenants.ids.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Accepts tokens of every tenant that the issuer has: of anybody who has an account there, and so
    /// of strangers. With Microsoft Entra that is any organisation and any personal account. Your
    /// service must decide by [`Verified::tenant`](crate::verify::Verified::tenant) what they may do. See
    /// [`tenants`](Self::tenants).
    pub const fn any_tenant(mut self) -> Self {
        self.tenants.any = true;
        self
    }

    /// Accepts tokens of the tenants for which this function is true: for tenants that come and go.
    /// It gets the tenant's id, a GUID in lower case. It is called for each token, by the caller, so
    /// it must be quick and must not block: a look at a set that you keep. It may be called for tokens
    /// that are not verified. See [`tenants`](Self::tenants).
    pub fn tenants_where(mut self, accepts: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.tenants.filter = Some(Arc::new(accepts));
        self
    }

    /// Whether its `iss` are templates.
    pub(super) fn is_templated(&self) -> bool {
        is_template(&self.issuer)
    }

    pub(super) fn check_tenants(&self) -> Result<(), Problem> {
        let Tenants { ids, any, filter } = &self.tenants;
        let given = [
            ("tenants", !ids.is_empty()),
            ("any_tenant", *any),
            ("tenants_where", filter.is_some()),
        ];
        let mut given = given.into_iter().filter_map(|(name, is_given)| is_given.then_some(name));
        let (one, other) = (given.next(), given.next());
        if let (Some(one), Some(other)) = (one, other) {
            let remedy = "keep one of them to say which tenants are accepted";
            return Err(Problem::Both { one, other, remedy });
        }
        if self.also.iter().any(|also| is_template(also) != self.is_templated()) {
            let words = "is not of the kind of the first `iss`: either all of them have `{tenantid}` \
                in them, or none";
            return Err(Problem::one("also", words));
        }
        if let (Some(setting), false) = (one, self.is_templated()) {
            let words = "has no effect: the `iss` is no template, with `{tenantid}` in the place of \
                the tenant";
            return Err(Problem::one(setting, words));
        }
        if let Some(id) = ids.iter().find(|id| tenant(id).is_none()) {
            let words = format!(
                "is `{}`: it must be the id of a tenant, a GUID such as \
                 `72f988bf-86f1-41af-91ab-2d7cd011db47`",
                escaped(id)
            );
            return Err(Problem::one("tenants", words));
        }
        let asks = |place: &Place| matches!(place, Place::Discovery | Place::OAuth);
        if let Some(place) = self.places.iter().find(|place| self.is_templated() && asks(place)) {
            let words = "cannot be used: the `iss` is a template, which cannot be asked; give the URL \
                of the discovery document with discovery_url";
            return Err(Problem::one(place.setting(), words));
        }
        Ok(())
    }

    /// Which tenants are accepted. `None`: its `iss` are no templates.
    pub(super) fn allowed(&self) -> Result<Option<Allowed>, Problem> {
        if !self.is_templated() {
            return Ok(None);
        }
        let Tenants { ids, any, filter } = &self.tenants;
        Ok(Some(match filter {
            _ if *any => Allowed::Any,
            Some(filter) => Allowed::Where(Arc::clone(filter)),
            None if ids.is_empty() => {
                let words = "is missing: the `iss` is a template, so it must be the ids of the \
                    tenants whose tokens are accepted; or say any_tenant to accept those of \
                    everybody who has an account there";
                return Err(Problem::one("tenants", words));
            }
            None => {
                let mut ids: Vec<_> = ids.iter().filter_map(|id| tenant(id)).collect();
                ids.sort_unstable();
                ids.dedup();
                Allowed::OneOf(ids.into())
            }
        }))
    }
}

/// People may write it in upper case. Tokens may not.
fn tenant(id: &str) -> Option<Guid> {
    Guid::read(&id.to_ascii_lowercase())
}

const ENTRA_V1: &str = "https://sts.windows.net/{tenantid}/";
const ENTRA_V2: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";
const ENTRA_DOCUMENT: &str =
    "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration";

//! An issuer with many tenants: its `iss` is a template, in which the tenant of each token has its
//! place. Nothing is kept of a tenant.

use std::fmt;
use std::sync::Arc;

use super::error::Error;
use crate::keys::{Key, TENANT, becomes};

/// What an issuer has whose `iss` are templates.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Templated {
    /// In the order of the names.
    templates: Box<[Template]>,
    allowed: Allowed,
}

/// One `iss` with `{tenantid}` in it.
#[derive(Debug, Eq, PartialEq)]
struct Template {
    text: Box<str>,
    /// Where the tenant begins.
    at: usize,
}

/// Which tenants' tokens are accepted.
#[derive(Clone)]
pub(super) enum Allowed {
    Any,
    /// In order.
    OneOf(Arc<[Guid]>),
    Where(Predicate),
}

pub(super) type Predicate = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// A tenant. Each has one text alone: 32 digits in lower case, in five groups (RFC 9562, section 4).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Guid([u8; 16]);

/// The issuer of one token: the template with the tenant in its place.
#[derive(Debug)]
pub(super) struct OfTenant {
    pub(super) iss: Box<str>,
    at: usize,
}

impl Templated {
    /// `names` are templates.
    pub(super) fn new<'n>(names: impl Iterator<Item = &'n str>, allowed: Allowed) -> Self {
        let template = |text: &str| Template { text: text.into(), at: before(text).len() };
        Self { templates: names.map(template).collect(), allowed }
    }

    /// The tenant of this `iss`, if its template of that number becomes this.
    pub(super) fn fits(&self, number: usize, iss: &str) -> bool {
        self.templates.get(number).is_some_and(|template| template.tenant_in(iss).is_some())
    }

    /// Where the tenant begins in each of the templates.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        self.templates.iter().map(|template| template.at)
    }

    /// The tenant of this `iss`, if its tokens are accepted.
    pub(super) fn accepted(&self, iss: &str) -> Option<Guid> {
        let (tenant, text) = self.tenant_in(iss)?;
        self.allowed.allows(tenant, text).then_some(tenant)
    }

    /// Whether a token with this `iss` and this `tid` is of a tenant that is accepted.
    pub(super) fn check(&self, ours: &str, iss: &str, tid: Option<&str>) -> Result<(), Error> {
        let (tenant, text) = self.tenant_in(iss).ok_or_else(|| Error::wrong_issuer(ours, iss))?;
        let tid = tid.ok_or_else(|| Error::missing_claim("tid"))?;
        if tid != text {
            return Err(Error::other_tenant());
        }
        if self.allowed.allows(tenant, text) { Ok(()) } else { Err(Error::tenant_refused(ours)) }
    }

    /// Whether the key is for tokens of this tenant: whichever of the names its `issuer` has. (Entra
    /// signs v1 tokens with keys that it lists for v2.)
    pub(super) fn is_served_by(&self, key: &Key, tid: &str) -> bool {
        let Some(issuer) = key.issuer() else { return true };
        let is = |template: &Template| {
            *template.text == *issuer || becomes(&template.text, issuer, Some(tid))
        };
        Guid::read(tid).is_some() && self.templates.iter().any(is)
    }

    /// The issuer of a token that was accepted.
    pub(super) fn of_tenant(&self, iss: &str) -> Option<OfTenant> {
        let template = self.templates.iter().find(|it| it.tenant_in(iss).is_some())?;
        Some(OfTenant { iss: iss.into(), at: template.at })
    }

    fn tenant_in<'t>(&self, iss: &'t str) -> Option<(Guid, &'t str)> {
        self.templates.iter().find_map(|template| template.tenant_in(iss))
    }
}

impl Template {
    fn tenant_in<'t>(&self, iss: &'t str) -> Option<(Guid, &'t str)> {
        let text = iss.get(self.at..)?.get(..Guid::LEN)?;
        let guid = Guid::read(text)?;
        becomes(&self.text, iss, Some(text)).then_some((guid, text))
    }
}

impl Allowed {
    fn allows(&self, tenant: Guid, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(ours) => ours.binary_search(&tenant).is_ok(),
            Self::Where(allows) => allows(text),
        }
    }
}

impl Guid {
    /// Its length as text.
    pub(super) const LEN: usize = 36;

    /// `None`: it is no GUID, or is written in another way.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text: &[u8; Self::LEN] = text.as_bytes().try_into().ok()?;
        let mut number = 0_u128;
        for (at, byte) in text.iter().enumerate() {
            let digit = match (at, byte) {
                (8 | 13 | 18 | 23, b'-') => continue,
                (8 | 13 | 18 | 23, _) => return None,
                (_, b'0'..=b'9') => byte - b'0',
                (_, b'a'..=b'f') => byte - b'a' + 10,
                _ => return None,
            };
            number = (number << 4) | u128::from(digit);
        }
        Some(Self(number.to_be_bytes()))
    }
}

impl OfTenant {
    pub(super) fn tenant(&self) -> &str {
        self.iss.get(self.at..).and_then(|rest| rest.get(..Guid::LEN)).unwrap_or_default()
    }
}

/// Whether this `iss` is a template.
pub(super) fn is_template(name: &str) -> bool {
    name.contains(TENANT)
}

/// What stands before the tenant; all of a name that is no template.
pub(super) fn before(name: &str) -> &str {
    name.split(TENANT).next().unwrap_or(name)
}

/// Functions are the same if they are one function.
impl PartialEq for Allowed {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, Self::Any) => true,
            (Self::OneOf(ours), Self::OneOf(theirs)) => ours == theirs,
            (Self::Where(ours), Self::Where(theirs)) => Arc::ptr_eq(ours, theirs),
            _ => false,
        }
    }
}

impl Eq for Allowed {}

impl fmt::Debug for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any tenant"),
            Self::OneOf(ours) if ours.len() == 1 => f.write_str("one tenant"),
            Self::OneOf(ours) => write!(f, "one of {} tenants", ours.len()),
            Self::Where(_) => f.write_str("tenants by a function"),
        }
    }
}

impl fmt::Display for Templated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.allowed.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TID: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";

    #[test]
    fn a_guid_has_one_text() {
        assert!(Guid::read(TID).is_some());
        for other in [
            "",
            "72F988BF-86F1-41AF-91AB-2D7CD011DB47",
            "{72f988bf-86f1-41af-91ab-2d7cd011db47}",
            "72f988bf86f141af91ab2d7cd011db47",
            "72f988bf-86f1-41af-91ab-2d7cd011db4",
            "72f988bf-86f1-41af-91ab-2d7cd011db470",
            "72f988bf-86f1-41af-91ab-2d7cd011db4g",
            "72f988bf%2d86f1-41af-91ab-2d7cd011db",
            "72f988bf086f1041af091ab02d7cd011db47",
            "72f988b--86f1-41af-91ab-2d7cd011db47",
            "contoso.onmicrosoft.com",
            "common",
        ] {
            assert!(Guid::read(other).is_none(), "{other}");
        }
        assert!(Guid::read(TID) > Guid::read("72f988bf-86f1-41af-91ab-2d7cd011db46"));
    }

    #[test]
    fn every_place_of_the_tenant_has_the_same() {
        let names = ["https://{tenantid}.ciamlogin.com/{tenantid}/v2.0"];
        let templated = Templated::new(names.into_iter(), Allowed::Any);
        let iss = |one: &str, other: &str| format!("https://{one}.ciamlogin.com/{other}/v2.0");
        assert!(templated.accepted(&iss(TID, TID)).is_some());
        let other = TID.replace('7', "8");
        assert!(templated.accepted(&iss(TID, &other)).is_none());
        assert_eq!(templated.of_tenant(&iss(TID, TID)).unwrap().tenant(), TID);
    }
}

//! A key's own `issuer` member: whose tokens it serves.
//!
//! It is not a registered member of RFC 7517. Microsoft Entra publishes the keys of all its tenants
//! in one set. This member says which issuer each key is for, by name or as a template of names.

/// The issuer that a key is for, or the template of several: `{tenantid}` stands for the `tid`
/// of the token.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct KeyIssuer(Box<str>);

impl KeyIssuer {
    pub(super) fn new(text: &str) -> Self {
        Self(text.into())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the key serves tokens with this `iss` and `tid`. Makes no allocation.
    pub(super) fn serves(&self, iss: &str, tid: Option<&str>) -> bool {
        becomes(&self.0, iss, tid)
    }

    /// Whether the key serves this issuer if the `tid` of its tokens is not known: then any tenant
    /// fits.
    pub(super) fn fits(&self, own: &str) -> bool {
        self.0.as_ref() == own || self.serves(own, self.tenant_in(own))
    }

    /// What stands in the place of the tenant, if the template can have become this text.
    fn tenant_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        let places = self.0.matches(TENANT).count();
        let tenants = text.len().checked_sub(self.0.len() - places * TENANT.len())?;
        let start = self.0.find(TENANT)?;
        text.get(start..start + tenants.checked_div(places)?)
    }
}

/// Whether the template is this text once `tid` is in its places. Makes no allocation.
pub(crate) fn becomes(template: &str, text: &str, tid: Option<&str>) -> bool {
    let mut parts = template.split(TENANT);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    for part in parts {
        let tenant = tid.filter(|tid| is_tenant(tid));
        let after = tenant.and_then(|tid| rest.strip_prefix(tid)?.strip_prefix(part));
        let Some(after) = after else { return false };
        rest = after;
    }
    rest.is_empty()
}

/// One segment of a path, so that a tenant cannot reach into what the template prescribes.
fn is_tenant(tid: &str) -> bool {
    !tid.is_empty() && !tid.contains('/')
}

/// Where the tenant stands in a template.
pub(crate) const TENANT: &str = "{tenantid}";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEMPLATE: &str = "https://login.example.com/{tenantid}/v2.0";

    #[test]
    fn a_name_is_compared_exactly() {
        let issuer = KeyIssuer::new("https://id.example.com");
        for tid in [None, Some("t")] {
            assert!(issuer.serves("https://id.example.com", tid));
            for other in
                ["", "https://id.example.com/", "https://id.example.co", "HTTPS://id.example.com"]
            {
                assert!(!issuer.serves(other, tid) && !issuer.fits(other), "{other}");
            }
        }
        assert!(issuer.fits("https://id.example.com"));
        assert!(!KeyIssuer::new("").serves("https://id.example.com", Some("t")));
    }

    #[test]
    fn a_template_wants_the_tokens_own_tenant() {
        let issuer = KeyIssuer::new(TEMPLATE);
        let iss = "https://login.example.com/7f/v2.0";
        assert!(issuer.serves(iss, Some("7f")));
        for tid in [None, Some(""), Some("7"), Some("7f/"), Some("7F"), Some("{tenantid}")] {
            assert!(!issuer.serves(iss, tid), "{tid:?}");
        }
        for (iss, tid) in [
            ("https://login.example.com//v2.0", ""),
            ("https://login.example.com/a/b/v2.0", "a/b"),
            ("https://login.example.com/7f/v2.0/", "7f"),
            ("https://login.example.com/7f", "7f"),
            ("https://evil.example.com/7f/v2.0", "7f"),
        ] {
            assert!(!issuer.serves(iss, Some(tid)), "{iss}");
        }
    }

    #[test]
    fn the_own_issuer_fits_with_any_tenant() {
        let issuer = KeyIssuer::new(TEMPLATE);
        for own in
            [TEMPLATE, "https://login.example.com/7f/v2.0", "https://login.example.com/é/v2.0"]
        {
            assert!(issuer.fits(own), "{own}");
        }
        for own in [
            "",
            "https://login.example.com//v2.0",
            "https://login.example.com/v2.0",
            "https://login.example.com/a/b/v2.0",
            "https://login.example.com/7f/v1.0",
        ] {
            assert!(!issuer.fits(own), "{own}");
        }
        let twice = KeyIssuer::new("https://{tenantid}.example.com/{tenantid}");
        assert!(
            twice.fits("https://a.example.com/a")
                && twice.serves("https://a.example.com/a", Some("a"))
        );
        assert!(!twice.fits("https://a.example.com/b") && !twice.fits("https://é.example.com/a"));
    }

    proptest! {
        #![proptest_config(crate::proof::draws(256))]

        /// What is served is what putting the tenant in its place gives.
        #[test]
        fn a_template_serves_what_it_becomes(
            template in "(a|/|\\{tenantid\\}){0,4}",
            tid in "[a/]{0,3}",
            iss in "[a/]{0,8}",
        ) {
            let issuer = KeyIssuer::new(&template);
            let allowed = is_tenant(&tid) || !template.contains(TENANT);
            let becomes = template.replace(TENANT, &tid);
            prop_assert_eq!(issuer.serves(&becomes, Some(&tid)), allowed);
            prop_assert_eq!(issuer.serves(&iss, Some(&tid)), allowed && iss == becomes);
            if allowed {
                prop_assert!(issuer.fits(&becomes));
            }
        }
    }
}

//! What is accepted of issuers whose tokens do not keep to RFC 7519.

use std::time::Duration;

use super::error::Problem;
use super::{Issuer, names};
use crate::cache::Relaxation;
use crate::verify::expectations::is_usual_type;
use crate::verify::lenience::MAX_AGE;

impl Issuer {
    /// Accepts tokens without `iss` too. If they have one, it must be this issuer's, as ever.
    ///
    /// Such a token does not say whose it is. So it is judged by this issuer if it is the only one
    /// of the verifier, or if the call [names it](super::super::Call::issuer); a verifier with
    /// several issuers refuses it otherwise. A key that is bound to an issuer by its own
    /// [`issuer`](crate::keys::Key::issuer) is not used for it. Default: `iss` is required.
    pub const fn without_iss(mut self) -> Self {
        self.lenience.without_iss = true;
        self
    }

    /// Accepts tokens without `exp` too, until they are this old by their `iat`, which is then
    /// required: 1 s to 365 days. The [leeway](Self::leeway) counts here as well, and an `iat` that
    /// lies further in the future than that is refused. Tokens with `exp` are judged by it alone.
    /// Default: `exp` is required.
    ///
    /// ```
    /// use std::time::Duration;
    /// use jwks_core::verify::Issuer;
    ///
    /// let issuer = Issuer::new("https://devices.example.com")
    ///     .jwks_uri("https://devices.example.com/keys")
    ///     .max_age_without_exp(Duration::from_secs(12 * 3600))
    ///     .audience("my-api");
    /// ```
    pub const fn max_age_without_exp(mut self, age: Duration) -> Self {
        self.lenience.max_age = Some(age);
        self
    }

    /// Accepts a `sub` of any JSON type, such as a number or an object, or `null`; RFC 7519, section
    /// 4.1.2, wants a string. Read it with a claims type of your own: [`Registered::sub`] is `None`
    /// for what is not a string, because the text of a number would be the same as that of a string.
    /// Default: a string.
    ///
    /// [`Registered::sub`]: super::super::Registered::sub
    pub const fn any_sub(mut self) -> Self {
        self.lenience.any_sub = true;
        self
    }

    pub(super) fn check_lenience(&self) -> Result<(), Problem> {
        if let Some(age) = self.lenience.max_age
            && !(LEAST_AGE..=MAX_AGE).contains(&age)
        {
            let age = humantime::format_duration(age);
            let words = format!("is {age}, allowed is 1s to 365d");
            return Err(Problem::one("max_age_without_exp", words));
        }
        if self.lenience.without_iss && self.is_templated() {
            let words = "has no effect on an `iss` that is a template: without it nothing says which \
                tenant a token is of";
            return Err(Problem::one("without_iss", words));
        }
        for (other, is_given, claim) in [
            ("without_iss", self.lenience.without_iss, "iss"),
            ("max_age_without_exp", self.lenience.max_age.is_some(), "exp"),
        ] {
            if is_given && self.required.iter().any(|name| **name == *claim) {
                let remedy = "keep one: no token without that claim could pass";
                return Err(Problem::Both { one: "required_claim", other, remedy });
            }
        }
        Ok(())
    }

    /// What of it is allowed, and which types beyond the usual.
    pub(super) fn relaxations(&self) -> impl Iterator<Item = Relaxation> {
        let only = self.types.iter().flat_map(|types| names(types));
        [
            (Relaxation::AlsoType, !self.also_types.is_empty()),
            (Relaxation::AnySub, self.lenience.any_sub),
            (Relaxation::Spiffe, self.lenience.svid),
            (Relaxation::MaxAgeWithoutExp, self.lenience.max_age.is_some()),
            (Relaxation::Types, { only }.any(|typ| !is_usual_type(typ))),
            (Relaxation::WithoutIss, self.lenience.without_iss),
        ]
        .into_iter()
        .filter_map(|(relaxation, is_given)| is_given.then_some(relaxation))
    }
}

const LEAST_AGE: Duration = Duration::from_secs(1);

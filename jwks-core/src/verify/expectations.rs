//! What we expect of a token: ours to configure, never the token's to choose.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::lenience::Lenience;
use super::templated::{Allowed, Templated};
use crate::keys::Algorithm;
use crate::keys::text::escaped;

/// What a token of one issuer must be like (RFC 7519, RFC 8725).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Expectations {
    algorithms: Vec<Algorithm>,
    /// Other `iss` of the same issuer.
    also: Vec<Box<str>>,
    audience: AudienceRule,
    issuer: Arc<str>,
    leeway: Duration,
    lenience: Lenience,
    required: Vec<Box<str>>,
    /// If its `iss` are templates.
    templated: Option<Arc<Templated>>,
    types: Types,
}

/// Which audience a token must be meant for. There is no default.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum AudienceRule {
    /// `aud` is not looked at.
    Any,
    /// `aud` must hold one of these.
    OneOf(Vec<Box<str>>),
}

impl Expectations {
    /// Every supported algorithm, no leeway, the usual types, no claims besides `exp`, `iss` and,
    /// if one is expected, `aud`.
    pub(crate) fn new(issuer: &str, audience: AudienceRule) -> Result<Self, ExpectationError> {
        if issuer.is_empty() {
            return Err(ExpectationError("issuer: empty, must be the `iss` of the tokens"));
        }
        if matches!(&audience, AudienceRule::OneOf(ours) if ours.is_empty()) {
            return Err(ExpectationError("audience: none given, must be at least one, or any"));
        }
        Ok(Self {
            algorithms: Algorithm::ALL.to_vec(),
            also: Vec::new(),
            audience,
            issuer: issuer.into(),
            leeway: Duration::ZERO,
            lenience: Lenience::default(),
            required: Vec::new(),
            templated: None,
            types: Types::Usual(Vec::new()),
        })
    }

    /// This one of its `iss` alone.
    pub(crate) fn only(self, iss: &str) -> Self {
        Self { issuer: iss.into(), also: Vec::new(), ..self }
    }

    /// These `iss` too.
    pub(crate) fn with_also<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        self.also = names.into_iter().map(Into::into).collect();
        self
    }

    /// All of its `iss` are templates, for these tenants.
    pub(super) fn with_tenants(mut self, allowed: Allowed) -> Self {
        self.templated = Some(Arc::new(Templated::new(self.issuers(), allowed)));
        self
    }

    /// Only these algorithms.
    pub(crate) fn with_algorithms(
        mut self,
        allowed: impl IntoIterator<Item = Algorithm>,
    ) -> Result<Self, ExpectationError> {
        self.algorithms = allowed.into_iter().collect();
        if self.algorithms.is_empty() {
            return Err(ExpectationError("algorithms: none given, must be at least one"));
        }
        Ok(self)
    }

    /// How far the issuer's clock may be off, at most [`MAX_LEEWAY`].
    pub(crate) fn with_leeway(mut self, leeway: Duration) -> Result<Self, ExpectationError> {
        if leeway > MAX_LEEWAY {
            return Err(ExpectationError("leeway: too long, must be at most 10 minutes"));
        }
        self.leeway = leeway;
        Ok(self)
    }

    /// What is accepted beyond the book.
    pub(super) const fn with_lenience(mut self, lenience: Lenience) -> Self {
        self.lenience = lenience;
        self
    }

    /// Claims that must be there, and not be `null`, besides those checked anyway.
    pub(crate) fn with_required<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        self.required = names.into_iter().map(Into::into).collect();
        self
    }

    /// These values of `typ` too, besides none, `JWT` and `at+jwt`.
    pub(crate) fn with_types<'n>(mut self, types: impl IntoIterator<Item = &'n str>) -> Self {
        self.types = Types::Usual(types.into_iter().map(Into::into).collect());
        self
    }

    /// The values of `typ` that JWT-SVIDs may have, and these.
    pub(super) fn with_svid_types<'n>(mut self, types: impl IntoIterator<Item = &'n str>) -> Self {
        self.types = Types::Svid(types.into_iter().map(Into::into).collect());
        self
    }

    /// These values of `typ` and no others; a token without `typ` is refused (RFC 8725 section
    /// 3.11).
    pub(crate) fn with_only_types<'n>(
        mut self,
        types: impl IntoIterator<Item = &'n str>,
    ) -> Result<Self, ExpectationError> {
        let types: Vec<_> = types.into_iter().map(Into::into).collect();
        if types.is_empty() {
            return Err(ExpectationError("types: none given, must be at least one"));
        }
        self.types = Types::Only(types);
        Ok(self)
    }

    /// The `iss` that tokens must have: the first, if there are [several](super::Issuer::also). It is
    /// a template, if the issuer [has many tenants](super::Issuer::tenants).
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Every `iss` that tokens may have. The first is [`issuer`](Self::issuer).
    pub fn issuers(&self) -> impl Iterator<Item = &str> {
        [self.issuer()].into_iter().chain(self.also.iter().map(AsRef::as_ref))
    }

    /// Whether tokens may have this `iss`.
    #[inline]
    pub(super) fn is_issuer(&self, iss: &str) -> bool {
        *self.issuer == *iss || self.also.iter().any(|also| **also == *iss)
    }

    /// What it has, if its `iss` are templates. Then none of them is that of a token.
    #[inline]
    pub(super) fn templated(&self) -> Option<&Templated> {
        self.templated.as_deref()
    }

    /// How far the issuer's clock may be off for `exp` and `nbf`.
    #[must_use]
    pub const fn leeway(&self) -> Duration {
        self.leeway
    }

    /// The same, to be shared.
    pub(super) const fn shared_issuer(&self) -> &Arc<str> {
        &self.issuer
    }

    pub(super) fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    pub(super) fn allows_type(&self, typ: Option<&str>) -> bool {
        self.types.allow(typ)
    }

    pub(super) const fn audience(&self) -> &AudienceRule {
        &self.audience
    }

    pub(super) const fn lenience(&self) -> &Lenience {
        &self.lenience
    }

    pub(super) fn required(&self) -> &[Box<str>] {
        &self.required
    }
}

/// In words, for the person who has configured it.
impl fmt::Display for Expectations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from `{}`", escaped(&self.issuer))?;
        if let Some(templated) = &self.templated {
            write!(f, ", {templated}")?;
        }
        match &self.audience {
            AudienceRule::Any => f.write_str(", for anybody: `aud` is not looked at")?,
            AudienceRule::OneOf(ours) => write!(f, ", for {}", Listed(ours, " or "))?,
        }
        if self.algorithms == Algorithm::ALL {
            f.write_str("; any supported algorithm")?;
        } else {
            let names: Vec<_> = self.algorithms.iter().map(|it| it.name()).collect();
            write!(f, "; {}", names.join(" or "))?;
        }
        match &self.types {
            Types::Only(ours) => write!(f, "; `typ` {}", Listed(ours, " or "))?,
            Types::Usual(more) if more.is_empty() => {}
            Types::Svid(more) if more.is_empty() => f.write_str("; `typ` none, JWT or JOSE")?,
            Types::Svid(more) => {
                write!(f, "; `typ` none, JWT, JOSE or {}", Listed(more, " or "))?;
            }
            Types::Usual(more) => write!(f, "; `typ` also {}", Listed(more, " or "))?,
        }
        let Lenience { any_sub, max_age, svid, without_iss } = self.lenience;
        if svid {
            f.write_str("; JWT-SVIDs, by their `sub` and not by `iss`")?;
        }
        if without_iss {
            f.write_str("; `iss` may be missing")?;
        }
        if let Some(age) = max_age {
            let age = humantime::format_duration(age);
            write!(f, "; `exp` may be missing, until {age} after `iat`")?;
        }
        if any_sub {
            f.write_str("; `sub` of any type")?;
        }
        if !self.required.is_empty() {
            write!(f, "; with {}", Listed(&self.required, " and "))?;
        }
        write!(f, "; {} of leeway", humantime::format_duration(self.leeway))
    }
}

struct Listed<'a>(&'a [Box<str>], &'static str);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, text) in self.0.iter().enumerate() {
            write!(f, "{}`{}`", if n > 0 { self.1 } else { "" }, escaped(text))?;
        }
        Ok(())
    }
}

/// An expectation that cannot be met by any token, or would weaken the check too far. The text
/// names the setting and what is allowed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ExpectationError(&'static str);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Types {
    Only(Vec<Box<str>>),
    /// Those of JWT-SVIDs, and these (SPIFFE JWT-SVID, section 2.3).
    Svid(Vec<Box<str>>),
    Usual(Vec<Box<str>>),
}

impl Types {
    fn allow(&self, typ: Option<&str>) -> bool {
        let among = |list: &[Box<str>], typ| list.iter().any(|ours| same_type(typ, ours));
        match (self, typ) {
            (Self::Only(ours), typ) => typ.is_some_and(|typ| among(ours, typ)),
            (Self::Usual(_), None) => true,
            (Self::Usual(more), Some(typ)) => is_usual_type(typ) || among(more, typ),
            (Self::Svid(_), None) => true,
            (Self::Svid(more), Some(typ)) => {
                same_type(typ, "JWT") || same_type(typ, "JOSE") || among(more, typ)
            }
        }
    }
}

/// Whether it passes unless it is said otherwise.
pub(super) fn is_usual_type(typ: &str) -> bool {
    same_type(typ, "JWT") || same_type(typ, "at+jwt")
}

/// Media types without regard to case, `application/` being optional (RFC 7515 section 4.1.9).
pub(super) fn same_type(one: &str, other: &str) -> bool {
    short(one).eq_ignore_ascii_case(short(other))
}

fn short(media_type: &str) -> &str {
    match media_type.split_once('/') {
        Some((kind, rest)) if kind.eq_ignore_ascii_case("application") && !rest.contains('/') => {
            rest
        }
        _ => media_type,
    }
}

/// Longer than clocks are off, and than a stolen token should live on.
pub(crate) const MAX_LEEWAY: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_work_cannot_be_built() {
        let any = || Expectations::new("https://id.example", AudienceRule::Any).unwrap();
        assert!(Expectations::new("", AudienceRule::Any).is_err());
        assert!(Expectations::new("i", AudienceRule::OneOf(Vec::new())).is_err());
        assert!(any().with_algorithms([]).is_err());
        assert!(any().with_leeway(MAX_LEEWAY).is_ok());
        let error = any().with_leeway(MAX_LEEWAY + Duration::from_nanos(1)).unwrap_err();
        assert_eq!(error.to_string(), "leeway: too long, must be at most 10 minutes");
        assert!(any().with_only_types([]).is_err());
    }

    #[test]
    fn what_is_for_one_iss_alone_is_for_no_other() {
        let several = Expectations::new("first", AudienceRule::Any).unwrap();
        let several = several.with_also(["second", "third"]);
        assert_eq!(several.issuers().collect::<Vec<_>>(), ["first", "second", "third"]);
        let one = several.only("second");
        assert_eq!(one.issuers().collect::<Vec<_>>(), ["second"]);
        assert!(one.is_issuer("second") && !one.is_issuer("first") && !one.is_issuer("third"));
    }

    #[test]
    fn it_says_what_it_expects_and_nothing_that_it_does_not() {
        let any = Expectations::new("i", AudienceRule::Any).unwrap();
        let begin = "from `i`, for anybody: `aud` is not looked at; ";
        let said = |expectations: Expectations| {
            let text = expectations.to_string();
            let text = text.strip_prefix(begin).unwrap_or(&text).to_owned();
            text.strip_suffix("0s of leeway").unwrap_or(&text).to_owned()
        };
        assert_eq!(said(any.clone()), "any supported algorithm; ");
        let one = any.clone().with_algorithms([Algorithm::ES256]).unwrap();
        assert_eq!(said(one.with_required(["acr", "azp"])), "ES256; with `acr` and `azp`; ");
        let svid = |types: &[&str]| said(any.clone().with_svid_types(types.iter().copied()));
        let none = "any supported algorithm; `typ` none, JWT";
        assert_eq!(svid(&[]), format!("{none} or JOSE; "));
        assert_eq!(svid(&["a", "b"]), format!("{none}, JOSE or `a` or `b`; "));
        let also = any.clone().with_types(["logout+jwt"]);
        assert_eq!(said(also), "any supported algorithm; `typ` also `logout+jwt`; ");
        let only = any.with_only_types(["at+jwt"]).unwrap();
        assert_eq!(said(only), "any supported algorithm; `typ` `at+jwt`; ");
    }

    #[test]
    fn types_are_compared_as_media_types() {
        let check =
            |expectations: &Expectations, typ: Option<&'static str>| expectations.allows_type(typ);
        let usual = Expectations::new("i", AudienceRule::Any).unwrap();
        for typ in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "Application/JWT"] {
            assert!(check(&usual, Some(typ)), "{typ}");
        }
        assert!(check(&usual, None));
        let others = ["", "logout+jwt", "application/", "application/x/jwt", "text/jwt", "JWT "];
        for typ in others {
            assert!(!check(&usual, Some(typ)), "{typ}");
        }
        let more = usual.clone().with_types(["application/logout+jwt"]);
        assert!(check(&more, Some("Logout+JWT")) && check(&more, Some("JWT")));
        let only = usual.with_only_types(["at+jwt"]).unwrap();
        assert!(check(&only, Some("application/at+jwt")));
        assert!(!check(&only, Some("JWT")) && !check(&only, None));
    }
}

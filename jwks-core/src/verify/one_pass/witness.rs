//! What was seen of the claims while somebody else read them.

use std::time::SystemTime;

use super::super::claims::NumericDate;
use super::super::expected::Expected;
use super::super::templated::Guid;
use super::names::Names;

pub(super) struct Witness<'e> {
    expected: Expected<'e>,
    names: Names,
    /// The member whose name was read last, if its value has to be seen.
    next: Option<Claim>,
    /// Its value has still to be seen.
    open: bool,
    /// The payload is an object.
    object: bool,
    /// Something was not as usual. It stays so, for the caller's type may swallow an error.
    unusual: bool,
    audience: bool,
    issuer: bool,
    /// The tenant in `iss`, and that in `tid`, if the issuer has many.
    named: Option<Guid>,
    tenant: Option<Guid>,
    expires: Option<i64>,
    not_before: Option<i64>,
    /// A bit for each required claim that has not been seen.
    missing: u64,
}

/// A claim whose value is looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Claim {
    Audience,
    /// One of several of `aud`.
    AudienceName,
    Expires,
    IssuedAt,
    Issuer,
    NotBefore,
    /// Not looked at for itself, but it must not be `null`.
    Required,
    /// `tid`, of an issuer that has many tenants.
    Tenant,
    /// A string, whatever it says.
    Text,
}

impl<'e> Witness<'e> {
    /// `None`: more is required than it can keep in mind.
    pub(super) fn new(expected: Expected<'e>) -> Option<Self> {
        let missing = match expected.required().count() {
            0 => 0,
            count => u64::MAX.checked_shr(u64::BITS.checked_sub(u32::try_from(count).ok()?)?)?,
        };
        Some(Self {
            expected,
            names: Names::new(),
            next: None,
            open: false,
            object: false,
            unusual: false,
            audience: expected.audiences().is_none(),
            issuer: expected.without_iss(),
            named: None,
            tenant: None,
            expires: None,
            not_before: None,
            missing,
        })
    }

    /// `exp`, if the claims are accepted. Without one they are read step by step.
    pub(super) fn accept(mut self, now: SystemTime) -> Option<NumericDate> {
        self.expect_nothing_open();
        let seen = self.object && self.issuer && self.audience && self.missing == 0;
        let of_many = self.expected.templated().is_some();
        if self.unusual || !seen || (of_many && (self.named.is_none() || self.named != self.tenant))
        {
            return None;
        }
        let expires = self.expires.map(NumericDate::from_seconds);
        let not_before = self.not_before.map(NumericDate::from_seconds);
        self.expected.check_times(expires, not_before, now).ok()?;
        expires
    }

    /// Something is not as usual.
    pub(super) const fn give_up(&mut self) {
        self.unusual = true;
    }

    /// The payload is an object, whose members follow.
    pub(super) const fn begin(&mut self) {
        self.unusual |= self.object;
        self.object = true;
    }

    /// A name is read next, or there is none any more.
    pub(super) const fn before_name(&mut self) {
        self.next = None;
        self.before_element();
    }

    /// There was none, or the caller's type has read it, if only to skip it.
    pub(super) const fn after_name(&mut self, there_is_one: bool) {
        self.after_element(there_is_one);
    }

    /// Something is read next that has to be seen, or there is none any more.
    pub(super) const fn before_element(&mut self) {
        self.expect_nothing_open();
        self.open = true;
    }

    pub(super) const fn after_element(&mut self, there_is_one: bool) {
        if there_is_one {
            self.expect_nothing_open();
        }
        self.open = false;
    }

    /// False: the name may be there twice.
    #[inline]
    pub(super) fn see_name(&mut self, name: &str) -> bool {
        self.open = false;
        self.next = match name.as_bytes() {
            b"aud" => Some(Claim::Audience),
            b"exp" => Some(Claim::Expires),
            b"iat" => Some(Claim::IssuedAt),
            b"iss" => Some(Claim::Issuer),
            b"nbf" => Some(Claim::NotBefore),
            b"sub" if self.expected.any_sub() => None,
            b"jti" | b"sub" => Some(Claim::Text),
            b"tid" if self.expected.templated().is_some() => Some(Claim::Tenant),
            _ => None,
        };
        if self.missing != 0 {
            for (at, required) in self.expected.required().enumerate() {
                if required == name {
                    self.missing &= !(1 << at);
                    // None of the others may be `null` either.
                    self.next = self.next.or(Some(Claim::Required));
                }
            }
        }
        self.names.is_new(name)
    }

    /// The claim whose value is read next, if it has to be seen.
    pub(super) const fn before_value(&mut self) -> Option<Claim> {
        self.open = self.next.is_some();
        self.next.take()
    }

    /// What was to be seen is of the right type, if it is one. True: go on.
    #[inline]
    const fn see(&mut self, right: bool) -> bool {
        self.open = false;
        right
    }

    #[inline]
    pub(super) fn see_text(&mut self, claim: Claim, text: &str) -> bool {
        match claim {
            Claim::Audience | Claim::AudienceName => {
                let is_ours = |ours: &[Box<str>]| ours.iter().any(|ours| **ours == *text);
                self.audience |= self.expected.audiences().is_none_or(is_ours);
                self.see(true)
            }
            Claim::Issuer => {
                self.issuer = self.expected.is_issuer(text) || self.is_of_many(text);
                let right = self.issuer;
                self.see(right)
            }
            Claim::Required | Claim::Text => self.see(true),
            Claim::Tenant => self.see_tenant(text),
            Claim::Expires | Claim::IssuedAt | Claim::NotBefore => false,
        }
    }

    /// An issuer that has many tenants. The text of a template is no `iss`: it names no tenant.
    #[cold]
    fn is_of_many(&mut self, iss: &str) -> bool {
        self.named = self.expected.templated().and_then(|templated| templated.accepted(iss));
        self.named.is_some()
    }

    #[cold]
    fn see_tenant(&mut self, text: &str) -> bool {
        self.tenant = Guid::read(text);
        let right = self.tenant.is_some();
        self.see(right)
    }

    /// `None`: it is beyond what an `i64` can tell.
    #[inline]
    pub(super) const fn see_integer(&mut self, claim: Claim, number: Option<i64>) -> bool {
        match claim {
            Claim::Expires => self.expires = number,
            Claim::NotBefore => self.not_before = number,
            Claim::IssuedAt | Claim::Required => {}
            Claim::Audience | Claim::AudienceName | Claim::Issuer | Claim::Tenant | Claim::Text => {
                return false;
            }
        }
        let right = number.is_some() || matches!(claim, Claim::Required);
        self.see(right)
    }

    pub(super) fn see_float(&mut self, claim: Claim, number: f64) -> bool {
        match claim {
            // Far from where two readers might disagree about what is finite.
            Claim::IssuedAt => self.see(number.abs() < 1e300),
            Claim::Required => self.see(true),
            _ => false,
        }
    }

    /// `true` and `false`, an object, a variant of the caller's: not `null`, in any case.
    pub(super) fn see_other(&mut self, claim: Claim) -> bool {
        claim == Claim::Required && self.see(true)
    }

    /// An array.
    pub(super) fn see_array(&mut self, claim: Claim) -> bool {
        matches!(claim, Claim::Audience | Claim::Required) && self.see(true)
    }

    const fn expect_nothing_open(&mut self) {
        self.unusual |= self.open;
    }
}

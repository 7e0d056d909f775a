//! A token's explanation as text for a person.

use std::fmt;

use super::super::ErrorKind;
use super::super::asked::Way;
use super::super::spiffe::domain_of;
use super::{Step, TokenExplanation};
use crate::cache::{At, KidState, line};

impl fmt::Display for TokenExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.error, self.refused_by) {
            (Some(error), Some(step)) => write!(f, "refused at `{}`: {error:?}", step.name())?,
            _ => f.write_str("accepted: every check is passed")?,
        }
        if let Some(issuer) = &self.issuer {
            line(f, "issuer", issuer)?;
        }
        if let Some(header) = &self.header {
            line(f, "header", format_args!("alg {}", header.alg))?;
            match &header.kid {
                Some(kid) => write!(f, ", kid `{kid}`")?,
                None => f.write_str(", no kid")?,
            }
            match &header.typ {
                Some(typ) => write!(f, ", typ `{typ}`")?,
                None => f.write_str(", no typ")?,
            }
        }
        if !self.passed.is_empty() {
            let names: Vec<_> = self.passed.iter().map(|step| step.name()).collect();
            line(f, "passed", names.join(", "))?;
        }
        if self.error.is_some() && self.way != Way::Signed && self.is_by_claims() {
            let text = "the key is not held, so the signature was not checked; the token is \
                        refused whatever it says";
            line(f, "not checked", text)?;
        }
        if let Some(status) = self.status {
            line(f, "answer", status)?;
            if let Some(at) = self.retry_at {
                write!(f, "; the same token may pass {}", At { at, now: self.at })?;
            }
        }
        if let Some(advice) = self.advice() {
            line(f, "what to do", advice)?;
        }
        match (&self.key, &self.keys) {
            (_, Some(keys)) => write!(f, "\n\n{keys}"),
            (Some(key), None) if self.is_about_its_key() => write!(f, "\n\n{key}"),
            _ => Ok(()),
        }
    }
}

impl TokenExplanation {
    fn is_of_trust_domain(&self) -> bool {
        self.issuer.as_deref().is_some_and(|issuer| domain_of(issuer).is_some())
    }

    fn is_by_claims(&self) -> bool {
        let claims = [Step::Payload, Step::Issuer, Step::Expiry, Step::NotBefore];
        self.key.is_some()
            && self.refused_by.is_some_and(|step| claims.contains(&step))
            && self.header.is_some()
    }

    fn is_about_its_key(&self) -> bool {
        matches!(self.refused_by, Some(Step::Key | Step::Signature))
    }

    /// What the person can do about it.
    fn advice(&self) -> Option<&'static str> {
        let kind = self.error.as_ref()?.kind();
        Some(match (self.refused_by?, kind) {
            (Step::Size, _) => "if the issuer's tokens are that long, raise `max_token_len`",
            (Step::Shape, _) => {
                "give the token alone: three parts with dots between, without `Bearer`, quotes, \
                 spaces or line breaks; an encrypted or opaque token cannot be verified by keys"
            }
            (Step::Header, _) => {
                "give the token alone, without `Bearer` or quotes; if it is alone, it was damaged \
                 on its way, or its issuer does not keep to RFC 7519"
            }
            (Step::Payload, _) => {
                "the token was damaged on its way, or its issuer does not keep to RFC 7519"
            }
            (Step::Critical, _) => "ask the issuer for tokens without that extension",
            (Step::Algorithm, _) => {
                "if the issuer is meant to sign with it, add it to `algorithms`; `none` and the \
                 HS algorithms are never allowed"
            }
            (Step::Type, _) => {
                "is it the right kind of token (an access token, not an ID token)? if so, allow \
                 its `typ` with `also_type`"
            }
            (Step::Key, ErrorKind::DeniedKid) => "if it was denied by mistake: `allow_kid`",
            (Step::Key, ErrorKind::MissingKid) => "see the setting `kidless`",
            (Step::Key, ErrorKind::NoUsableKey) => {
                "compare the token's `alg` with the key; the issuer's key set has to change, or \
                 the way it signs"
            }
            (Step::Key, ErrorKind::Stopped) => "restart: nothing will be fetched any more",
            (Step::Key, ErrorKind::Unavailable) => {
                "the token may be good: look at the keys below, and at the last error there"
            }
            (Step::Key, _) => match self.key.as_ref().map(|key| &key.state) {
                Some(KidState::Unknown { absent: true, .. }) => {
                    "the issuer was asked and has no such key: the token is from another issuer \
                     or environment, or signed with a key that is not published or withdrawn"
                }
                _ => {
                    "if it persists, the token is from another issuer or environment, or signed \
                     with a key that is not published"
                }
            },
            (Step::Signature, _) => {
                "the token was changed, or signed by another key under the same `kid`: is it from \
                 this issuer, and this environment?"
            }
            (Step::Issuer, ErrorKind::MissingClaim) => {
                "if its issuer leaves `iss` out, allow that with `without_iss`; where there are \
                 several issuers, each call has to name that one"
            }
            (Step::Issuer, ErrorKind::Unavailable) => {
                "send such a token to the service, and explain it again: then the resolver has been \
                 asked; if it cannot say, the log tells why"
            }
            (Step::Issuer, ErrorKind::Stopped) => "restart: nobody is asked any more",
            (Step::Issuer, _) if self.is_of_trust_domain() => {
                "compare the trust domain in the token's `sub` with the configured one, which is a \
                 name in lower case, such as `example.org`"
            }
            (Step::Issuer, _) => {
                "compare the token's `iss` with the configured issuer, character by character: \
                 `http` or `https`, a slash at the end, the tenant"
            }
            (Step::Expiry, ErrorKind::MissingClaim) => {
                "ask the issuer for tokens with `exp`; if it has none, `max_age_without_exp` sets \
                 how old they may get by their `iat`"
            }
            (Step::Expiry, _) => {
                "get a new token; if new ones are refused too, compare this machine's clock with \
                 the issuer's"
            }
            (Step::NotBefore, _) => {
                "compare this machine's clock with the issuer's; `leeway` allows for a difference"
            }
            (Step::Audience, _) => {
                "compare the token's `aud` with the configured `audience`: is it meant for this \
                 service?"
            }
            (Step::Claims, _) => "ask the issuer for tokens with that claim, or do not require it",
            (Step::Check, _) => "the token itself is valid: the check is this service's own",
        })
    }
}

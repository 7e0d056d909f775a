//! From a request's head to a caller, or to a refusal: at once, or later.

use std::sync::Arc;

use jwks_core::verify::{Error, ErrorKind, Verified};

use super::Shared;
use crate::access::Access;
use crate::binding::Binding;
use crate::credential::{ILLEGAL, is_b64token};
use crate::{Caller, Head, Refusal, Thumbprint};

/// What a first look comes to.
pub(super) enum First<T> {
    /// Decided: a caller, nobody, or a refusal.
    Now(Result<Option<Caller<T>>, Refusal>),
    Later(Later<T>),
}

/// What cannot be decided at once, with nothing borrowed from the request.
pub(super) enum Later<T> {
    /// The caller is known, and checks that wait are to come.
    Checks(Caller<T>),
    /// The keys at hand do not do.
    Keys { token: Box<str>, certificate: Option<Thumbprint> },
}

impl<T: Send + Sync + 'static> Shared<T> {
    pub(super) fn look(&self, head: &Head<'_>) -> First<T> {
        let token = match self.settings.sources.token(head) {
            Ok(Some(token)) => token,
            Ok(None) if self.settings.optional => return First::Now(Ok(None)),
            Ok(None) => return First::Now(Err(Refusal::no_credential())),
            Err(refusal) => return First::Now(Err(refusal)),
        };
        let certificate = self.settings.certificate.as_ref().and_then(|read| read(head));
        self.look_at(&token, certificate)
    }

    pub(super) fn look_at(&self, token: &str, certificate: Option<Thumbprint>) -> First<T> {
        match self.verifier.verify_held(token) {
            Ok(Some(verified)) => match self.accept(verified, certificate) {
                Ok(caller) if self.settings.checks_later.is_empty() => First::Now(Ok(Some(caller))),
                Ok(caller) => First::Later(Later::Checks(caller)),
                Err(refusal) => First::Now(Err(refusal)),
            },
            Ok(None) => First::Later(Later::Keys { token: token.into(), certificate }),
            Err(error) => First::Now(Err(refusal(error, token))),
        }
    }

    pub(super) async fn settle(self: Arc<Self>, later: Later<T>) -> Result<Caller<T>, Refusal> {
        let caller = match later {
            Later::Checks(caller) => caller,
            Later::Keys { token, certificate } => {
                let verified = self.verifier.verify(&token, self.settings.budget).await;
                self.accept(verified.map_err(|error| refusal(error, &token))?, certificate)?
            }
        };
        for check in &self.settings.checks_later {
            check(caller.clone()).await?;
        }
        Ok(caller)
    }

    /// All checks that do not wait, of a token that is valid.
    fn accept(
        &self,
        verified: Verified<Access<T>>,
        certificate: Option<Thumbprint>,
    ) -> Result<Caller<T>, Refusal> {
        let (settings, protection) = (&self.settings, &self.protection);
        match &verified.claims().0.seen.binding {
            Binding::None if settings.only_bound => return Err(Refusal::not_bound()),
            Binding::None => {}
            Binding::Certificate(_) if settings.certificate.is_none() => {
                return Err(Refusal::unchecked_binding());
            }
            Binding::Certificate(bound) if certificate == Some(**bound) => {}
            Binding::Certificate(_) => return Err(Refusal::certificate()),
            Binding::Other => return Err(Refusal::unchecked_binding()),
        }
        let caller = Caller::new(verified, protection);
        settings.needs.iter().try_for_each(|need| protection.check(need, caller.seen()))?;
        settings.checks.iter().try_for_each(|check| check(&caller))?;
        Ok(caller)
    }
}

/// What was no token at all is an invalid request, by its characters.
fn refusal(error: Error, token: &str) -> Refusal {
    if error.kind() == ErrorKind::Malformed && !is_b64token(token) {
        return ILLEGAL;
    }
    error.into()
}

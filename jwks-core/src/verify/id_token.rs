//! Checks for ID tokens: `nonce` and `azp` (OpenID Connect Core 1.0, section 2).

use super::Call;
use super::check::Check;
use super::claims::Claims;
use super::error::Error;

/// One claim, and its accepted values.
#[derive(Clone)]
pub(super) struct IdTokenCheck {
    claim: &'static str,
    expected: Vec<Box<str>>,
}

impl Call {
    /// Requires this `nonce` in the ID token: that of the authentication request which the token
    /// answers (OpenID Connect Core 1.0, section 3.1.3.7, step 11).
    ///
    /// Take it from the session of the user who logs in, and use it once. An empty `nonce` refuses
    /// every token, so a lost session lets nobody in. If called again, the last one counts.
    ///
    /// ```no_run
    /// # async fn example(verifier: jwks_core::verify::Verifier, token: &str, session: &str)
    /// # -> Result<(), jwks_core::verify::Error> {
    /// use jwks_core::verify::Registered;
    ///
    /// let login = verifier.call().nonce(session).verify::<Registered>(token).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn nonce(mut self, expected: impl Into<Box<str>>) -> Self {
        let checks = self.overrides.checks_mut();
        checks.retain(|check| !matches!(check, Check::IdToken(it) if it.claim == "nonce"));
        checks
            .push(Check::IdToken(IdTokenCheck { claim: "nonce", expected: vec![expected.into()] }));
        self
    }

    /// Accepts ID tokens only if they were issued to this client (`azp`). Call it again to accept
    /// several clients. A token without `azp` is refused. The clients that are configured for the
    /// issuer are checked too.
    pub fn azp(mut self, client_id: impl Into<Box<str>>) -> Self {
        let checks = self.overrides.checks_mut();
        let known = checks.iter_mut().find_map(|check| match check {
            Check::IdToken(it) if it.claim == "azp" => Some(it),
            _ => None,
        });
        match known {
            Some(known) => known.expected.push(client_id.into()),
            None => checks.push(Check::azp(vec![client_id.into()])),
        }
        self
    }
}

impl Check {
    /// The token was issued to one of these clients.
    pub(super) const fn azp(client_ids: Vec<Box<str>>) -> Self {
        Self::IdToken(IdTokenCheck { claim: "azp", expected: client_ids })
    }
}

impl IdTokenCheck {
    /// The error holds neither the value of the claim nor the expected one.
    pub(super) fn run(&self, claims: &Claims<'_>) -> Result<(), Error> {
        if !claims.has(self.claim) {
            return Err(Error::missing_claim(self.claim));
        }
        let Some(value) = claims.claim::<String>(self.claim) else {
            return Err(Error::malformed(format!("`{}` is not a string", self.claim)));
        };
        if !value.is_empty() && self.expected.iter().any(|expected| **expected == *value) {
            return Ok(());
        }
        Err(Error::wrong_claim(self.claim))
    }
}

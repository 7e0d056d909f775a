//! One validation with other expectations than those configured: a route that needs a scope, for
//! example.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::buffer::TokenBuffer;
use super::check::{Check, CheckResult, Checked};
use super::expectations::Expectations;
use super::expected::{Expected, Narrowed};
use super::{Error, Verified, Verifier};
use crate::keys::Algorithm;

/// Overrides the configured expectations for one route or call. Create it with [`Verifier::call`],
/// once per route, and use it for every request.
///
/// Expectations that you do not override stay as configured. A call can only narrow what is
/// accepted; [`audience`](Self::audience) is the one exception, because it replaces the configured
/// audiences.
///
/// ```no_run
/// # async fn example(verifier: jwks_core::verify::Verifier, token: &str)
/// # -> Result<(), jwks_core::verify::Error> {
/// use jwks_core::verify::Registered;
///
/// let may_write = verifier.call().required_claim("sub").check(|token| {
///     let scope: String = token.claim("scope").ok_or("no scope")?;
///     scope.split(' ').any(|one| one == "write").then_some(()).ok_or("needs scope write".into())
/// });
/// let verified = may_write.verify::<Registered>(token).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a call does nothing until it verifies a token"]
pub struct Call {
    verifier: Verifier,
    pub(super) overrides: Overrides,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Overrides {
    pub(super) budget: Option<Duration>,
    pub(super) time: Option<SystemTime>,
    /// How often its issuer was asked about already.
    pub(super) asked: u8,
    checks: Vec<Check>,
    /// The `iss` of the issuer, if the call names it.
    pub(super) issuer: Option<Box<str>>,
    narrowed: Narrowed,
}

impl Call {
    /// Accepts only those of the configured algorithms that are in this list.
    pub fn algorithms(mut self, allowed: impl IntoIterator<Item = Algorithm>) -> Self {
        self.overrides.narrowed.algorithms = Some(allowed.into_iter().collect());
        self
    }

    /// Accepts tokens for this audience, instead of the configured ones. Call it again to accept
    /// several audiences.
    pub fn audience(mut self, audience: impl Into<Box<str>>) -> Self {
        self.overrides.narrowed.audiences.push(audience.into());
        self
    }

    /// Adds a check, which runs after all others. It can run twice for one token: without
    /// background refresh, if the keys are used up at that moment, the token is checked again with
    /// the next keys.
    pub fn check(
        mut self,
        check: impl Fn(&Checked<'_>) -> CheckResult + Send + Sync + 'static,
    ) -> Self {
        self.overrides.checks.push(Check::new(check));
        self
    }

    /// Accepts only tokens of the issuer with this `iss`, of all those that the verifier has. A token
    /// without `iss` is judged by that issuer, if it [accepts such tokens](super::Issuer::without_iss).
    /// If called again, the last one counts.
    pub fn issuer(mut self, iss: impl Into<Box<str>>) -> Self {
        self.overrides.issuer = Some(iss.into());
        self
    }

    /// Accepts only this `typ`. Call it again to accept several. A token without `typ` is refused.
    pub fn only_type(mut self, typ: impl Into<Box<str>>) -> Self {
        self.overrides.narrowed.only_types.push(typ.into());
        self
    }

    /// Requires this claim too: it must be present and not `null`.
    pub fn required_claim(mut self, name: impl Into<Box<str>>) -> Self {
        self.overrides.narrowed.required.push(name.into());
        self
    }

    /// Waits for keys at most this long, instead of the policy's `wait_budget`. With zero, it never
    /// waits.
    pub const fn wait_at_most(mut self, budget: Duration) -> Self {
        self.overrides.budget = Some(budget);
        self
    }

    /// Checks the claims as of this time, instead of now. Whether the keys are trusted is still
    /// decided by the wall clock.
    pub const fn at(mut self, time: SystemTime) -> Self {
        self.overrides.time = Some(time);
        self
    }

    /// Like [`Verifier::verify`].
    ///
    /// # Errors
    ///
    /// Like [`Verifier::verify`].
    pub async fn verify<T: DeserializeOwned>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.verifier.verify_with(token, &self.overrides).await
    }

    /// Like [`Verifier::verify_blocking`].
    ///
    /// # Errors
    ///
    /// Like [`Verifier::verify`].
    pub fn verify_blocking<T: DeserializeOwned>(&self, token: &str) -> Result<Verified<T>, Error> {
        pollster::block_on(self.verify(token))
    }

    /// Like [`Verifier::verify_held`].
    ///
    /// # Errors
    ///
    /// Like [`Verifier::verify_held`].
    pub fn verify_held<T: DeserializeOwned>(
        &self,
        token: &str,
    ) -> Result<Option<Verified<T>>, Error> {
        self.verifier.verify_held_with(token, &self.overrides)
    }

    /// Like [`Verifier::try_verify`].
    ///
    /// # Errors
    ///
    /// Like [`Verifier::try_verify`].
    pub fn try_verify<T: DeserializeOwned>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.verifier.try_verify_with(token, &self.overrides)
    }

    /// Like [`Verifier::verify_in`].
    ///
    /// # Errors
    ///
    /// Like [`Verifier::verify`].
    pub async fn verify_in<'b, T: Deserialize<'b>>(
        &self,
        token: &str,
        buffer: &'b mut TokenBuffer,
    ) -> Result<Verified<T>, Error> {
        self.verifier.verify_in_with(token, buffer, &self.overrides).await
    }

    /// Like [`Verifier::try_verify_in`].
    ///
    /// # Errors
    ///
    /// Like [`Verifier::verify`].
    pub fn try_verify_in<'b, T: Deserialize<'b>>(
        &self,
        token: &str,
        buffer: &'b mut TokenBuffer,
    ) -> Result<Verified<T>, Error> {
        self.verifier.try_verify_in_with(token, buffer, &self.overrides)
    }

    pub(super) const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    pub(super) const fn new(verifier: Verifier, overrides: Overrides) -> Self {
        Self { verifier, overrides }
    }
}

impl Overrides {
    /// Overrides nothing but the budget.
    pub(super) fn budget(budget: Duration) -> Self {
        Self { budget: Some(budget), ..Self::default() }
    }

    /// Overrides nothing but the time.
    pub(super) fn time(time: SystemTime) -> Self {
        Self { time: Some(time), ..Self::default() }
    }

    /// The same for a caller who has asked about the issuer once more, with this budget left.
    pub(super) fn asked_again(&self, left: Duration) -> Self {
        Self { budget: Some(left), asked: self.asked.saturating_add(1), ..self.clone() }
    }

    pub(super) fn checks(&self) -> &[Check] {
        &self.checks
    }

    pub(super) const fn checks_mut(&mut self) -> &mut Vec<Check> {
        &mut self.checks
    }

    /// The configured expectations, with the overrides of this call.
    pub(super) const fn apply<'e>(&'e self, configured: &'e Expectations) -> Expected<'e> {
        Expected::of_call(configured, &self.narrowed)
    }
}

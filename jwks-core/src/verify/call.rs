//! One validation that departs from what is configured: this route needs that scope.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::buffer::TokenBuffer;
use super::check::{Check, CheckResult, Checked};
use super::expectations::Expectations;
use super::expected::{Expected, Narrowed};
use super::{Error, Verified, Verifier};
use crate::keys::Algorithm;

/// A validation with other expectations than the issuer's. Made by [`Verifier::call`]; build it
/// once per route and use it for every request.
///
/// What is not said here is as configured. Nothing here can widen what an issuer may do, but
/// [`audience`](Self::audience), which is a decision of its own.
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
    checks: Vec<Check>,
    narrowed: Narrowed,
}

impl Call {
    /// Only these of the configured algorithms.
    pub fn algorithms(mut self, allowed: impl IntoIterator<Item = Algorithm>) -> Self {
        self.overrides.narrowed.algorithms = Some(allowed.into_iter().collect());
        self
    }

    /// The token must be meant for this audience, or another one given before, instead of those
    /// configured.
    pub fn audience(mut self, audience: impl Into<Box<str>>) -> Self {
        self.overrides.narrowed.audiences.push(audience.into());
        self
    }

    /// A further check, after all others. It runs again if the keys were used up at that moment and
    /// the token is judged anew (without background refresh).
    pub fn check(
        mut self,
        check: impl Fn(&Checked<'_>) -> CheckResult + Send + Sync + 'static,
    ) -> Self {
        self.overrides.checks.push(Check::new(check));
        self
    }

    /// Only this `typ`, or another one given before; a token without `typ` is refused.
    pub fn only_type(mut self, typ: impl Into<Box<str>>) -> Self {
        self.overrides.narrowed.only_types.push(typ.into());
        self
    }

    /// The claim must be there too, and not be `null`.
    pub fn required_claim(mut self, name: impl Into<Box<str>>) -> Self {
        self.overrides.narrowed.required.push(name.into());
        self
    }

    /// Waits for keys at most so long, instead of the policy's `wait_budget`; zero: never.
    pub const fn wait_at_most(mut self, budget: Duration) -> Self {
        self.overrides.budget = Some(budget);
        self
    }

    /// Judges the claims as of this time, instead of the wall clock's. Whether the keys are trusted
    /// is judged by the wall clock all the same.
    pub const fn at(mut self, time: SystemTime) -> Self {
        self.overrides.time = Some(time);
        self
    }

    /// As [`Verifier::verify`].
    ///
    /// # Errors
    ///
    /// As [`Verifier::verify`].
    pub async fn verify<T: DeserializeOwned>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.verifier.verify_with(token, &self.overrides).await
    }

    /// As [`Verifier::verify_blocking`].
    ///
    /// # Errors
    ///
    /// As [`Verifier::verify`].
    pub fn verify_blocking<T: DeserializeOwned>(&self, token: &str) -> Result<Verified<T>, Error> {
        pollster::block_on(self.verify(token))
    }

    /// As [`Verifier::verify_held`].
    ///
    /// # Errors
    ///
    /// As [`Verifier::verify_held`].
    pub fn verify_held<T: DeserializeOwned>(
        &self,
        token: &str,
    ) -> Result<Option<Verified<T>>, Error> {
        self.verifier.verify_held_with(token, &self.overrides)
    }

    /// As [`Verifier::try_verify`].
    ///
    /// # Errors
    ///
    /// As [`Verifier::try_verify`].
    pub fn try_verify<T: DeserializeOwned>(&self, token: &str) -> Result<Verified<T>, Error> {
        self.verifier.try_verify_with(token, &self.overrides)
    }

    /// As [`Verifier::verify_in`].
    ///
    /// # Errors
    ///
    /// As [`Verifier::verify`].
    pub async fn verify_in<'b, T: Deserialize<'b>>(
        &self,
        token: &str,
        buffer: &'b mut TokenBuffer,
    ) -> Result<Verified<T>, Error> {
        self.verifier.verify_in_with(token, buffer, &self.overrides).await
    }

    /// As [`Verifier::try_verify_in`].
    ///
    /// # Errors
    ///
    /// As [`Verifier::verify`].
    pub fn try_verify_in<'b, T: Deserialize<'b>>(
        &self,
        token: &str,
        buffer: &'b mut TokenBuffer,
    ) -> Result<Verified<T>, Error> {
        self.verifier.try_verify_in_with(token, buffer, &self.overrides)
    }

    pub(super) const fn new(verifier: Verifier, overrides: Overrides) -> Self {
        Self { verifier, overrides }
    }
}

impl Overrides {
    /// Nothing but a budget.
    pub(super) fn budget(budget: Duration) -> Self {
        Self { budget: Some(budget), ..Self::default() }
    }

    /// Nothing but a time.
    pub(super) fn time(time: SystemTime) -> Self {
        Self { time: Some(time), ..Self::default() }
    }

    pub(super) fn checks(&self) -> &[Check] {
        &self.checks
    }

    pub(super) const fn checks_mut(&mut self) -> &mut Vec<Check> {
        &mut self.checks
    }

    /// What is configured, as far as nothing else is said here.
    pub(super) const fn apply<'e>(&'e self, configured: &'e Expectations) -> Expected<'e> {
        Expected::of_call(configured, &self.narrowed)
    }
}

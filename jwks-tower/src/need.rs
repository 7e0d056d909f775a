//! What an operation needs of its caller.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Refusal;
use crate::access::Seen;
use crate::hierarchy::Hierarchy;
use crate::text::{is_scope, scope_list};

mod layer;

pub use self::layer::NeedService;

/// What an operation needs of its caller: scopes, and how it has logged in.
///
/// Give it to a whole [guard](crate::GuardBuilder::need), put it around a route as a layer *inside*
/// the guard, or ask for it in a handler by [`Caller::require`](crate::Caller::require). The first
/// has an advantage: a client without a token is told the scopes, too.
///
/// ```
/// use std::time::Duration;
/// use jwks_tower::Need;
///
/// let read = Need::all(["orders:read"]);
/// let write = Need::all(["orders:write"]).and_any(["shop:eu", "shop:us"]);
/// let refund = Need::all(["orders:refund"]).acr(["gold"]).max_age(Duration::from_secs(300));
/// ```
///
/// A scope that a token cannot have, such as an empty one, is never met.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Need(Arc<Inner>);

#[derive(Clone, Debug, Default)]
struct Inner {
    acr: Vec<Box<str>>,
    all: Vec<Box<str>>,
    any: Vec<Vec<Box<str>>>,
    max_age: Option<Duration>,
}

impl Need {
    /// A caller, and nothing more of it: where the guard is optional.
    pub fn caller() -> Self {
        Self::default()
    }

    /// All of these scopes.
    pub fn all<S: Into<Box<str>>>(scopes: impl IntoIterator<Item = S>) -> Self {
        Self::default().and_all(scopes)
    }

    /// Any one of these scopes; of none of them, none can be had.
    pub fn any<S: Into<Box<str>>>(scopes: impl IntoIterator<Item = S>) -> Self {
        Self::default().and_any(scopes)
    }

    /// And all of these scopes.
    pub fn and_all<S: Into<Box<str>>>(self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.with(|inner| inner.all.extend(scopes.into_iter().map(Into::into)))
    }

    /// And any one of these scopes.
    pub fn and_any<S: Into<Box<str>>>(self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.with(|inner| inner.any.push(scopes.into_iter().map(Into::into).collect()))
    }

    /// And a login by one of these authentication contexts (`acr`), in the order of preference
    /// (RFC 9470).
    pub fn acr<S: Into<Box<str>>>(self, values: impl IntoIterator<Item = S>) -> Self {
        self.with(|inner| inner.acr.extend(values.into_iter().map(Into::into)))
    }

    /// And a login (`auth_time`) that is not longer ago than this (RFC 9470). A token that does not
    /// say when the login was does not do.
    pub fn max_age(self, age: Duration) -> Self {
        self.with(|inner| inner.max_age = Some(age))
    }

    /// The scopes that a challenge names: all that are needed, and of those of which one is needed
    /// the first.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = &str> {
        let firsts = self.0.any.iter().filter_map(|any| any.first());
        self.0.all.iter().chain(firsts).map(|scope| &**scope)
    }

    /// A scope that no token can have.
    pub(crate) fn wrong_scope(&self) -> Option<&str> {
        let all = self.0.all.iter().chain(self.0.any.iter().flatten());
        all.map(|scope| &**scope).find(|scope| !is_scope(scope))
    }

    /// `also` are scopes that are needed beside these: a refusal names all that the operation needs.
    pub(crate) fn check(
        &self,
        seen: &Seen,
        hierarchy: &Hierarchy,
        also: &str,
        now: impl FnOnce() -> SystemTime,
    ) -> Result<(), Refusal> {
        let Inner { acr, all, any, max_age } = &*self.0;
        let has = |scope: &str| hierarchy.grants(&seen.scopes, scope);
        let one_of = |any: &Vec<Box<str>>| any.iter().any(|scope| has(scope));
        if !all.iter().all(|scope| has(scope)) || !any.iter().all(one_of) {
            return Err(Refusal::insufficient_scope(once_each(
                also.split(' ').chain(self.scopes()),
            )));
        }
        let strong = acr.is_empty()
            || seen.acr.iter().next().is_some_and(|theirs| acr.iter().any(|it| **it == *theirs));
        let recent = max_age.is_none_or(|age| is_recent(seen.auth_time, age, now));
        if strong && recent {
            return Ok(());
        }
        Err(Refusal::step_up(acr.iter().map(|it| &**it), *max_age))
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

fn is_recent(auth_time: Option<u64>, age: Duration, now: impl FnOnce() -> SystemTime) -> bool {
    let login = auth_time.and_then(|it| UNIX_EPOCH.checked_add(Duration::from_secs(it)));
    login.is_some_and(|login| now().duration_since(login).unwrap_or_default() <= age)
}

/// The scopes of several needs, in the form of a challenge; each once.
pub(crate) fn scopes_of<'n>(needs: impl IntoIterator<Item = &'n Need>) -> String {
    scope_list(once_each(needs.into_iter().flat_map(Need::scopes)))
}

fn once_each<'n>(names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let mut once: Vec<&str> = Vec::new();
    for name in names {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    once
}

#[cfg(test)]
mod tests;

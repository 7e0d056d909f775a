//! What challenges say of a service, and the decision what a refusal is answered with.

use std::time::SystemTime;

use http::StatusCode;

use crate::answer::Answer;
use crate::challenge::Challenge;
use crate::refusal::{Refusal, Row};
use crate::text::{is_quotable, is_scope, scope_list};
use crate::{GrpcCode, GuardError, ProtectedResource};

/// What challenges say of the service, and how its refusals are answered: a pure decision, for any
/// framework.
///
/// ```
/// use std::time::SystemTime;
/// use jwks_tower::{Realm, Refusal};
///
/// let realm = Realm::new("orders")?;
/// let answer = realm.answer(&Refusal::no_credential(), SystemTime::now());
/// assert_eq!(answer.status(), 401);
/// assert_eq!(answer.www_authenticate(), Some("Bearer realm=\"orders\""));
/// # Ok::<(), jwks_tower::GuardError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct Realm {
    name: Option<Box<str>>,
    resource_metadata: Option<Box<str>>,
    scope: Box<str>,
    undecided_is_unavailable: bool,
}

impl Realm {
    /// The protection space of this name (RFC 9110, section 11.5), as challenges tell it.
    ///
    /// # Errors
    ///
    /// The name is empty, or has other characters than printable ASCII without `"` and `\`.
    pub fn new(name: &str) -> Result<Self, GuardError> {
        if name.is_empty() || !name.bytes().all(is_quotable) {
            return Err(GuardError::realm());
        }
        Ok(Self { name: Some(name.into()), ..Self::unnamed() })
    }

    /// Without a name: challenges say `realm="api"`, unless they have a metadata URL to say.
    pub(crate) fn unnamed() -> Self {
        Self {
            name: None,
            resource_metadata: None,
            scope: Box::default(),
            undecided_is_unavailable: false,
        }
    }

    /// Challenges say where the metadata of this resource is (`resource_metadata`, RFC 9728,
    /// section 5.1).
    pub fn resource(mut self, resource: &ProtectedResource) -> Self {
        self.resource_metadata = Some(resource.metadata_url().into());
        self
    }

    /// Challenges for a token that is missing or not valid name these scopes, which the service
    /// needs (`scope`, RFC 6750, section 3).
    ///
    /// # Errors
    ///
    /// A name is empty, or has other characters than RFC 6749, section 3.3, allows.
    pub fn scopes<S: AsRef<str>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Result<Self, GuardError> {
        let names: Vec<S> = names.into_iter().collect();
        if let Some(wrong) = names.iter().find(|name| !is_scope(name.as_ref())) {
            return Err(GuardError::scope(wrong.as_ref()));
        }
        self.scope = scope_list(names.iter().map(AsRef::as_ref)).into();
        Ok(self)
    }

    /// Answers a token whose key is not held, and was not asked for yet, by 503 instead of 401.
    ///
    /// Most such tokens are junk, and with 503 strangers can colour the error rate of a service. But
    /// some clients throw a token away at a 401, and never try it again.
    pub const fn undecided_is_unavailable(mut self) -> Self {
        self.undecided_is_unavailable = true;
        self
    }

    /// In the form of a challenge; empty if there are none.
    pub(crate) fn scope(&self) -> &str {
        &self.scope
    }

    pub(crate) fn set_scope(&mut self, scope: String) {
        self.scope = scope.into();
    }

    /// What this refusal is answered with. `now` is the wall clock's time, for `Retry-After`.
    #[must_use]
    pub fn answer(&self, refusal: &Refusal, now: SystemTime) -> Answer {
        let unauthorized = |challenge: Challenge, error, text| {
            Answer::new(StatusCode::UNAUTHORIZED, GrpcCode::Unauthenticated, text)
                .challenged(challenge, error)
        };
        let invalid = |description: Option<&'static str>| {
            let challenge = self
                .challenge(Some("invalid_token"))
                .with_some("error_description", description)
                .with_some("scope", Some(&self.scope));
            let text = description.unwrap_or("the access token is not valid");
            unauthorized(self.with_metadata(challenge), "invalid_token", text)
        };
        let forbidden = |scope: &str| {
            let error = "insufficient_scope";
            let challenge = self.challenge(Some(error)).with_some("scope", Some(scope));
            Answer::new(
                StatusCode::FORBIDDEN,
                GrpcCode::PermissionDenied,
                "the access token does not permit this",
            )
            .challenged(self.with_metadata(challenge), error)
        };
        let unavailable = || {
            Answer::new(
                StatusCode::SERVICE_UNAVAILABLE,
                GrpcCode::Unavailable,
                "the access token cannot be checked at the moment",
            )
        };
        let answer = match refusal.row() {
            Row::Forbidden => forbidden(""),
            Row::InsufficientScope("") => forbidden(&self.scope),
            Row::InsufficientScope(needed) => forbidden(needed),
            Row::Internal => Answer::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                GrpcCode::Internal,
                "the service is not set up correctly",
            ),
            Row::InvalidRequest => Answer::new(
                StatusCode::BAD_REQUEST,
                GrpcCode::Unauthenticated,
                "the credential has the wrong form",
            )
            .challenged(
                self.with_metadata(self.challenge(Some("invalid_request"))),
                "invalid_request",
            ),
            Row::InvalidToken(description) => invalid(description),
            Row::NoCredential => {
                let challenge = self.challenge(None).with_some("scope", Some(&self.scope));
                Answer::new(
                    StatusCode::UNAUTHORIZED,
                    GrpcCode::Unauthenticated,
                    "an access token is required",
                )
                .challenged(self.with_metadata(challenge), None)
            }
            Row::StepUp { acr_values, max_age } => {
                let error = "insufficient_user_authentication";
                let seconds = max_age.map(|age| age.as_secs().to_string());
                let challenge = self
                    .challenge(Some(error))
                    .with_some("acr_values", Some(acr_values))
                    .with_some("max_age", seconds.as_deref());
                let text = "a stronger or newer login is required";
                unauthorized(self.with_metadata(challenge), error, text)
            }
            Row::Undecided if self.undecided_is_unavailable => unavailable(),
            Row::Undecided => invalid(None),
            Row::Unavailable => unavailable(),
        };
        answer.because(refusal.reason()).retried(refusal.retry_after(now))
    }

    /// A challenge never stands without a parameter (RFC 6750, section 3).
    fn challenge(&self, error: Option<&'static str>) -> Challenge {
        let name = match (&self.name, &self.resource_metadata) {
            (Some(name), _) => Some(&**name),
            (None, Some(_)) => None,
            (None, None) => Some("api"),
        };
        Challenge::bearer().with_some("realm", name).with_some("error", error)
    }

    fn with_metadata(&self, challenge: Challenge) -> Challenge {
        challenge.with_some("resource_metadata", self.resource_metadata.as_deref())
    }
}

#[cfg(test)]
mod tests;

//! Extractors for axum, and refusals as responses.

use axum_core::body::Body;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;

use crate::{Caller, Refused};

/// The caller; 401 if nothing was presented, 500 if no [`Guard`](crate::Guard) for these claims ran
/// before.
impl<S: Sync, T: Send + Sync + 'static> FromRequestParts<S> for Caller<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        Self::of(&parts.extensions).map_err(|refused| refused.answered_as(&parts.headers))
    }
}

/// The caller, or `None` if nothing was presented; 500 if no [`Guard`](crate::Guard) for these claims
/// ran before.
impl<S: Sync, T: Send + Sync + 'static> OptionalFromRequestParts<S> for Caller<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Refused> {
        Self::optional(&parts.extensions).map_err(|refused| refused.answered_as(&parts.headers))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.respond(Some(<Body as From<String>>::from))
    }
}

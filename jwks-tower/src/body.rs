//! The bodies of refusals. They say what the status and the challenge say, and change neither.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use serde_json::json;

use crate::Answer;

/// Refusals without a body: for any body that has a default. As long as nothing else is said.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct NoBody;

/// Refusals with a text for a body: for any body that can be made of a `String`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct TextBody;

/// How a body of the type `B` is filled. Implemented by [`NoBody`] and [`TextBody`].
pub trait FillBody<B>: sealed::Sealed {
    #[doc(hidden)]
    const FILL: Option<fn(String) -> B>;
    /// The same, for layers of routes, which do not know of the guard's type.
    #[doc(hidden)]
    const ERASED: Option<&'static (dyn Any + Send + Sync)>;
}

mod sealed {
    #[expect(unnameable_types, reason = "so that nobody else implements what it stands for")]
    pub trait Sealed {}

    impl Sealed for super::NoBody {}
    impl Sealed for super::TextBody {}
}

impl<B> FillBody<B> for NoBody {
    const FILL: Option<fn(String) -> B> = None;
    const ERASED: Option<&'static (dyn Any + Send + Sync)> = None;
}

impl<B: From<String> + 'static> FillBody<B> for TextBody {
    const FILL: Option<fn(String) -> B> = Some(B::from);
    const ERASED: Option<&'static (dyn Any + Send + Sync)> = Some(&(B::from as fn(String) -> B));
}

/// What a body says.
#[derive(Clone)]
pub(crate) struct Words {
    content_type: HeaderValue,
    write: Arc<dyn Fn(&Answer) -> String + Send + Sync>,
}

impl Words {
    pub(crate) fn new(
        content_type: HeaderValue,
        write: impl Fn(&Answer) -> String + Send + Sync + 'static,
    ) -> Self {
        Self { content_type, write: Arc::new(write) }
    }

    /// `{"error": …, "error_description": …}`, as RFC 6749, section 5.2, has it.
    pub(crate) fn json() -> Self {
        Self::new(HeaderValue::from_static("application/json"), |answer| {
            let error = match (answer.error_code(), answer.status().as_u16()) {
                (Some(error), _) => error,
                (None, 401) => "unauthorized",
                (None, 503) => "temporarily_unavailable",
                (None, _) => "server_error",
            };
            json!({ "error": error, "error_description": answer.text() }).to_string()
        })
    }

    /// RFC 9457.
    pub(crate) fn problem() -> Self {
        Self::new(HeaderValue::from_static("application/problem+json"), |answer| {
            let title = answer.status().canonical_reason().unwrap_or_default();
            let status = answer.status().as_u16();
            let mut problem = json!({ "title": title, "status": status, "detail": answer.text() });
            if let Some(error) = answer.error_code() {
                problem["error"] = error.into();
            }
            problem.to_string()
        })
    }

    pub(crate) fn put<B>(
        &self,
        answer: &Answer,
        response: &mut Response<B>,
        fill: fn(String) -> B,
    ) {
        response.headers_mut().insert(CONTENT_TYPE, self.content_type.clone());
        *response.body_mut() = fill((self.write)(answer));
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Words").field("content_type", &self.content_type).finish_non_exhaustive()
    }
}

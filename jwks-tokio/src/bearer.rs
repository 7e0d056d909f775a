//! A bearer token that stands in a file.

use std::error::Error;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use http::HeaderMap;
use jwks_core::adapter::bearer;

use crate::file::{FileError, read};

type Made = Pin<Box<dyn Future<Output = Result<HeaderMap, BoxError>> + Send>>;
type BoxError = Box<dyn Error + Send + Sync>;

/// The header `Authorization` with the bearer token in this file, which is read anew for each request:
/// for a token that is rotated, such as that of a Kubernetes service account. Give it to
/// [`Issuer::headers_with`](crate::Issuer::headers_with).
///
/// White space around the token is left out. A file that cannot be read, has more than 64 KiB, or
/// holds no token fails the attempt; the error names the file, and shows nothing of its content.
///
/// ```
/// let issuer = jwks_tokio::Issuer::new("https://id.example.com")
///     .jwks_uri("https://id.example.com/keys")
///     .headers_with(jwks_tokio::bearer_file("/var/run/secrets/keys/token"))
///     .audience("my-api");
/// ```
pub fn bearer_file(path: impl Into<PathBuf>) -> impl Fn() -> Made + Clone + Send + Sync + 'static {
    let path: Arc<std::path::Path> = path.into().into();
    move || {
        let path = Arc::clone(&path);
        Box::pin(async move {
            let token = read(&path, LONGEST).await?;
            Ok(bearer(&token).map_err(|error| FileError::of(&path, error))?)
        })
    }
}

const LONGEST: usize = 64 * 1024;

//! A bearer token that stands in a file.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use async_std::fs::File;
use async_std::io::ReadExt as _;
use http::HeaderMap;
use jwks_core::adapter::bearer;

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
/// let issuer = jwks_async_std::Issuer::new("https://id.example.com")
///     .jwks_uri("https://id.example.com/keys")
///     .headers_with(jwks_async_std::bearer_file("/var/run/secrets/keys/token"))
///     .audience("my-api");
/// ```
pub fn bearer_file(path: impl Into<PathBuf>) -> impl Fn() -> Made + Clone + Send + Sync + 'static {
    let path: Arc<Path> = path.into().into();
    move || {
        let path = Arc::clone(&path);
        Box::pin(async move {
            let unusable =
                |why: &dyn std::fmt::Display| format!("the file {path:?} cannot be used: {why}");
            let token = read(&path).await.map_err(|error| unusable(&error))?;
            Ok(bearer(&token).map_err(|error| unusable(&error))?)
        })
    }
}

async fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path).await?.take(LONGEST + 1).read_to_end(&mut bytes).await?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LONGEST {
        return Err(std::io::Error::other(format!("it is larger than {LONGEST} bytes")));
    }
    Ok(bytes)
}

const LONGEST: u64 = 64 * 1024;

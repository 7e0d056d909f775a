//! Files that are read again: they are changed while the service runs, by whoever mounts them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, io};

use http::Response;
use jwks_core::adapter::FetchError;
use tokio::io::AsyncReadExt as _;

/// A file that cannot be used, and why.
#[derive(Debug)]
pub(crate) struct FileError<E> {
    path: PathBuf,
    why: E,
}

impl<E> FileError<E> {
    pub(crate) fn of(path: &Path, why: E) -> Self {
        Self { path: path.to_owned(), why }
    }
}

impl<E: fmt::Display> fmt::Display for FileError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the file {:?} cannot be used: {}", self.path, self.why)
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for FileError<E> {}

/// The file as it is now. At most this many bytes: a longer one is refused.
pub(crate) async fn read(path: &Path, limit: usize) -> Result<Vec<u8>, FileError<io::Error>> {
    let bytes = read_some(path, limit).await.and_then(|bytes| within(bytes, limit));
    bytes.map_err(|error| FileError::of(path, error))
}

/// At most one byte more than the limit.
async fn read_some(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let file = tokio::fs::File::open(path).await?;
    let mut bytes = Vec::new();
    file.take(most(limit)).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// The content as an answer, for a source in a file.
pub(crate) async fn answer(
    path: Arc<Path>,
    max_body: usize,
) -> Result<Response<Vec<u8>>, FetchError> {
    match read_some(&path, max_body).await {
        Ok(bytes) if bytes.len() > max_body => Err(FetchError::too_large(max_body)),
        Ok(bytes) => Ok(Response::new(bytes)),
        Err(error) => Err(FetchError::file(error)),
    }
}

/// The same, on this thread.
#[cfg(any(feature = "native-tls", feature = "rustls"))]
pub(crate) fn read_now(path: &Path, limit: usize) -> Result<Vec<u8>, FileError<io::Error>> {
    use std::io::Read as _;
    let read = || {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(most(limit)).read_to_end(&mut bytes)?;
        within(bytes, limit)
    };
    read().map_err(|error| FileError::of(path, error))
}

fn most(limit: usize) -> u64 {
    u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1)
}

fn within(bytes: Vec<u8>, limit: usize) -> io::Result<Vec<u8>> {
    if bytes.len() > limit {
        return Err(io::Error::other(format!("it is larger than {limit} bytes")));
    }
    Ok(bytes)
}

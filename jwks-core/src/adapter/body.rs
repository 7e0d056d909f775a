//! A response's body, with its size limit.

use super::FetchError;

/// Collects the chunks of a body, and refuses a body that is too large.
///
/// ```
/// use jwks_core::adapter::Body;
///
/// let mut body = Body::new(5);
/// body.push(b"abc")?;
/// body.push(b"de")?;
/// assert!(body.push(b"f").unwrap_err().is_too_large());
/// assert_eq!(body.into_bytes(), b"abcde");
/// # Ok::<(), jwks_core::adapter::FetchError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Body {
    bytes: Vec<u8>,
    most: usize,
}

impl Body {
    /// An empty body of at most `max_body` bytes: [`Exchange::max_body`](super::Exchange::max_body).
    #[must_use]
    pub const fn new(max_body: usize) -> Self {
        Self { bytes: Vec::new(), most: max_body }
    }

    /// Adds a chunk. Nothing of a chunk that is refused is kept.
    ///
    /// # Errors
    ///
    /// Fails if the body is larger than allowed. Then stop reading, and return this error as the
    /// outcome.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), FetchError> {
        if chunk.len() > self.most.saturating_sub(self.bytes.len()) {
            return Err(FetchError::too_large(self.most));
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    /// The collected body.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

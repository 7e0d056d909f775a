//! Where a token is decoded.

use std::fmt;

/// Room for a decoded token, so that claims can borrow from it: see
/// [`Verifier::verify_in`](super::Verifier::verify_in).
///
/// It grows to the size of the largest token that it has held, and keeps the last one until it is
/// used again or dropped. Its debug form shows nothing of it.
#[derive(Clone, Default)]
pub struct TokenBuffer(Vec<u8>);

impl TokenBuffer {
    /// An empty one, which allocates when it is used.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// So many bytes, whatever they hold.
    pub(super) fn room(&mut self, bytes: usize) -> &mut [u8] {
        if self.0.len() < bytes {
            self.0.resize(bytes, 0);
        }
        self.0.get_mut(..bytes).unwrap_or_default()
    }
}

impl fmt::Debug for TokenBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenBuffer").finish_non_exhaustive()
    }
}

//! How a verifier is told to remember signatures.

use crate::verify::VerifierBuilder;

impl VerifierBuilder {
    /// Remembers this many good signatures, so that a repeated token skips the signature check: 0
    /// to 16,777,216, for all issuers together. Default: 0, which remembers none.
    ///
    /// Use it if your service sees the same tokens many times. It replaces the signature check and
    /// nothing else. For each token, the verifier still checks that the key is held, trusted and
    /// not denied, and checks the header and all claims. Each accepted token counts as a use of the
    /// keys. So a remembered signature never makes a token valid for longer. A signature is
    /// forgotten when its key is removed, replaced or denied, when the keys are invalidated, and
    /// when trust in them ends.
    ///
    /// The verifier stores a keyed SHA-256 hash of the key, the algorithm, the signed text and the
    /// signature, but never a token. Only accepted tokens are stored. Each takes 32 bytes, which
    /// are allocated at the start. When there is no room left, a new signature takes the place of
    /// an older one, preferably of one that was not seen a second time. An ECDSA signature has two
    /// valid forms, so a token with one can take two places.
    ///
    /// A token that was not seen before costs about 1 % more, for the hash.
    pub const fn remember_signatures(mut self, signatures: usize) -> Self {
        self.remembered = signatures;
        self
    }
}

//! Good signatures that the verifier remembers, so that a repeated token skips the signature check.
//!
//! The memo stores facts: *this key made this signature on this text with this algorithm*. A fact
//! stays true, so nothing is ever removed from the memo. It names the key by its [`Serial`]. A key
//! that was absent from one publication gets a new serial, so its old facts are never asked for
//! again. All other rules are checked for each token: which keys are held and trusted, which of
//! them fit the token, and what the header and the claims say.
//!
//! A fact is stored only when its token has been accepted, so strangers cannot fill the memo. Nor
//! can the holder of one good token: the signature is hashed after decoding, base64url is read
//! strictly, and a signature by RSA or Ed25519 has one valid form. An ECDSA signature has two, so
//! one token can take two places.

mod setting;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;
use std::hash::{BuildHasher, RandomState};

use self::table::{Digest, Table};
use crate::keys::{Algorithm, Key, Serial, sha256};

/// The memo of one verifier, for all of its issuers.
pub(super) struct Memo {
    /// Keeps strangers from choosing where a fact is stored, and from finding it in a memory dump.
    /// That different facts have different digests does not depend on it, only on SHA-256.
    secret: [u8; 32],
    facts: Table,
}

/// A signature, and the text that it is on, as a question to the memo.
pub(super) struct Recall<'m, 't> {
    memo: &'m Memo,
    algorithm: Algorithm,
    signature: &'t [u8],
    /// Its SHA-256.
    text: [u8; 32],
    /// The first key that was asked about. Mostly it is the only one.
    first: Option<(Serial, Digest)>,
}

/// A fact that the memo does not have.
pub(super) struct News<'m> {
    memo: &'m Memo,
    digest: Digest,
}

impl Memo {
    /// Allocates room for this many signatures, of 32 bytes each.
    pub(super) fn new(signatures: usize) -> Self {
        let state = RandomState::new();
        let mut secret = [0; 32];
        for (n, part) in secret.chunks_exact_mut(8).enumerate() {
            part.copy_from_slice(&state.hash_one(n).to_le_bytes());
        }
        Self { secret, facts: Table::new(signatures) }
    }

    /// Asks about a signature on a text. `None` if no key makes signatures of this length.
    pub(super) fn recall<'t>(
        &self,
        algorithm: Algorithm,
        text: &[u8],
        signature: &'t [u8],
    ) -> Option<Recall<'_, 't>> {
        let text = (signature.len() <= LONGEST).then(|| sha256(text))?;
        Some(Recall { memo: self, algorithm, signature, text, first: None })
    }

    /// The fields before the signature have fixed lengths, so different facts are different bytes.
    fn digest(&self, recall: &Recall<'_, '_>, key: Serial) -> Digest {
        let mut bytes = [0; HEAD + LONGEST];
        let algorithm = [recall.algorithm as u8];
        let parts = [&self.secret[..], &key.to_bytes(), &algorithm, &recall.text, recall.signature];
        let mut len = 0;
        for part in parts {
            if let Some(place) = bytes.get_mut(len..len + part.len()) {
                place.copy_from_slice(part);
            }
            len += part.len();
        }
        let hash = sha256(bytes.get(..len).unwrap_or_default());
        let (words, _) = hash.as_chunks::<8>();
        let mut digest = Digest::default();
        for (to, from) in digest.iter_mut().zip(words) {
            *to = u64::from_le_bytes(*from);
        }
        digest
    }
}

impl<'m> Recall<'m, '_> {
    /// Whether this key is known to have made the signature.
    pub(super) fn is_by(&mut self, key: &Key) -> bool {
        let serial = key.serial();
        let digest = self.memo.digest(self, serial);
        self.first.get_or_insert((serial, digest));
        self.memo.facts.holds(&digest)
    }

    /// The SHA-256 of the signed text.
    pub(super) const fn text_hash(&self) -> &[u8; 32] {
        &self.text
    }

    /// A fact to remember: this key has just been found to have made the signature.
    pub(super) fn news(self, key: &Key) -> News<'m> {
        let serial = key.serial();
        let first = self.first.filter(|(first, _)| *first == serial);
        let digest = first.map(|(_, digest)| digest);
        let digest = digest.unwrap_or_else(|| self.memo.digest(&self, serial));
        News { memo: self.memo, digest }
    }
}

impl News<'_> {
    /// Stores the fact. Call it when the token has been accepted.
    pub(super) fn remember(self) {
        self.memo.facts.put(&self.digest);
    }
}

/// Shows how many signatures there is room for, and nothing of them.
impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memo").field("room", &self.facts.room()).finish_non_exhaustive()
    }
}

/// What stands before the signature: secret, serial, algorithm, hash of the text.
const HEAD: usize = 32 + 8 + 1 + 32;

/// Of a signature, in bytes: by RSA of 8192 bits.
const LONGEST: usize = 1024;

/// Most signatures that can be remembered: half a gibibyte.
pub(super) const MOST: usize = 1 << 24;

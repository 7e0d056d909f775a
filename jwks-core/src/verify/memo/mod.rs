//! Signatures that were found good, so that the same token is not checked by its key again.
//!
//! What is remembered is a fact: *this key made this signature on this text, by this algorithm*. It
//! stays true, so nothing is ever taken back. A fact about a key that is gone is never asked for:
//! the key is named by its [`Serial`], which no other key gets, and it does not get back itself.
//! All else about a token is judged each time, and so are the facts that are not of its signature:
//! which keys are held and trusted, and which of them are for this token.
//!
//! A fact is put by a token that has been accepted, so strangers cannot fill the memo: whoever sends
//! the same token in other spellings finds that only one of base64url is taken, and that a signature
//! by RSA or Ed25519 has one spelling. One by ECDSA has two, so a token may take two places.

mod table;
#[cfg(test)]
mod tests;

use std::fmt;
use std::hash::{BuildHasher, RandomState};

use self::table::{Digest, Table};
use crate::keys::{Algorithm, Key, Serial, sha256};

/// The memo of one verifier, for all of its issuers.
pub(super) struct Memo {
    /// With it nobody else can tell where a fact is put, nor find it in a dump of memory. That no
    /// two facts have one digest does not hang on it: SHA-256 sees to that.
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
    /// For so many signatures: 32 bytes each, taken now.
    pub(super) fn new(signatures: usize) -> Self {
        let state = RandomState::new();
        let mut secret = [0; 32];
        for (n, part) in secret.chunks_exact_mut(8).enumerate() {
            part.copy_from_slice(&state.hash_one(n).to_le_bytes());
        }
        Self { secret, facts: Table::new(signatures) }
    }

    /// None: no key makes signatures of this length.
    pub(super) fn recall<'t>(
        &self,
        algorithm: Algorithm,
        text: &[u8],
        signature: &'t [u8],
    ) -> Option<Recall<'_, 't>> {
        let text = (signature.len() <= LONGEST).then(|| sha256(text))?;
        Some(Recall { memo: self, algorithm, signature, text, first: None })
    }

    /// The fields before the signature have fixed places, so no two facts are written alike.
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

    /// This key has made the signature, as has just been found out.
    pub(super) fn news(self, key: &Key) -> News<'m> {
        let serial = key.serial();
        let first = self.first.filter(|(first, _)| *first == serial);
        let digest = first.map(|(_, digest)| digest);
        let digest = digest.unwrap_or_else(|| self.memo.digest(&self, serial));
        News { memo: self.memo, digest }
    }
}

impl News<'_> {
    /// The token has been accepted.
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

//! A number that names a parsed key for as long as it stays published.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::key::Identity;
use super::set::KeySet;

/// Names one key that a cache holds, and no other key of this process.
///
/// A key keeps its serial while each publication is followed by one with the same key, which has
/// the same [identity](super::key::Identity). If a publication lacks the key, and a later one has
/// it again, the key gets a new serial.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Serial(u64);

impl Serial {
    /// One that no key has had.
    pub(super) fn new() -> Self {
        /// Ordering: `Relaxed`; an addition takes each number once, and no data goes with it. It
        /// would take centuries to run out of numbers.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) const fn to_bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }
}

/// Gives the keys of `set` their serials before it is published. `before` is the set that readers
/// could use until now. Keys that are in both keep their serials, and all others get new ones.
pub(crate) fn succeed(before: Option<&Arc<KeySet>>, set: &mut Arc<KeySet>) {
    if before.is_some_and(|before| Arc::ptr_eq(before, set)) {
        return;
    }
    let before = before.map(|before| before.all()).unwrap_or_default();
    let known: HashMap<Identity<'_>, Serial> =
        before.iter().map(|key| (key.identity(), key.serial())).collect();
    for key in Arc::make_mut(set).all_mut() {
        let same = known.get(&key.identity()).copied();
        key.set_serial(same.unwrap_or_else(Serial::new));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::testing::{ED25519, P256, Signer, set};

    fn serials(set: &KeySet) -> Vec<Serial> {
        set.iter().map(super::super::Key::serial).collect()
    }

    fn after(before: Option<&Arc<KeySet>>, jwks: &[String]) -> Arc<KeySet> {
        let mut next = Arc::new(set(jwks));
        succeed(before, &mut next);
        next
    }

    #[test]
    fn the_same_keys_keep_theirs_in_any_order() {
        let (a, b) = (P256.jwk(r#""kid":"a""#), ED25519.jwk(r#""kid":"b""#));
        let first = after(None, &[a.clone(), b.clone()]);
        let second = after(Some(&first), &[b, a]);
        assert_eq!(serials(&first), serials(&second));
        assert_ne!(serials(&first)[0], serials(&first)[1]);
    }

    #[test]
    fn what_is_another_key_gets_another() {
        let other = Signer::new(crate::keys::Algorithm::ES256);
        let members = [
            P256.jwk(r#""kid":"a""#),
            P256.jwk(r#""kid":"b""#),
            P256.jwk(r#""kid":"a","alg":"ES256""#),
            P256.jwk(r#""kid":"a","issuer":"https://id.example.com""#),
            P256.jwk(""),
            other.jwk(r#""kid":"a""#),
        ];
        for (n, old) in members.iter().enumerate() {
            let first = after(None, std::slice::from_ref(old));
            for (m, new) in members.iter().enumerate() {
                let second = after(Some(&first), std::slice::from_ref(new));
                assert_eq!(serials(&first) == serials(&second), n == m, "{old} then {new}");
            }
        }
    }

    #[test]
    fn who_was_away_comes_back_as_another() {
        let jwks = [P256.jwk(r#""kid":"a""#)];
        let first = after(None, &jwks);
        let without = after(Some(&first), &[ED25519.jwk(r#""kid":"b""#)]);
        assert_ne!(serials(&first), serials(&after(Some(&without), &jwks)));
        let mut again = Arc::clone(&first);
        succeed(Some(&without), &mut again);
        assert_ne!(serials(&first), serials(&again), "the very set");
        assert_ne!(serials(&first), serials(&after(None, &jwks)));
    }
}

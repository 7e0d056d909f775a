//! Which keys of a new set are the same keys as before.

use std::collections::HashMap;
use std::sync::Arc;

use super::key::Identity;
use super::serial::Serial;
use super::set::KeySet;

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

//! What a token permits.

use std::fmt;

use crate::names::Names;

/// The scopes of a token: those of `scope` (RFC 8693, section 4.2), `scp` and `permissions`
/// together, each as a text with spaces or as an array of names.
///
/// A name in an array that has a space is none; what has another type is not read.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Scopes(Names<71>);

impl Scopes {
    /// Whether this scope is one of them. Nothing else implies it here: for that, ask
    /// [`Caller::has_scope`](crate::Caller::has_scope).
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// The scopes, in the order of the token.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each word of a text.
    pub(crate) fn push_text(&mut self, text: &str) {
        self.0.push(text);
    }

    /// One name of an array.
    pub(crate) fn push_name(&mut self, name: &str) {
        if !name.is_empty() && !name.contains(' ') {
            self.0.push(name);
        }
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scopes").field("count", &self.iter().count()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_must_be_whole() {
        let mut scopes = Scopes::default();
        scopes.push_text(" orders:read  openid ");
        scopes.push_name("a b");
        scopes.push_name("");
        assert_eq!(scopes.iter().collect::<Vec<_>>(), ["orders:read", "openid"]);
        for other in ["orders", "read", "orders:rea", "orders:reads", "", " ", "a", "a b"] {
            assert!(!scopes.contains(other), "{other:?}");
        }
        assert!(Scopes::default().is_empty() && !scopes.is_empty());
    }
}

//! Scopes that imply others.

use crate::Scopes;

/// Which scopes imply which, with all that follows from it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hierarchy(Vec<Implied>);

/// A scope, and all that imply it.
#[derive(Clone, Debug)]
struct Implied {
    scope: Box<str>,
    by: Vec<Box<str>>,
}

impl Hierarchy {
    /// From pairs of a scope and one that it implies. A circle makes its scopes imply each other.
    pub(crate) fn new(pairs: &[(Box<str>, Box<str>)]) -> Self {
        let mut all: Vec<Implied> = Vec::new();
        for (_, scope) in pairs {
            if all.iter().any(|it| it.scope == *scope) {
                continue;
            }
            let mut by: Vec<Box<str>> = Vec::new();
            let mut open = vec![scope];
            while let Some(reached) = open.pop() {
                for (above, below) in pairs {
                    if below == reached && above != scope && !by.contains(above) {
                        by.push(above.clone());
                        open.push(above);
                    }
                }
            }
            all.push(Implied { scope: scope.clone(), by });
        }
        Self(all)
    }

    /// Whether the token has the scope, or one that implies it.
    pub(crate) fn grants(&self, scopes: &Scopes, wanted: &str) -> bool {
        if scopes.contains(wanted) {
            return true;
        }
        let implied = self.0.iter().find(|it| *it.scope == *wanted);
        implied.is_some_and(|it| it.by.iter().any(|by| scopes.contains(by)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_is_granted_and_nothing_else() {
        let pairs =
            [("admin", "write"), ("write", "read"), ("audit", "read"), ("x", "y"), ("y", "x")];
        let pairs = pairs.map(|(above, below)| (above.into(), below.into()));
        let hierarchy = Hierarchy::new(&pairs);
        let grants = |has: &str, wanted: &str| {
            let mut scopes = Scopes::default();
            scopes.push_text(has);
            hierarchy.grants(&scopes, wanted)
        };
        for (has, wanted) in [
            ("admin", "read"),
            ("admin", "write"),
            ("admin", "admin"),
            ("write", "read"),
            ("audit", "read"),
            ("x", "y"),
            ("y", "x"),
        ] {
            assert!(grants(has, wanted), "{has} {wanted}");
        }
        for (has, wanted) in [
            ("read", "write"),
            ("audit", "write"),
            ("write", "admin"),
            ("", "read"),
            ("admin", "x"),
        ] {
            assert!(!grants(has, wanted), "{has} {wanted}");
        }
    }
}

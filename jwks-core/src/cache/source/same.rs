//! What two sources have in common.

use super::Source;

impl Source {
    /// The same place, called by the issuer of the other.
    pub(crate) fn shared_with(self, other: &Self) -> Self {
        Self { issuer: other.issuer.clone(), ..self }
    }

    /// Whether the other's keys are these, read in the same way. Headers are a function, and cannot be
    /// compared. What is allowed beyond the book is about tokens, or part of the place.
    pub(crate) fn is_same_place(&self, other: &Self) -> bool {
        let place = |source: &Self| Self {
            algorithms: None,
            headers: None,
            relaxations: Vec::new(),
            ..source.clone()
        };
        place(self) == place(other)
    }

    /// Whether the headers of its requests are made by the other's own function.
    pub(crate) fn has_headers_of(&self, other: &Self) -> bool {
        self.headers == other.headers
    }

    /// Whether the other allows the same beyond the book.
    pub(crate) fn has_relaxations_of(&self, other: &Self) -> bool {
        self.relaxations == other.relaxations
    }

    /// Whether all keys that the other makes ready are ready here too.
    pub(crate) fn makes_ready_for(&self, other: &Self) -> bool {
        match (&self.algorithms, &other.algorithms) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(ours), Some(theirs)) => theirs.iter().all(|one| ours.contains(one)),
        }
    }
}

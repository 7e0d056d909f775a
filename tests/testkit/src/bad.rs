//! Each way in which a token can be wrong.

mod claims;
mod form;
mod signature;

use std::fmt;

use crate::TestIssuer;

/// One token that no service may accept, and its name.
#[derive(Clone)]
pub struct BadToken {
    name: &'static str,
    row: &'static str,
    text: String,
}

impl BadToken {
    const fn new(row: &'static str, name: &'static str, text: String) -> Self {
        Self { name, row, text }
    }

    /// What is wrong with it, in a few words: fit for the name of a test.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The token.
    pub fn token(&self) -> &str {
        &self.text
    }

    /// Which row of [the table](crate::Audit) says what a service answers.
    pub const fn row(&self) -> &'static str {
        self.row
    }
}

impl TestIssuer {
    /// Each way in which a token of this issuer can be wrong: its form, its key and signature, its
    /// header, its claims. A service that accepts one of them has a hole.
    ///
    /// The tokens are of this moment and of the key that signs now; apart from its fault each one
    /// would be good. One fault needs a decision of the service: `bound to …` tokens have a `cnf`,
    /// and are bad for any service that does not check what they are bound to.
    ///
    /// ```
    /// use jwks_core::verify::Registered;
    /// use jwks_testkit::InMemory;
    ///
    /// let mut world = InMemory::new();
    /// let issuer = world.issuer("https://id.example.com");
    /// let verifier = world.verifier([issuer.configured()]);
    /// for bad in issuer.bad_tokens().iter().filter(|bad| !bad.name().starts_with("bound to")) {
    ///     assert!(verifier.try_verify::<Registered>(bad.token()).is_err(), "{}", bad.name());
    /// }
    /// ```
    pub fn bad_tokens(&self) -> Vec<BadToken> {
        let mut tokens = form::tokens(self);
        tokens.extend(signature::tokens(self));
        tokens.extend(claims::tokens(self));
        tokens
    }
}

/// Without the token, which is long; it is no secret.
impl fmt::Debug for BadToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BadToken")
            .field("name", &self.name)
            .field("row", &self.row)
            .finish_non_exhaustive()
    }
}

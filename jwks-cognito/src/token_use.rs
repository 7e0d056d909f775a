//! What a token is for.

use jwks_core::verify::Checked;

/// Which tokens pass, by their claim `token_use`. A refresh token never passes.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum TokenUse {
    /// Access tokens: they authorise a client to call an API.
    Access,
    /// Access tokens and ID tokens.
    #[default]
    Either,
    /// ID tokens: they tell an app who its user is.
    Id,
}

impl TokenUse {
    /// The use of a token: access or id. `None` for any other.
    pub(crate) fn of(token: &Checked<'_>) -> Option<Self> {
        match token.claim::<String>("token_use")?.as_str() {
            "access" => Some(Self::Access),
            "id" => Some(Self::Id),
            _ => None,
        }
    }

    /// Whether a token of this use passes.
    pub(crate) fn allows(self, token: Self) -> bool {
        self == Self::Either || self == token
    }
}

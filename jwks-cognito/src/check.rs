//! The demands on a token whose signature, times and issuer are valid.

use jwks_core::verify::Checked;
use serde::Deserialize;

use crate::{Refusal, TokenUse};

/// What one place demands: the settings of a pool, or a route.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Demands {
    pub(crate) token_use: TokenUse,
    pub(crate) clients: Clients,
    /// Any of these; if empty, no demand.
    pub(crate) groups: Vec<Box<str>>,
    /// Any of these; if empty, no demand.
    pub(crate) scopes: Vec<Box<str>>,
}

/// Which app clients' tokens pass. There is no default.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Clients {
    Any,
    OneOf(Vec<Box<str>>),
    #[default]
    Undecided,
}

impl Clients {
    /// One more; the first takes the place of `Any`.
    pub(crate) fn add(&mut self, id: Box<str>) {
        match self {
            Self::OneOf(ids) => ids.push(id),
            Self::Any | Self::Undecided => *self = Self::OneOf(vec![id]),
        }
    }
}

/// Whether a token passes the demands of several places. Reasons why the token is not for this
/// service are checked first, and missing rights last, so that the reported reason is the one that
/// matters.
pub(crate) fn check(
    token: &Checked<'_>,
    wanted: TokenUse,
    demands: [&Demands; 2],
) -> Result<(), Refusal> {
    let token_use = TokenUse::of(token).ok_or(Refusal::WrongTokenUse)?;
    let uses = demands.map(|demand| demand.token_use);
    if !wanted.allows(token_use) || !uses.iter().all(|allowed| allowed.allows(token_use)) {
        return Err(Refusal::WrongTokenUse);
    }
    // Only access tokens have scopes, so the reason is not the scope.
    if token_use == TokenUse::Id && demands.iter().any(|demand| !demand.scopes.is_empty()) {
        return Err(Refusal::WrongTokenUse);
    }
    let clients = || client_ids(token, token_use);
    let of_ours = demands.iter().all(|demand| match &demand.clients {
        Clients::Any => true,
        Clients::OneOf(ours) => any_of(ours, &clients()),
        // No settings can be built so.
        Clients::Undecided => false,
    });
    if !of_ours {
        return Err(Refusal::WrongClient);
    }
    let groups = || token.claim::<Vec<String>>("cognito:groups").unwrap_or_default();
    if !demands.iter().all(|demand| demand.groups.is_empty() || any_of(&demand.groups, &groups())) {
        return Err(Refusal::MissingGroup);
    }
    let scopes = || {
        let scope = token.claim::<String>("scope").unwrap_or_default();
        scope.split(' ').map(str::to_owned).collect::<Vec<_>>()
    };
    if !demands.iter().all(|demand| demand.scopes.is_empty() || any_of(&demand.scopes, &scopes())) {
        return Err(Refusal::MissingScope);
    }
    Ok(())
}

/// The app client of a token, by the claim that says so for its use
/// ([Verifying JSON web tokens](https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html)).
fn client_ids(token: &Checked<'_>, token_use: TokenUse) -> Vec<String> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        Many(Vec<String>),
        One(String),
    }

    let claim = if token_use == TokenUse::Id { "aud" } else { "client_id" };
    match token.claim(claim) {
        Some(OneOrMany::Many(ids)) if token_use == TokenUse::Id => ids,
        Some(OneOrMany::One(id)) => vec![id],
        Some(OneOrMany::Many(_)) | None => Vec::new(),
    }
}

/// An empty name is never had: a `scope` that is missing or blank splits into one.
fn any_of(ours: &[Box<str>], theirs: &[String]) -> bool {
    let has = |ours: &str| !ours.is_empty() && theirs.iter().any(|theirs| *ours == **theirs);
    ours.iter().any(|ours| has(ours))
}

//! The tokens, what is asked of each, and what must become of it.

use std::fmt;
use std::time::{Duration, SystemTime};

use jwks_cognito::{AccessClaims, CognitoCall, CognitoVerifier, IdClaims, Refusal};
use jwks_core::verify::{Error, ErrorKind};

use super::emulator::Emulated;

/// One token, and one question about it.
pub(super) struct Case {
    what: &'static str,
    token: String,
    wanted: Wanted,
    /// What the route demands.
    route: Route,
    expected: Verdict,
}

/// What a token is asked for as.
enum Wanted {
    Access,
    Id,
}

enum Route {
    Any,
    /// Two hours later; moto's tokens live for one, whatever the client's settings say.
    Later,
    Group(String),
    Scope(&'static str),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    Accepted,
    /// By the core.
    Invalid(ErrorKind),
    /// By what only Cognito's tokens have.
    Refused(Refusal),
}

/// What became of a token.
#[derive(Debug)]
pub(super) struct Answer {
    what: &'static str,
    expected: Verdict,
    verdict: Verdict,
    /// The reason, or what a token says that was accepted.
    detail: String,
}

/// All that is shown.
pub(super) fn cases(emulated: &Emulated) -> Vec<Case> {
    use ErrorKind::{Expired, Malformed, WrongIssuer};
    use Refusal::{MissingGroup, MissingScope, WrongClient, WrongTokenUse};

    let access = |what| Case::new(what, &emulated.access_token, Wanted::Access);
    let other = |what, token| Case::new(what, token, Wanted::Access);
    let group = |name: &str| Route::Group(name.to_owned());
    let id = |what, wanted| Case::new(what, &emulated.id_token, wanted);
    vec![
        access("access token"),
        id("ID token", Wanted::Id),
        access("access token, for its group").on(group(&emulated.group)),
        access("access token, for another group").on(group("admin")).refused(MissingGroup),
        access("access token, for another scope").on(Route::Scope("a/b")).refused(MissingScope),
        other("refresh token", &emulated.refresh_token).invalid(Malformed),
        other("access token of another pool, same kid", &emulated.other_pool).invalid(WrongIssuer),
        other("access token for another client", &emulated.other_client).refused(WrongClient),
        id("ID token, where access is wanted", Wanted::Access).refused(WrongTokenUse),
        Case::new("access token, where ID is wanted", &emulated.access_token, Wanted::Id)
            .refused(WrongTokenUse),
        access("access token, two hours later").on(Route::Later).invalid(Expired),
    ]
}

impl Case {
    /// Accepted, on a route that demands nothing.
    fn new(what: &'static str, token: &str, wanted: Wanted) -> Self {
        let token = token.to_owned();
        Self { what, token, wanted, route: Route::Any, expected: Verdict::Accepted }
    }

    fn on(self, route: Route) -> Self {
        Self { route, ..self }
    }

    fn invalid(self, kind: ErrorKind) -> Self {
        Self { expected: Verdict::Invalid(kind), ..self }
    }

    fn refused(self, refusal: Refusal) -> Self {
        Self { expected: Verdict::Refused(refusal), ..self }
    }
}

pub(super) async fn answer_all(verifier: &CognitoVerifier, cases: Vec<Case>) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(cases.len());
    for case in cases {
        answers.push(answer(verifier, case).await);
    }
    answers
}

async fn answer(verifier: &CognitoVerifier, case: Case) -> Answer {
    let Case { what, token, wanted, route, expected } = case;
    let call = route.call(verifier);
    let accepted = match wanted {
        Wanted::Access => call.verify::<AccessClaims>(&token).await.map(|verified| {
            let claims = verified.claims();
            let (groups, scopes) = (claims.groups.len(), claims.scopes().count());
            format!("{}, groups: {groups}, scopes: {scopes}", verified.algorithm())
        }),
        Wanted::Id => call.verify::<IdClaims>(&token).await.map(|verified| {
            format!("{}, groups: {}", verified.algorithm(), verified.claims().groups.len())
        }),
    };
    let verdict = accepted.as_ref().map_or_else(Verdict::of, |_| Verdict::Accepted);
    let detail = accepted.unwrap_or_else(|error| {
        let status = error.status_code().as_u16();
        format!("{status}, {:#}", anyhow::Error::from(error))
    });
    Answer { what, expected, verdict, detail }
}

impl Route {
    fn call(self, verifier: &CognitoVerifier) -> CognitoCall {
        let call = verifier.call();
        match self {
            Self::Any => call,
            Self::Later => call.at(SystemTime::now() + Duration::from_secs(2 * 60 * 60)),
            Self::Group(group) => call.group(group),
            Self::Scope(scope) => call.scope(scope),
        }
    }
}

impl Verdict {
    fn of(error: &Error) -> Self {
        Refusal::of(error).map_or_else(|| Self::Invalid(error.kind()), Self::Refused)
    }
}

impl Answer {
    pub(super) fn is_as_expected(&self) -> bool {
        self.verdict == self.expected
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.is_as_expected() { "ok" } else { "WRONG" };
        let word = if self.verdict == Verdict::Accepted { "accepted" } else { "refused" };
        write!(f, "{mark:<5}  {word:<8}  {:<38}  {}", self.what, self.detail)?;
        if self.is_as_expected() {
            return Ok(());
        }
        write!(f, "; expected {:?}", self.expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(verdict: Verdict) -> Answer {
        let expected = Verdict::Refused(Refusal::WrongClient);
        Answer { what: "a token", expected, verdict, detail: "because".to_owned() }
    }

    #[test]
    fn an_answer_for_another_reason_is_wrong() {
        let right = answer(Verdict::Refused(Refusal::WrongClient));
        assert!(right.is_as_expected());
        assert!(right.to_string().starts_with("ok     refused   a token "), "{right}");
        for verdict in [
            Verdict::Accepted,
            Verdict::Refused(Refusal::MissingGroup),
            Verdict::Invalid(ErrorKind::Expired),
        ] {
            let wrong = answer(verdict);
            assert!(!wrong.is_as_expected());
            assert!(wrong.to_string().starts_with("WRONG"), "{wrong}");
            assert!(
                wrong.to_string().ends_with("because; expected Refused(WrongClient)"),
                "{wrong}"
            );
        }
    }
}

//! The tokens, what is asked of each, and what must become of it.

use std::fmt;
use std::time::{Duration, SystemTime};

use jwks_cognito::{AccessClaims, CognitoCall, CognitoVerifier, IdClaims, Refusal, status_code};
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
    use Verdict::{Accepted, Invalid, Refused};

    let case = |what, token: &str, wanted, route, expected| Case {
        what,
        token: token.to_owned(),
        wanted,
        route,
        expected,
    };
    let (access, id) = (emulated.access_token.as_str(), emulated.id_token.as_str());
    let group = Route::Group;
    let ours = || emulated.group.clone();
    let others = || "admin".to_owned();
    vec![
        case("access token", access, Wanted::Access, Route::Any, Accepted),
        case("ID token", id, Wanted::Id, Route::Any, Accepted),
        case(
            "access token, on a route for its group",
            access,
            Wanted::Access,
            group(ours()),
            Accepted,
        ),
        case(
            "access token, on a route for another group",
            access,
            Wanted::Access,
            group(others()),
            Refused(Refusal::MissingGroup),
        ),
        case(
            "access token, on a route for another scope",
            access,
            Wanted::Access,
            Route::Scope("orders/write"),
            Refused(Refusal::MissingScope),
        ),
        case(
            "refresh token",
            &emulated.refresh_token,
            Wanted::Access,
            Route::Any,
            Invalid(ErrorKind::Malformed),
        ),
        case(
            "access token of another pool, same kid",
            &emulated.other_pool,
            Wanted::Access,
            Route::Any,
            Invalid(ErrorKind::WrongIssuer),
        ),
        case(
            "access token for another client",
            &emulated.other_client,
            Wanted::Access,
            Route::Any,
            Refused(Refusal::WrongClient),
        ),
        case(
            "ID token, where one for access is wanted",
            id,
            Wanted::Access,
            Route::Any,
            Refused(Refusal::WrongTokenUse),
        ),
        case(
            "access token, where an ID token is wanted",
            access,
            Wanted::Id,
            Route::Any,
            Refused(Refusal::WrongTokenUse),
        ),
        case(
            "access token, two hours later",
            access,
            Wanted::Access,
            Route::Later,
            Invalid(ErrorKind::Expired),
        ),
    ]
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
            let scopes = claims.scopes().count();
            format!("{}, {} groups, {scopes} scopes", verified.algorithm(), claims.groups.len())
        }),
        Wanted::Id => call.verify::<IdClaims>(&token).await.map(|verified| {
            format!("{}, {} groups", verified.algorithm(), verified.claims().groups.len())
        }),
    };
    let verdict = accepted.as_ref().map_or_else(Verdict::of, |_| Verdict::Accepted);
    let detail = accepted.unwrap_or_else(|error| {
        let status = status_code(&error);
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
        write!(f, "{mark:<5}  {word:<8}  {:<43}  {}", self.what, self.detail)?;
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

//! A guard by hand, as a service would write it, with one fault at most.

use std::{cell::RefCell, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use jwks_core::{
    refresh::Policy,
    verify::{Error, ErrorKind, Issuer, Verifier},
};
use jwks_testkit::{InMemory, TestIssuer};
use serde_json::Value;

use crate::answers::{forbidden, invalid_request, refused, unavailable};

/// What is planted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    AcceptsBound,
    AcceptsDpop,
    AcceptsHmac,
    AcceptsNone,
    AcceptsQuery,
    AcceptsTwoHeaders,
    AnyAudience,
    BasicIsInvalid,
    CaseOfScheme,
    ChallengeOn503,
    Cacheable,
    DescribesReason,
    EchoesToken,
    ErrorWithoutToken,
    ExpiryUnnamed,
    FetchesForEachKid,
    InvalidRequestIs401,
    MalformedIs500,
    MissingComma,
    NoChallenge,
    NoErrorCode,
    NoMetadata,
    NoParameter,
    NoRetryAfter,
    NoRotation,
    OpenOptions,
    OptionalLetsBadPass,
    OptionalRefusesNobody,
    OutageIs401,
    PreflightRefused,
    RetryAfterDate,
    ScopeAbsentPasses,
    ScopeIs401,
    ScopePrefix,
    ScopeUnnamed,
    TwoChallenges,
}

pub(crate) const SCOPE: &str = "orders:read";
pub(crate) const METADATA: &str = "https://api.example.com/.well-known/oauth-protected-resource";

pub(crate) struct Guard {
    pub(crate) fault: Option<Fault>,
    issuer: TestIssuer,
    pub(crate) optional: bool,
    verifier: Verifier,
    world: RefCell<InMemory>,
}

impl Guard {
    pub(crate) fn new(issuer: &TestIssuer, fault: Option<Fault>, optional: bool) -> Self {
        let mut world = InMemory::new();
        world.connect(issuer);
        let policy = match fault {
            Some(Fault::FetchesForEachKid) => Policy::builder()
                .unknown_kid_burst(1000)
                .unknown_kid_cooldown(Duration::from_millis(1)),
            _ => Policy::builder(),
        };
        let configured = match fault {
            Some(Fault::AnyAudience) => {
                Issuer::new(issuer.iss()).jwks_uri(issuer.url()).any_audience()
            }
            _ => issuer.configured(),
        };
        let verifier = world.verifier([configured.policy(policy.build().unwrap())]);
        Self { fault, issuer: issuer.clone(), optional, verifier, world: RefCell::new(world) }
    }

    /// One that has never had keys, and gets none.
    pub(crate) fn stopped(issuer: &TestIssuer) -> Self {
        issuer.go_down();
        let guard = Self::new(issuer, None, false);
        guard.world.borrow_mut().stop();
        guard
    }

    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    pub(crate) fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        if request.method() == Method::OPTIONS {
            let preflight = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
            if (preflight && !self.has(Fault::PreflightRefused)) || self.has(Fault::OpenOptions) {
                return Response::default();
            }
        }
        let headers: Vec<_> = request.headers().get_all(header::AUTHORIZATION).iter().collect();
        let token = match headers[..] {
            [] => match self.query(request) {
                Some(token) => token,
                None if self.optional && !self.has(Fault::OptionalRefusesNobody) => {
                    return anonymous();
                }
                None => return refused(self, None, None),
            },
            [_, _, ..] if !self.has(Fault::AcceptsTwoHeaders) => return invalid_request(self),
            [value, ..] => match self.credential(value) {
                Ok(token) => token,
                Err(answer) => return *answer,
            },
        };
        self.judge(&token)
    }

    /// The token, or what is answered to another credential.
    fn credential(&self, value: &HeaderValue) -> Result<String, Box<Response<Bytes>>> {
        let Ok(text) = value.to_str() else { return Err(Box::new(invalid_request(self))) };
        let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
        let is = |name: &str| match self.fault {
            Some(Fault::CaseOfScheme) => scheme == name,
            _ => scheme.eq_ignore_ascii_case(name),
        };
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if is("DPoP") {
            let token = self.has(Fault::AcceptsDpop).then(|| rest.to_owned());
            return token.ok_or_else(|| Box::new(refused(self, Some("invalid_token"), None)));
        }
        if !is("Bearer") {
            let error = self.has(Fault::BasicIsInvalid).then_some("invalid_token");
            return Err(Box::new(refused(self, error, None)));
        }
        if rest.is_empty() || !rest.bytes().all(is_token) {
            return Err(Box::new(invalid_request(self)));
        }
        Ok(rest.to_owned())
    }

    fn query(&self, request: &Request<Bytes>) -> Option<String> {
        let query = request.uri().query().filter(|_| self.has(Fault::AcceptsQuery))?;
        query.strip_prefix("access_token=").map(str::to_owned)
    }

    fn judge(&self, token: &str) -> Response<Bytes> {
        if self.is_hole(token) {
            return Response::default();
        }
        let budget = Duration::from_millis(200);
        let call = self.verifier.verify_within::<Value>(token, budget);
        let verdict = if self.has(Fault::NoRotation) {
            self.verifier.try_verify(token)
        } else {
            self.world.borrow_mut().block_on(call)
        };
        match verdict {
            Ok(verified) => self.may_come_in(verified.claims()),
            Err(_) if self.optional && self.has(Fault::OptionalLetsBadPass) => anonymous(),
            Err(error) => self.refusal(token, &error),
        }
    }

    fn may_come_in(&self, claims: &Value) -> Response<Bytes> {
        if claims.get("cnf").is_some() && !self.has(Fault::AcceptsBound) {
            return refused(self, Some("invalid_token"), None);
        }
        let scope = claims["scope"].as_str();
        let fits = |held: &str| match self.fault {
            Some(Fault::ScopePrefix) => held.starts_with(SCOPE),
            _ => held == SCOPE,
        };
        let passes = match scope {
            None => self.has(Fault::ScopeAbsentPasses),
            Some(scope) => scope.split(' ').any(fits),
        };
        if passes { Response::default() } else { forbidden(self) }
    }

    fn refusal(&self, token: &str, error: &Error) -> Response<Bytes> {
        let now = self.world.borrow().clock().now();
        let seconds = error
            .retry_at()
            .map_or(1, |at| at.duration_since(now).unwrap_or_default().as_secs().max(1));
        if error.is_caller_fault() || self.has(Fault::OutageIs401) {
            if self.has(Fault::MalformedIs500) && error.kind() == ErrorKind::Malformed {
                return Response::builder().status(500).body(Bytes::new()).unwrap();
            }
            let expired = error.kind() == ErrorKind::Expired && !self.has(Fault::ExpiryUnnamed);
            let description = expired.then(|| "The access token expired".to_owned());
            let said = self.has(Fault::DescribesReason).then(|| error.to_string());
            let mut answer = refused(self, Some("invalid_token"), said.or(description).as_deref());
            let told = !self.has(Fault::NoRetryAfter) && !self.has(Fault::NoRotation);
            if error.is_undecided() && told {
                answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            if self.has(Fault::EchoesToken) {
                *answer.body_mut() = format!("cannot accept {token}").into();
            }
            return answer;
        }
        unavailable(self, (error.kind() != ErrorKind::Stopped).then_some(seconds))
    }

    /// What a broken verifier lets in.
    fn is_hole(&self, token: &str) -> bool {
        let header = |token: &str| token.split('.').next().unwrap_or_default().to_owned();
        let same = |name: &str| {
            let bad = self.issuer.bad_tokens();
            let hole = bad.iter().find(|bad| bad.name() == name).expect("a name");
            header(hole.token()) == header(token)
        };
        match self.fault {
            Some(Fault::AcceptsNone) => same("alg none, no signature"),
            Some(Fault::AcceptsHmac) => same("HS256 with the public key as PEM"),
            _ => false,
        }
    }
}

fn anonymous() -> Response<Bytes> {
    Response::builder().header(header::VARY, "Authorization").body(Bytes::new()).unwrap()
}

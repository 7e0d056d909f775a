//! Whether an answer is as the table says.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header};

use super::{Audit, Deviation, Outcome, Trailers};
use crate::{Challenge, TestIssuer};

/// What is to be answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Answer {
    /// Without a caller.
    Anonymous,
    Challenge {
        status: u16,
        error: Option<&'static str>,
        scope: bool,
    },
    /// Not for the guard to judge.
    LetThrough,
    Pass,
    /// Or be told when.
    PassSoon,
    /// A refusal that may be another one soon.
    Undecided,
    Unavailable {
        retry: bool,
    },
}

const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// What it takes for `invalid_token`.
pub(super) const INVALID: Answer =
    Answer::Challenge { status: 401, error: Some("invalid_token"), scope: false };

/// No credential that counts.
pub(super) const NOTHING: Answer = Answer::Challenge { status: 401, error: None, scope: false };

/// One answer, and what is found in it.
pub(super) struct Judge<'a> {
    audit: &'a Audit,
    found: Vec<(bool, String)>,
    response: &'a Response<Bytes>,
}

impl Audit {
    /// What came of one case. `secrets` are texts that no refusal may show.
    pub(super) fn judge(
        &self,
        row: &'static str,
        case: &str,
        expected: Answer,
        response: &Response<Bytes>,
        secrets: &[String],
    ) -> Outcome {
        let mut judge = Judge { audit: self, found: Vec::new(), response };
        if self.grpc {
            judge.grpc(expected);
        } else {
            judge.http(expected);
        }
        let looked_at = !matches!(expected, Answer::LetThrough);
        if looked_at && !self.passed(response) {
            judge.shows_none_of(secrets);
        }
        let deviation = |(is_fault, what)| Deviation { case: case.to_owned(), is_fault, row, what };
        let deviations = judge.found.into_iter().map(deviation).collect();
        Outcome { case: case.to_owned(), deviations, row, seen: self.seen(response) }
    }

    /// An answer in short.
    fn seen(&self, response: &Response<Bytes>) -> String {
        let mut seen = response.status().as_u16().to_string();
        if self.grpc {
            let status = grpc_status(response);
            seen.push_str(&format!(", grpc-status {}", status.unwrap_or("absent")));
        }
        for value in response.headers().get_all(header::WWW_AUTHENTICATE) {
            let text = String::from_utf8_lossy(value.as_bytes());
            seen.push_str(&format!(", {}", shortened(&text)));
        }
        if let Some(after) = response.headers().get(header::RETRY_AFTER) {
            seen.push_str(&format!(", Retry-After {}", String::from_utf8_lossy(after.as_bytes())));
        }
        seen
    }

    /// Whether the request has reached the service behind the guard.
    pub(super) fn passed(&self, response: &Response<Bytes>) -> bool {
        let grpc = || grpc_status(response).is_none_or(|status| status == "0");
        response.status().is_success() && (!self.grpc || grpc())
    }
}

impl Judge<'_> {
    fn http(&mut self, expected: Answer) {
        let status = self.response.status();
        match expected {
            Answer::Pass if !status.is_success() => self.fault("a good token is refused"),
            Answer::Pass => {}
            Answer::PassSoon if status.is_success() => {}
            Answer::PassSoon if self.response.headers().contains_key(header::RETRY_AFTER) => {}
            Answer::PassSoon => self.fault("a good token is refused, and not told to come again"),
            Answer::Anonymous if !status.is_success() => {
                self.fault("a request without a credential is refused, although one is optional");
            }
            Answer::Anonymous => {
                if !has(self.response.headers(), header::VARY, "authorization") {
                    self.poor("`Vary: Authorization` is missing: a cache may mix callers up");
                }
            }
            Answer::LetThrough => {
                if matches!(status.as_u16(), 400 | 401 | 403 | 503) {
                    self.fault("a preflight is judged: browsers cannot call the route");
                }
            }
            Answer::Challenge { status, error, scope } => {
                if self.has_status(status) {
                    self.challenge(error, scope);
                }
                self.no_store();
            }
            Answer::Undecided => {
                if self.has_status(401) {
                    self.challenge(Some("invalid_token"), false);
                    self.retry_after("the token may be good soon");
                }
                self.no_store();
            }
            Answer::Unavailable { retry } => {
                if self.has_status(503) {
                    if self.response.headers().contains_key(header::WWW_AUTHENTICATE) {
                        self.fault("a challenge makes clients throw good tokens away");
                    }
                    if retry {
                        self.retry_after("keys are fetched again soon");
                    } else if self.response.headers().contains_key(header::RETRY_AFTER) {
                        self.poor("`Retry-After` promises what will not come");
                    }
                }
                self.no_store();
            }
        }
    }

    fn grpc(&mut self, expected: Answer) {
        let (code, retry) = match expected {
            Answer::PassSoon if self.response.headers().contains_key(PUSHBACK) => return,
            Answer::Pass | Answer::PassSoon | Answer::Anonymous | Answer::LetThrough => {
                if !self.audit.passed(self.response) {
                    self.fault("a good call is refused");
                }
                return;
            }
            Answer::Challenge { status: 403, .. } => ("7", false),
            Answer::Challenge { .. } => ("16", false),
            Answer::Undecided => ("16", true),
            Answer::Unavailable { retry } => ("14", retry),
        };
        if self.audit.passed(self.response) {
            return self.fault("it is let in");
        }
        if self.response.status() != StatusCode::OK {
            return self.fault("the status of HTTP is not 200");
        }
        match self.response.headers().get("grpc-status") {
            None => {
                self.fault("`grpc-status` is not among the headers of an answer of trailers only")
            }
            Some(status) if status != code => {
                self.fault(&format!("`grpc-status` is not {code}"));
            }
            Some(_) => {}
        }
        if !self.response.body().is_empty() {
            self.fault("an answer of trailers only has a body");
        }
        let content_type = self.response.headers().get(header::CONTENT_TYPE);
        if !content_type.is_some_and(|it| it.as_bytes().starts_with(b"application/grpc")) {
            self.fault("`content-type` is not that of gRPC");
        }
        let pushback = self.response.headers().get(PUSHBACK);
        match (retry, pushback.map(|it| it.to_str().unwrap_or_default().parse::<u32>())) {
            (true, None) => self.poor("`grpc-retry-pushback-ms` is missing"),
            (_, Some(Err(_))) => self.fault("`grpc-retry-pushback-ms` is no number"),
            _ => {}
        }
    }

    fn has_status(&mut self, expected: u16) -> bool {
        let status = self.response.status();
        if status.is_success() {
            self.fault("it is let in");
        } else if status.as_u16() == expected {
            return true;
        } else if expected == 503 && status == StatusCode::UNAUTHORIZED {
            self.fault("an outage of the keys is told as the caller's fault (401, not 503)");
        } else {
            self.fault(&format!("the status is {}, not {expected}", status.as_u16()));
        }
        false
    }

    fn challenge(&mut self, error: Option<&str>, scope: bool) {
        let challenges = match Challenge::of(self.response.headers()) {
            Ok(challenges) => challenges,
            Err(error) => return self.fault(&format!("`WWW-Authenticate` is malformed: {error}")),
        };
        let bearers: Vec<_> = challenges.iter().filter(|it| it.is("Bearer")).collect();
        let bearer = match bearers[..] {
            [] if challenges.is_empty() => return self.fault("`WWW-Authenticate` is missing"),
            [] => return self.fault("no challenge is for Bearer"),
            [bearer] => bearer,
            _ => return self.fault("there is more than one challenge for Bearer"),
        };
        if let Err(error) = bearer.check_oauth() {
            self.fault(&format!("the challenge breaks a rule: {error}"));
        }
        match (error, bearer.param("error")) {
            (None, Some(_)) => self.poor("an error code, although no token was presented"),
            (Some(expected), None) => self.poor(&format!("`error=\"{expected}\"` is missing")),
            (Some(expected), Some(error)) if error != expected => {
                self.fault(&format!("the error code is not `{expected}`"));
            }
            _ => {}
        }
        if scope {
            let named: Vec<_> = bearer.param("scope").unwrap_or_default().split(' ').collect();
            if !self.audit.scopes.iter().all(|scope| named.contains(&scope.as_str())) {
                self.poor("the challenge does not name every scope that the route needs");
            }
        }
        let metadata = self.audit.metadata.as_deref();
        if metadata.is_some() && bearer.param("resource_metadata") != metadata {
            self.fault("`resource_metadata` is missing, or another URL");
        }
    }

    /// That expiry is named: the one fault that a caller can mend without being told more.
    pub(super) fn describes_expiry(response: &Response<Bytes>) -> bool {
        let challenges = Challenge::of(response.headers()).unwrap_or_default();
        challenges
            .iter()
            .any(|it| it.param("error_description").is_some_and(|text| text.contains("expired")))
    }

    fn retry_after(&mut self, why: &str) {
        match self.response.headers().get(header::RETRY_AFTER) {
            None => self.poor(&format!("`Retry-After` is missing: {why}")),
            Some(value) => {
                let seconds = value.to_str().unwrap_or_default().parse::<u32>();
                if !seconds.is_ok_and(|seconds| seconds > 0) {
                    self.fault("`Retry-After` is not a number of seconds, at least 1");
                }
            }
        }
    }

    fn no_store(&mut self) {
        let stored = !has(self.response.headers(), header::CACHE_CONTROL, "no-store");
        if stored && !self.response.status().is_success() {
            self.poor("`Cache-Control: no-store` is missing");
        }
    }

    fn shows_none_of(&mut self, secrets: &[String]) {
        let headers = self.response.headers().values().map(http::HeaderValue::as_bytes);
        let texts = headers.chain([self.response.body().as_ref()]);
        let mut texts = texts.map(String::from_utf8_lossy);
        if texts.any(|text| secrets.iter().any(|secret| text.contains(secret.as_str()))) {
            self.fault("the answer shows a part of the token");
        }
    }

    fn fault(&mut self, what: &str) {
        self.found.push((true, what.to_owned()));
    }

    fn poor(&mut self, what: &str) {
        self.found.push((false, what.to_owned()));
    }
}

/// What no refusal may show of this token: its parts, its kid, the subject of the audit's tokens.
pub(super) fn secrets(issuer: &TestIssuer, token: &str) -> Vec<String> {
    let parts = token.split('.').filter(|part| part.len() > 12).map(str::to_owned);
    let kid = issuer.signer().kid().to_owned();
    parts
        .chain([kid, super::cases::SUBJECT.to_owned(), super::cases::STRANGER.to_owned()])
        .collect()
}

fn grpc_status(response: &Response<Bytes>) -> Option<&str> {
    let trailers = response.extensions().get::<Trailers>().map(Trailers::fields);
    let maps = [Some(response.headers()), trailers];
    maps.into_iter().flatten().find_map(|map| map.get("grpc-status")?.to_str().ok())
}

fn has(headers: &HeaderMap, name: header::HeaderName, element: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    let mut elements = values.flat_map(|value| value.split(','));
    elements.any(|it| it.trim().eq_ignore_ascii_case(element))
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 120 {
        text.to_owned()
    } else {
        text.chars().take(119).chain(['…']).collect()
    }
}

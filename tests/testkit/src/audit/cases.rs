//! The requests, and what each is to be answered.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};

use super::{
    Audit,
    judge::{Answer, INVALID, NOTHING},
};
use crate::{TestIssuer, TokenBuilder};

/// The `sub` of all tokens, which no refusal may show.
pub(super) const SUBJECT: &str = "subject-of-the-audit";

/// The `kid` of keys that nobody publishes.
pub(super) const STRANGER: &str = "kid-that-nobody-publishes";

/// One request.
pub(super) struct Case {
    pub(super) expected: Answer,
    pub(super) name: String,
    pub(super) request: Request<Bytes>,
    pub(super) row: &'static str,
    /// What was presented.
    pub(super) token: String,
}

impl Audit {
    /// What a healthy service is asked, in this order.
    pub(super) fn cases(&self, issuer: &TestIssuer) -> Vec<Case> {
        let mut cases = self.good(issuer);
        cases.extend(self.credentials(issuer));
        for bad in issuer.bad_tokens().into_iter().filter(|bad| bad.row() != "7") {
            cases.push(self.case(bad.row(), bad.name(), INVALID, bad.token()));
        }
        cases.extend(self.permissions(issuer));
        if !self.grpc {
            cases.extend(self.options());
        }
        cases
    }

    /// A good token, as this route wants it.
    pub(super) fn dress(&self, token: TokenBuilder) -> TokenBuilder {
        let token = token.subject(SUBJECT);
        let scopes = self.scopes.iter().map(String::as_str);
        let token = if self.scopes.is_empty() { token } else { token.scopes(scopes) };
        self.like.as_ref().map_or_else(|| token.clone(), |like| like(token.clone()))
    }

    /// A token in `Authorization: Bearer`.
    pub(super) fn case(
        &self,
        row: &'static str,
        name: &str,
        expected: Answer,
        token: &str,
    ) -> Case {
        self.with_credential(row, name, expected, &format!("Bearer {token}"), token)
    }

    fn with_credential(
        &self,
        row: &'static str,
        name: &str,
        expected: Answer,
        credential: &str,
        token: &str,
    ) -> Case {
        let mut request = self.request();
        let credential = HeaderValue::from_bytes(credential.as_bytes()).expect("a header's value");
        request.headers_mut().insert(header::AUTHORIZATION, credential);
        Case { expected, name: name.to_owned(), request, row, token: token.to_owned() }
    }

    fn without(&self, row: &'static str, name: &str, expected: Answer) -> Case {
        let request = self.request();
        Case { expected, name: name.to_owned(), request, row, token: String::new() }
    }

    fn request(&self) -> Request<Bytes> {
        let mut request = Request::new(self.body.clone());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.path.parse().expect("the path of a URL");
        *request.headers_mut() = self.headers.clone();
        request
    }

    fn good(&self, issuer: &TestIssuer) -> Vec<Case> {
        let good = issuer.token().sign();
        let scheme = |name: &str, scheme: &str| {
            self.with_credential("0", name, Answer::Pass, &format!("{scheme} {good}"), &good)
        };
        vec![
            self.case("0", "a good token", Answer::Pass, &good),
            scheme("a good token after `bearer`", "bearer"),
            scheme("a good token after `BEARER`", "BEARER"),
        ]
    }

    /// Rows 1, 2, 3, 19, 20.
    fn credentials(&self, issuer: &TestIssuer) -> Vec<Case> {
        let good = issuer.token().sign();
        let request_error =
            Answer::Challenge { status: 400, error: Some("invalid_request"), scope: false };
        let wrong =
            |name: &str, text: &str| self.with_credential("3", name, request_error, text, &good);
        let mut cases = vec![
            wrong("Bearer, and no token", "Bearer"),
            wrong("Bearer, and a second word", &format!("Bearer {good} {good}")),
            wrong("Bearer, and a character that no token has", &format!("Bearer {good},")),
            wrong("Bearer, and a character beyond ASCII", &format!("Bearer {good}\u{f6}")),
            self.with_credential("19", "DPoP", INVALID, &format!("DPoP {good}"), &good),
        ];
        let mut twice = self.case("3", "two headers, the same good token", request_error, &good);
        let same = twice.request.headers()[header::AUTHORIZATION].clone();
        twice.request.headers_mut().append(header::AUTHORIZATION, same);
        cases.push(twice);
        if self.optional {
            cases.push(self.without("20", "no credential", Answer::Anonymous));
        } else {
            cases.push(self.without("1", "no credential", NOTHING));
            let mut query = self.without("1", "a good token in the query", NOTHING);
            let joint = if self.path.contains('?') { '&' } else { '?' };
            let path = format!("{}{joint}access_token={good}", self.path);
            *query.request.uri_mut() = path.parse().expect("the path of a URL");
            cases.push(Case { token: good.clone(), ..query });
            let other =
                |name: &str, text: &str| self.with_credential("2", name, NOTHING, text, &good);
            cases.push(other("Basic", "Basic dXNlcjpwYXNzd29yZA=="));
            cases.push(other("another scheme, and a good token", &format!("Token {good}")));
            cases.push(other("no scheme, and a good token", &good));
        }
        cases
    }

    /// Rows 11, 12, 13.
    fn permissions(&self, issuer: &TestIssuer) -> Vec<Case> {
        let mut cases = Vec::new();
        let missing =
            Answer::Challenge { status: 403, error: Some("insufficient_scope"), scope: true };
        let mut lacks = |name: &str, token: TokenBuilder| {
            cases.push(self.case("11", name, missing, &token.sign()));
        };
        if let Some((first, rest)) = self.scopes.split_first() {
            lacks("no scope at all", issuer.token().without("scope"));
            lacks("an empty scope", issuer.token().claim("scope", ""));
            let rest: Vec<_> = rest.iter().map(String::as_str).collect();
            let instead = |scope: &str| {
                let scopes = rest.iter().copied().chain([scope]);
                issuer.token().scopes(scopes)
            };
            lacks("another scope in place of one", instead("another:scope"));
            lacks("the beginning of a scope", instead(&first[..first.len() - 1]));
            lacks("a scope and more", instead(&format!("{first}x")));
            lacks("a scope in other letters", instead(&swapped(first)));
        }
        let forbidden =
            Answer::Challenge { status: 403, error: Some("insufficient_scope"), scope: false };
        for (name, change) in &self.forbidden {
            let token = change(issuer.token()).sign();
            cases.push(self.case("12", name, forbidden, &token));
        }
        let error = Some("insufficient_user_authentication");
        let step_up = Answer::Challenge { status: 401, error, scope: false };
        for (name, change) in &self.step_up {
            let token = change(issuer.token()).sign();
            cases.push(self.case("13", name, step_up, &token));
        }
        cases
    }

    /// Row 22.
    fn options(&self) -> Vec<Case> {
        let mut preflight = self.without("22", "a preflight", Answer::LetThrough);
        *preflight.request.method_mut() = Method::OPTIONS;
        let headers = preflight.request.headers_mut();
        headers.insert(header::ORIGIN, HeaderValue::from_static("https://app.example.com"));
        let method = HeaderValue::from_str(self.method.as_str()).expect("a method is a text");
        headers.insert(header::ACCESS_CONTROL_REQUEST_METHOD, method);
        if self.optional {
            return vec![preflight];
        }
        let mut plain = self.without("22", "OPTIONS that is no preflight", NOTHING);
        *plain.request.method_mut() = Method::OPTIONS;
        vec![preflight, plain]
    }
}

/// Small letters for capitals, and capitals for small letters.
fn swapped(text: &str) -> String {
    let swap = |c: char| {
        if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
    };
    text.chars().map(swap).collect()
}

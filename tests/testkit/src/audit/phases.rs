//! What happens to the issuer meanwhile.

use std::ops::Deref;

use bytes::Bytes;
use http::{Request, Response};

use super::{
    Audit, Outcome, Report,
    cases::{Case, STRANGER},
    judge::{Answer, INVALID, Judge, secrets},
};
use crate::{DOCUMENT_PATH, Reply, Signer, TestIssuer};

/// So many tokens of unknown keys are sent before it is said that each one causes a request.
const FLOOD: usize = 20;

impl Audit {
    pub(super) async fn phases<I, S>(
        &self,
        start: impl Fn(Signer) -> I,
        service: &impl AsyncFn(TestIssuer) -> S,
    ) -> Report
    where
        I: Deref<Target = TestIssuer>,
        S: AsyncFn(Request<Bytes>) -> Response<Bytes>,
    {
        let mut report = Report::default();
        let issuer = self.prepared(&start);
        let app = service(TestIssuer::clone(&issuer)).await;
        self.healthy(&issuer, &app, &mut report).await;

        let issuer = self.prepared(&start);
        let app = service(TestIssuer::clone(&issuer)).await;
        let held = issuer.signer();
        self.rotation(&issuer, &app, &mut report).await;
        issuer.sign_with(&held);
        self.flood(&issuer, &app, &mut report).await;

        let issuer = self.prepared(&start);
        let app = service(TestIssuer::clone(&issuer)).await;
        self.outage(&issuer, &app, &mut report).await;

        let issuer = self.prepared(&start);
        fail(&issuer);
        let app = service(TestIssuer::clone(&issuer)).await;
        self.no_keys("no keys: the issuer answers 500", &issuer, &app, &mut report).await;

        let issuer = self.prepared(&start);
        issuer.go_down();
        let app = service(TestIssuer::clone(&issuer)).await;
        self.no_keys("no keys: nobody listens", &issuer, &app, &mut report).await;
        report
    }

    pub(super) async fn stopped<S>(&self, service: &impl AsyncFn(TestIssuer) -> S) -> Report
    where
        S: AsyncFn(Request<Bytes>) -> Response<Bytes>,
    {
        let mut report = Report::default();
        let clock = crate::Clock::system();
        let issuer = |key| Box::new(TestIssuer::with("https://audit.test", key, clock.clone()));
        let issuer = self.prepared(&issuer);
        let app = service(TestIssuer::clone(&issuer)).await;
        let expected = Answer::Unavailable { retry: false };
        let token = issuer.token().sign();
        self.play(
            self.case("10", "nobody fetches keys", expected, &token),
            &issuer,
            &app,
            &mut report,
        )
        .await;
        report
    }

    /// An issuer whose tokens pass this route.
    fn prepared<I: Deref<Target = TestIssuer>>(&self, start: &impl Fn(Signer) -> I) -> I {
        let key = self.algorithm.clone().unwrap_or_else(|| Signer::es256("kid-of-the-audit"));
        let issuer = start(key);
        issuer.set_audience(&self.audience);
        let audit = self.clone();
        issuer.tokens_like(move |token| audit.dress(token));
        issuer
    }

    async fn healthy<S>(&self, issuer: &TestIssuer, app: &S, report: &mut Report)
    where
        S: AsyncFn(Request<Bytes>) -> Response<Bytes>,
    {
        for case in self.cases(issuer) {
            self.play(case, issuer, app, report).await;
        }
    }

    async fn rotation<S>(&self, issuer: &TestIssuer, app: &S, report: &mut Report)
    where
        S: AsyncFn(Request<Bytes>) -> Response<Bytes>,
    {
        self.warm(issuer, app, report).await;
        issuer.rotate();
        let token = issuer.token().sign();
        let case = self.case("0", "the first token of a new key", Answer::PassSoon, &token);
        self.play(case, issuer, app, report).await;
    }

    /// Rows 7 and 8a.
    async fn flood<S>(&self, issuer: &TestIssuer, app: &S, report: &mut Report)
    where
        S: AsyncFn(Request<Bytes>) -> Response<Bytes>,
    {
        for number in 0..FLOOD {
            let (outcome, asked) = self.stranger(number, INVALID, issuer, app).await;
            if asked {
                // Once is enough to see how it is answered.
                if number == 0 {
                    self.note(outcome, report);
                }
                continue;
            }
            self.note(outcome, report);
            let token = issuer.token().sign();
            let case = self.case("0", "a good token amid unknown keys", Answer::Pass, &token);
            return self.play(case, issuer, app, report).await;
        }
        let case = format!("{FLOOD} unknown keys in a row");
        let what = "each of them caused a request to the issuer".to_owned();
        self.note(Outcome::fault("8a", &case, &what), report);
    }

    /// Row 8b.
    async fn outage<S>(&self, issuer: &TestIssuer, app: &S, report: &mut Report)
    where
        S: AsyncFn(Request<Bytes>) -> Response<Bytes>,
    {
        self.warm(issuer, app, report).await;
        fail(issuer);
        let failed = Answer::Unavailable { retry: true };
        let (outcome, _) = self.stranger(FLOOD, failed, issuer, app).await;
        self.note(outcome, report);
        let token = issuer.token().sign();
        let case = self.case("0", "a good token of a held key in an outage", Answer::Pass, &token);
        self.play(case, issuer, app, report).await;
    }

    /// Row 9.
    async fn no_keys<S>(&self, name: &str, issuer: &TestIssuer, app: &S, report: &mut Report)
    where
        S: AsyncFn(Request<Bytes>) -> Response<Bytes>,
    {
        let token = issuer.token().sign();
        let case = self.case("9", name, Answer::Unavailable { retry: true }, &token);
        self.play(case, issuer, app, report).await;
    }

    /// Has the service load the keys, if it loads them with the first token.
    async fn warm<S>(&self, issuer: &TestIssuer, app: &S, report: &mut Report)
    where
        S: AsyncFn(Request<Bytes>) -> Response<Bytes>,
    {
        let token = issuer.token().sign();
        let case = self.case("0", "a good token, to begin with", Answer::Pass, &token);
        self.play(case, issuer, app, report).await;
    }

    /// A token of a key that nobody publishes, and whether the issuer was asked for it.
    async fn stranger<S>(
        &self,
        number: usize,
        if_asked: Answer,
        issuer: &TestIssuer,
        app: &S,
    ) -> (Outcome, bool)
    where
        S: AsyncFn(Request<Bytes>) -> Response<Bytes>,
    {
        let key = issuer.signer().impostor().named(&format!("{STRANGER}-{number}"));
        let token = issuer.token().signed_by(&key).sign();
        let before = issuer.requests().len();
        let case = self.case("7", "", if_asked, &token);
        let response = app(case.request).await;
        let asked = issuer.requests().len() > before;
        let (row, name, expected) = match (asked, if_asked) {
            (true, INVALID) => ("7", "an unknown key, and the issuer was asked", INVALID),
            (true, _) => ("8b", "an unknown key, and the issuer answers 500", if_asked),
            (false, _) => ("8a", "an unknown key, and the issuer was not asked", Answer::Undecided),
        };
        let secrets = secrets(issuer, &token);
        (self.judge(row, name, expected, &response, &secrets), asked)
    }

    async fn play<S>(&self, case: Case, issuer: &TestIssuer, app: &S, report: &mut Report)
    where
        S: AsyncFn(Request<Bytes>) -> Response<Bytes>,
    {
        let Case { expected, name, request, row, token } = case;
        if self.skipped.contains(row) {
            return;
        }
        let response = app(request).await;
        let secrets = secrets(issuer, &token);
        let mut outcome = self.judge(row, &name, expected, &response, &secrets);
        if row == "5" && !self.grpc && !Judge::describes_expiry(&response) {
            outcome.add("`error_description` does not say that the token has expired");
        }
        if row == "22" && expected != Answer::LetThrough && is_unrouted(&response) {
            // There is no such route: nothing was guarded, and nothing given away.
            outcome.deviations.clear();
        }
        self.note(outcome, report);
    }

    fn note(&self, outcome: Outcome, report: &mut Report) {
        if !self.skipped.contains(outcome.row) {
            report.add(outcome);
        }
    }
}

/// Answers every request with 500.
fn fail(issuer: &TestIssuer) {
    issuer.always(Reply::status(500));
    issuer.always_at(DOCUMENT_PATH, Reply::status(500));
}

fn is_unrouted(response: &Response<Bytes>) -> bool {
    matches!(response.status().as_u16(), 404 | 405)
}

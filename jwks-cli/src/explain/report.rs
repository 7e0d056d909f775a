//! What became of a token, for people and as JSON.

use std::fmt;
use std::time::Duration;

use jwks_core::cache::{self, Explanation, KeyCache};
use jwks_core::verify::{TokenExplanation, Verifier};
use serde::Serialize;

use crate::exit::Exit;
use crate::words::{chain, count};

/// How the wait for an issuer's keys has ended.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) error: Option<cache::Error>,
    pub(super) took: Duration,
}

/// What became of a token.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    verdict: Verdict,
    issuers: Vec<Asked>,
    token: TokenExplanation,
    /// The names of its claims, if it is accepted.
    claims: Option<Vec<String>>,
    /// Whether it was looked at whom the token is for.
    audience_checked: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Accepted,
    Refused,
    /// Without keys nothing can be said.
    Unavailable,
}

/// An issuer that was asked for its keys.
#[derive(Debug, Serialize)]
struct Asked {
    issuer: String,
    steps: Vec<Step>,
    cache: Explanation,
}

/// What was done on the way, and what came of it.
#[derive(Debug, Serialize)]
struct Step {
    step: &'static str,
    outcome: Outcome,
    text: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Failed,
    NotTried,
    Ok,
}

impl Report {
    pub(super) fn new(
        verifier: &Verifier,
        fetched: Vec<Fetched>,
        token: TokenExplanation,
        claims: Option<Vec<String>>,
    ) -> Self {
        let named = verifier.expectations().map(|it| it.issuer().to_owned());
        let asked = named.zip(verifier.caches()).zip(fetched);
        let issuers: Vec<_> =
            asked.map(|((iss, cache), it)| Asked::new(iss, &cache, &it)).collect();
        let verdict = Verdict::of(&token, &issuers);
        Self { verdict, issuers, token, claims, audience_checked: true }
    }

    pub(super) const fn leaves_out_the_audience(&mut self) {
        self.audience_checked = false;
    }

    /// The issuer that gave no keys, if that is why nothing can be said.
    fn silent(&self) -> Option<&Asked> {
        let own = |asked: &&Asked| {
            let named = self.token.issuer.as_ref();
            named.is_none_or(|label| *label == asked.cache.label) && asked.cache.keys.is_empty()
        };
        self.issuers.iter().find(own).filter(|_| self.verdict == Verdict::Unavailable)
    }

    pub(super) const fn exit(&self) -> Exit {
        match self.verdict {
            Verdict::Accepted => Exit::Done,
            Verdict::Refused => Exit::Refused,
            Verdict::Unavailable => Exit::Unavailable,
        }
    }
}

impl Verdict {
    fn of(token: &TokenExplanation, issuers: &[Asked]) -> Self {
        if token.accepted {
            return Self::Accepted;
        }
        // Those that could be the token's: the one that it names, if that is known.
        let mut own = issuers
            .iter()
            .filter(|asked| token.issuer.as_ref().is_none_or(|label| *label == asked.cache.label));
        let keys = own.any(|asked| !asked.cache.keys.is_empty());
        let by_token = token.error.as_ref().is_some_and(jwks_core::verify::Error::is_caller_fault);
        if keys && by_token { Self::Refused } else { Self::Unavailable }
    }
}

impl Asked {
    fn new(issuer: String, cache: &KeyCache, fetched: &Fetched) -> Self {
        let cache = cache.explain();
        let mut steps = Vec::new();
        let failure = fetched.error.as_ref().and_then(cache::Error::last_failure);
        let place = match cache.source.split_once(" -> ") {
            Some((document, place)) => {
                let text = format!("{document} names {place}");
                steps.push(Step { step: "discovery", outcome: Outcome::Ok, text });
                place
            }
            None => &cache.source,
        };
        let step = match (&fetched.error, failure) {
            (None, _) => {
                let keys = count(cache.keys.len(), "key");
                let text = format!("{keys} from {place}, after {} ms", fetched.took.as_millis());
                Step { step: "keys", outcome: Outcome::Ok, text }
            }
            (Some(_), Some(failure)) if failure.is_discovery() || is_document(place) => {
                let text = format!("{}: {}", cache.source, chain(failure));
                steps.push(Step { step: "discovery", outcome: Outcome::Failed, text });
                let text = "it is not known where they are".to_owned();
                Step { step: "keys", outcome: Outcome::NotTried, text }
            }
            (Some(_), Some(failure)) => {
                let text = format!("{place}: {}", chain(failure));
                Step { step: "keys", outcome: Outcome::Failed, text }
            }
            (Some(error), None) => {
                Step { step: "keys", outcome: Outcome::Failed, text: chain(error) }
            }
        };
        steps.push(step);
        Self { issuer, steps, cache }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Asked { issuer, steps, cache } in &self.issuers {
            writeln!(f, "issuer     {}", issuer.escape_debug())?;
            for step in steps {
                writeln!(f, "{step}")?;
            }
            if !cache.relaxations.is_empty() {
                let names: Vec<_> = cache.relaxations.iter().map(|it| it.name()).collect();
                writeln!(f, "  allowed  {}", names.join(", "))?;
            }
            for key in cache.keys.iter().take(MOST) {
                writeln!(f, "  key      {key}")?;
            }
            for skipped in cache.skipped.iter().take(MOST) {
                writeln!(f, "  skipped  {skipped}")?;
            }
            let left =
                cache.keys.len().saturating_sub(MOST) + cache.skipped.len().saturating_sub(MOST);
            if left > 0 {
                writeln!(f, "           and {left} more: see --json")?;
            }
        }
        let (word, rest) = match self.verdict {
            Verdict::Accepted if self.audience_checked => ("ok", "accepted"),
            Verdict::Accepted => {
                ("ok", "accepted, but whom it is for was not looked at: name it with --audience")
            }
            Verdict::Refused => ("FAILED", "refused"),
            Verdict::Unavailable => {
                ("-", "not judged: without its issuer's keys nothing is certain")
            }
        };
        writeln!(f, "token      {word:<6}  {rest}")?;
        if let Some(asked) = self.silent() {
            // What a cache says of its next attempt is not true of a command that ends.
            let url = asked.cache.source.rsplit(" -> ").next().unwrap_or_default();
            return write!(
                f,
                "\n  what to do    ask from this machine by hand: curl -v {url}\n  \
                 the cause     the guide's page `no_keys` (crate jwks-tokio) explains the line above"
            );
        }
        write!(f, "\n{}", self.token)?;
        if let Some(claims) = &self.claims {
            let names: Vec<_> = claims.iter().map(|name| shown(name)).collect();
            write!(f, "\n  claims        {}", names.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.outcome {
            Outcome::Failed => "FAILED",
            Outcome::NotTried => "-",
            Outcome::Ok => "ok",
        };
        write!(f, "{:<9}  {word:<6}  {}", self.step, self.text)
    }
}

/// Whether it is known that there is a document on the way to the keys.
fn is_document(place: &str) -> bool {
    ["/openid-configuration", "/oauth-authorization-server"].iter().any(|name| place.contains(name))
}

/// Foreign text, fit for a line.
fn shown(text: &str) -> String {
    let mut characters = text.chars();
    let mut shown: String =
        characters.by_ref().take(LONGEST).flat_map(char::escape_default).collect();
    if characters.next().is_some() {
        shown.push_str("...");
    }
    shown
}

/// Characters of a claim's name.
const LONGEST: usize = 64;

/// Keys that are shown.
const MOST: usize = 12;

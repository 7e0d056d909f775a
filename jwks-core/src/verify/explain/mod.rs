//! Which step refuses a token: for the person who has to find out.

mod shown;
mod step;

use std::sync::Arc;
use std::time::SystemTime;

use serde::de::IgnoredAny;
use serde::{Serialize, Serializer};

use super::asked::{Curious, Way};
use super::call::{Call, Overrides};
use super::choose::choose;
use super::header::Header;
use super::table::Table;
use super::tally::Whose;
use super::token::Token;
use super::verifier::{Configured, Inner};
use super::{Error, ErrorKind, Verified, Verifier};
use crate::cache::{Explanation, KidExplanation, seconds, seconds_of};
use crate::keys::text::escaped;

use step::Choice;
pub use step::Step;

/// Whether a token would be accepted now, and if not, which step refuses it and why. Create it with
/// [`Verifier::explain`].
///
/// Its `Display` is a page of text for a person. It serialises with the same content. Neither holds
/// the token or the value of a claim. What they show of the header (`kid`, `alg`, `typ`) is escaped
/// and shortened. Still, do not answer a stranger with it: it tells what is configured.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct TokenExplanation {
    /// The time of the call, on the wall clock.
    #[serde(serialize_with = "seconds_of")]
    pub at: SystemTime,
    /// Whether [`Verifier::try_verify`] would accept the token now.
    pub accepted: bool,
    /// The step that refuses it.
    pub refused_by: Option<Step>,
    /// What the error is that refuses it: as [`Verifier::try_verify`] would return it. It
    /// serialises as its text.
    #[serde(rename = "why", serialize_with = "text")]
    pub error: Option<Error>,
    /// The HTTP status to answer with, if it is refused.
    pub status: Option<u16>,
    /// When the same token may pass, if it may: see [`Error::retry_at`].
    #[serde(serialize_with = "seconds")]
    pub retry_at: Option<SystemTime>,
    /// The steps that it has passed, in the order in which they are made.
    pub passed: Vec<Step>,
    /// What its header says, if that can be read.
    pub header: Option<TokenHeader>,
    /// The label of the configured issuer whose keys and rules it is judged by: the only one, or
    /// the one that its `iss` names.
    pub issuer: Option<String>,
    /// What is known of its `kid`, if it has one.
    pub key: Option<KidExplanation>,
    /// What is known of the keys of that issuer, if it is their want that refuses the token.
    pub keys: Option<Box<Explanation>>,
    #[serde(skip)]
    way: Way,
}

/// The header of a token, as far as it is read. Escaped and shortened.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct TokenHeader {
    /// Its `alg`.
    pub alg: &'static str,
    /// Its `kid`.
    pub kid: Option<String>,
    /// Its `typ`.
    pub typ: Option<String>,
}

impl Verifier {
    /// Whether [`try_verify`](Self::try_verify) would accept this token now, and if not, which step
    /// refuses it. It comes to the same, because the same code decides; only whether the claims fit
    /// your own type is not looked at.
    ///
    /// The call requests nothing, counts neither as a use nor as a miss, and remembers nothing of
    /// the token. Your own [checks](super::Issuer::check) are run. Use it in a tool or a debugger,
    /// not in a route: it tells more than a stranger should know, and costs more than a validation.
    ///
    /// ```no_run
    /// # fn example(verifier: jwks_core::verify::Verifier, token: &str) {
    /// println!("{}", verifier.explain(token));
    /// # }
    /// ```
    #[must_use]
    pub fn explain(&self, token: &str) -> TokenExplanation {
        self.0.explain(token, &Overrides::default())
    }

    pub(super) fn explain_with(&self, token: &str, overrides: &Overrides) -> TokenExplanation {
        self.0.explain(token, overrides)
    }
}

impl Call {
    /// Like [`Verifier::explain`], for this call.
    #[must_use]
    pub fn explain(&self, token: &str) -> TokenExplanation {
        self.verifier().explain_with(token, &self.overrides)
    }
}

impl Inner {
    fn explain(&self, token: &str, overrides: &Overrides) -> TokenExplanation {
        let mut way = Way::default();
        let table = self.table();
        let outcome: Result<Verified<IgnoredAny>, Error> = self.in_passing(token, |room| {
            // Whose token it is would be counted.
            self.look(&table, token, room, overrides, &mut Whose::default(), |issuer, asked| {
                issuer.cache.peek(&mut Curious::new(asked, &mut way))
            })?
        });
        let error = outcome
            .err()
            .map(|error| if self.may_know(&error) { self.peek_at(token, error) } else { error });
        let read = Read::of(self, &table, token, overrides);
        let cache = read.issuer.as_ref().map(|issuer| &issuer.cache);
        let kid = read.header.as_ref().and_then(|header| header.kid.clone());
        let refused_by = error.as_ref().map(|error| read.step(error));
        let wants_keys = error.as_ref().is_some_and(|error| {
            matches!(error.kind(), ErrorKind::Stopped | ErrorKind::Unavailable)
        });
        TokenExplanation {
            at: (self.clock)(),
            accepted: error.is_none(),
            refused_by,
            status: error.as_ref().map(|error| error.status_code().as_u16()),
            retry_at: error.as_ref().and_then(Error::retry_at),
            passed: step::passed(refused_by, way, read.choice(table.always().is_some())),
            issuer: cache.map(|cache| cache.label().to_owned()),
            key: cache.zip(kid).map(|(cache, kid)| cache.explain_kid(&kid)),
            keys: cache.filter(|_| wants_keys).map(|cache| Box::new(cache.explain())),
            header: read.header.map(|header| header.shown()),
            error,
            way,
        }
    }
}

/// What can be read of a token, whatever becomes of it: it says where an error stands.
struct Read {
    fits: bool,
    parts: bool,
    header: Option<ReadHeader>,
    issuer: Option<Arc<Configured>>,
}

struct ReadHeader {
    alg: &'static str,
    kid: Option<String>,
    typ: Option<String>,
}

impl Read {
    fn of(inner: &Inner, table: &Table, text: &str, overrides: &Overrides) -> Self {
        let nothing = Self { fits: false, parts: false, header: None, issuer: None };
        let Ok(bytes) = Token::room_for(text, inner.max_token) else { return nothing };
        let nothing = Self { fits: true, ..nothing };
        let mut room = vec![0; bytes];
        let Ok((token, room)) = Token::parse(text, &mut room) else { return nothing };
        let issuer = choose(table, &token, overrides).ok().cloned();
        let header = token.header(room).ok().map(|header| ReadHeader::of(&header));
        Self { fits: true, parts: true, header, issuer }
    }

    const fn choice(&self, only: bool) -> Choice {
        match self.issuer {
            _ if only => Choice::Only,
            Some(_) => Choice::ByIss,
            None => Choice::None,
        }
    }

    fn step(&self, error: &Error) -> Step {
        match error.kind() {
            ErrorKind::Malformed if !self.fits => Step::Size,
            ErrorKind::Malformed if !self.parts => Step::Shape,
            ErrorKind::Malformed if self.header.is_none() => Step::Header,
            _ => Step::of(error),
        }
    }
}

impl ReadHeader {
    fn of(header: &Header<'_>) -> Self {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let (kid, typ) = (text(header.kid.as_deref()), text(header.typ.as_deref()));
        Self { alg: header.algorithm.name(), kid, typ }
    }

    fn shown(self) -> TokenHeader {
        let shown = |text: Option<String>| text.map(|text| escaped(&text).into());
        TokenHeader { alg: self.alg, kid: shown(self.kid), typ: shown(self.typ) }
    }
}

fn text<S: Serializer>(error: &Option<Error>, serializer: S) -> Result<S::Ok, S::Error> {
    error.as_ref().map(|error| format!("{error:?}")).serialize(serializer)
}

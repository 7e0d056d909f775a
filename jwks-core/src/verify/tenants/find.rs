//! The way of a token whose issuer is not in the table.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Unresolved;
use super::reception::{Told, Word};
use crate::cache::Policy;
use crate::verify::buffer::TokenBuffer;
use crate::verify::call::Overrides;
use crate::verify::choose::choose;
use crate::verify::tally::Whose;
use crate::verify::token::Token;
use crate::verify::verifier::Inner;
use crate::verify::{Error, Verified, Verifier};

impl Verifier {
    /// Validates a token of no issuer in the table: asks whose it is, waits, and looks again.
    #[cold]
    pub(in crate::verify) async fn verify_unknown<T: DeserializeOwned>(
        &self,
        token: &str,
        overrides: &Overrides,
        refusal: Error,
    ) -> Result<Verified<T>, Error> {
        match self.0.wait_for_issuer(token, overrides, refusal).await {
            Ok(rest) => Box::pin(self.verify_with(token, &rest)).await,
            Err(error) => {
                let answer = Err(error);
                self.0.end(Whose::default(), &answer);
                answer
            }
        }
    }

    /// Like [`verify_unknown`](Self::verify_unknown).
    #[cold]
    pub(in crate::verify) async fn verify_unknown_in<'b, T: Deserialize<'b>>(
        &self,
        token: &str,
        buffer: &'b mut TokenBuffer,
        overrides: &Overrides,
        refusal: Error,
    ) -> Result<Verified<T>, Error> {
        match self.0.wait_for_issuer(token, overrides, refusal).await {
            Ok(rest) => Box::pin(self.verify_in_with(token, buffer, &rest)).await,
            Err(error) => {
                let answer = Err(error);
                self.0.end(Whose::default(), &answer);
                answer
            }
        }
    }
}

impl Inner {
    /// Whether the resolver may know the issuer that a look has not found.
    pub(in crate::verify) fn may_know(&self, error: &Error) -> bool {
        self.door.is_some() && error.is_of_no_issuer()
    }

    /// Whether a token would be asked about, so that it is not even looked at.
    pub(in crate::verify) fn unknown(&self, token: &str, overrides: &Overrides) -> Option<Error> {
        self.door.as_ref()?;
        let table = self.table();
        let found = self.in_passing(token, |room| {
            let (token, _) = Token::parse(token, room)?;
            choose(&table, &token, overrides).map(drop)
        });
        found.err().filter(Error::is_of_no_issuer)
    }

    /// The error of a caller who does not wait, and who asks.
    #[cold]
    pub(in crate::verify) fn ask_about(&self, token: &str, refusal: Error) -> Error {
        self.told(token, refusal, |door, iss, now| door.ask(iss, now))
    }

    /// The error of a caller who does not wait, without a trace of it.
    #[cold]
    pub(in crate::verify) fn peek_at(&self, token: &str, refusal: Error) -> Error {
        self.told(token, refusal, |door, iss, now| door.peek(iss, now))
    }

    fn told(
        &self,
        token: &str,
        refusal: Error,
        ask: impl FnOnce(&super::Reception, &str, std::time::SystemTime) -> Told,
    ) -> Error {
        let (Some(door), Ok(iss)) = (&self.door, self.iss_of(token)) else { return refusal };
        let now = (self.clock)();
        match ask(door, &iss, now) {
            Told::Refused => refusal,
            Told::Unresolved(why) => Error::unresolved(why),
            Told::Waits => Error::unresolved(Unresolved::asking(door.soon(now))),
        }
    }

    /// Waits until it is known whose token it is. Gives what is left of the overrides then.
    async fn wait_for_issuer(
        &self,
        token: &str,
        overrides: &Overrides,
        refusal: Error,
    ) -> Result<Overrides, Error> {
        let Some(door) = &self.door else { return Err(refusal) };
        let budget = overrides.budget.unwrap_or_else(|| Policy::default().wait_budget());
        if budget.is_zero() {
            return Err(self.ask_about(token, refusal));
        }
        let now = (self.clock)();
        if overrides.asked >= MOST_ASKED {
            return Err(Error::unresolved(Unresolved::busy(door.soon(now))));
        }
        let word = match door.enter(&self.iss_of(token)?, budget, now) {
            Ok(ticket) => ticket.await,
            Err(Told::Unresolved(why)) => Word::Unresolved(why),
            Err(Told::Refused | Told::Waits) => Word::Refused,
        };
        match word {
            Word::Look(spent) => Ok(overrides.asked_again(budget.saturating_sub(spent).max(LEAST))),
            Word::Refused => Err(refusal),
            Word::Unresolved(why) => Err(Error::unresolved(why)),
        }
    }

    /// The token's own `iss`, which is not verified.
    fn iss_of(&self, token: &str) -> Result<String, Error> {
        self.in_passing(token, |room| {
            let (token, _) = Token::parse(token, room)?;
            let iss = token.claimed_issuer()?.ok_or_else(|| Error::missing_claim("iss"))?;
            Ok(iss.into_owned())
        })
    }
}

/// A caller whose issuer comes and goes asks so often.
const MOST_ASKED: u8 = 3;

/// A caller who has waited for the issuer to the end of its budget still waits for the keys, as one
/// who asks once more would.
const LEAST: Duration = Duration::from_millis(1);

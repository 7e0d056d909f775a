//! The payload read once: into the caller's type, with an eye on the claims that are checked.
//!
//! [`read`] lets the caller's type read the payload and watches what passes by ([`watch`]); the
//! [`Witness`] notes what the registered claims say, and whether all is as usual. It can only say
//! yes. Whatever it does not expect (escapes in a name, dates that are no integers, a claim that
//! the type reads in a way of its own, anything that is refused) is left to [`in_steps`], the
//! obvious way: that reads the claims, checks them, and then makes them the caller's type.
//!
//! Why a yes here is a yes there: the type is given what serde_json gives, call by call, so it comes
//! to the same value, from a text of the same grammar. Each claim that is checked has been seen, by
//! its name without escapes, as a value of the right type; one that the type skips is read all the
//! same. Names that may be the same make it unusual. The tests compare both ways.

mod names;
#[cfg(test)]
mod tests;
mod watch;
mod witness;

use std::time::SystemTime;

use serde::Deserialize;

use self::watch::{Watched, Whole};
use self::witness::Witness;
use super::claims::NumericDate;
use super::error::Error;
use super::expected::Expected;
use super::token::Token;

/// The claims and their end, if all checks are passed but those of the caller's own.
pub(super) fn read_or_refuse<'b, T: Deserialize<'b>>(
    token: &Token<'_, 'b>,
    expected: Expected<'_>,
    now: SystemTime,
) -> Result<(T, Option<NumericDate>), Error> {
    match read(token.payload()?, expected, now) {
        Some((claims, expires)) => Ok((claims, Some(expires))),
        None => in_steps(token, expected, now),
    }
}

/// `None`: it is not as usual, or to be refused.
fn read<'b, T: Deserialize<'b>>(
    payload: &'b str,
    expected: Expected<'_>,
    now: SystemTime,
) -> Option<(T, NumericDate)> {
    let mut witness = Witness::new(expected)?;
    let mut json = serde_json::Deserializer::from_str(payload);
    let claims = T::deserialize(Watched::new(&mut json, Whole(&mut witness))).ok()?;
    json.end().ok()?;
    Some((claims, witness.accept(now)?))
}

#[cold]
fn in_steps<'b, T: Deserialize<'b>>(
    token: &Token<'_, 'b>,
    expected: Expected<'_>,
    now: SystemTime,
) -> Result<(T, Option<NumericDate>), Error> {
    let claims = token.claims(expected.any_sub())?;
    expected.check_claims(&claims, now)?;
    Ok((claims.deserialize()?, expected.end(&claims)))
}

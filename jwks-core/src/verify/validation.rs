//! A validation from the token's text to the look at the keys.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::asked::Asked;
use super::buffer::TokenBuffer;
use super::call::Overrides;
use super::known::find;
use super::tally::Whose;
use super::token::Token;
use super::verifier::{Configured, Inner};
use super::{Error, Verified, Verifier};
use crate::cache::{self, Lacking, Look};

impl Verifier {
    pub(super) async fn verify_with<T: DeserializeOwned>(
        &self,
        token: &str,
        overrides: &Overrides,
    ) -> Result<Verified<T>, Error> {
        let inner = &*self.0;
        let mut whose = inner.begin();
        let first = inner.in_passing(token, |room| {
            inner.look(token, room, overrides, &mut whose, |issuer, asked| {
                let look = issuer.cache.ask_first(issuer.budget(overrides), asked)?;
                Ok(First::of(look, asked))
            })
        });
        let answer = match first {
            Ok(First::Answered(answer)) => answer,
            Ok(First::Lacks(lacking, claims_error)) => {
                // Only a caller that waits needs a buffer that outlives this call.
                let mut room = vec![0; Token::room_for(token, inner.max_token)?];
                let looked = Some((lacking, claims_error));
                inner.ask(token, &mut room, overrides, &mut whose, looked).await
            }
            Err(error) => Err(error),
        };
        inner.end(whose, &answer);
        answer
    }

    pub(super) fn try_verify_with<T: DeserializeOwned>(
        &self,
        token: &str,
        overrides: &Overrides,
    ) -> Result<Verified<T>, Error> {
        let inner = &*self.0;
        let mut whose = inner.begin();
        let answer =
            inner.in_passing(token, |room| inner.try_look(token, room, overrides, &mut whose));
        inner.end(whose, &answer);
        answer
    }

    /// With no answer, it is not counted: it is one call with the one that follows.
    pub(super) fn verify_held_with<T: DeserializeOwned>(
        &self,
        token: &str,
        overrides: &Overrides,
    ) -> Result<Option<Verified<T>>, Error> {
        let inner = &*self.0;
        let mut whose = inner.begin();
        let found = inner.in_passing(token, |room| {
            inner.look(token, room, overrides, &mut whose, |issuer, asked| {
                issuer.cache.ask_held(asked)
            })
        });
        let Some(answer) = found.transpose() else { return Ok(None) };
        let answer = answer.and_then(|answer| answer);
        inner.end(whose, &answer);
        answer.map(Some)
    }

    pub(super) async fn verify_in_with<'b, T: Deserialize<'b>>(
        &self,
        token: &str,
        buffer: &'b mut TokenBuffer,
        overrides: &Overrides,
    ) -> Result<Verified<T>, Error> {
        let inner = &*self.0;
        let mut whose = inner.begin();
        let answer = match Token::room_for(token, inner.max_token) {
            Ok(bytes) => inner.ask(token, buffer.room(bytes), overrides, &mut whose, None).await,
            Err(error) => Err(error),
        };
        inner.end(whose, &answer);
        answer
    }

    pub(super) fn try_verify_in_with<'b, T: Deserialize<'b>>(
        &self,
        token: &str,
        buffer: &'b mut TokenBuffer,
        overrides: &Overrides,
    ) -> Result<Verified<T>, Error> {
        let inner = &*self.0;
        let mut whose = inner.begin();
        let answer = Token::room_for(token, inner.max_token)
            .and_then(|bytes| inner.try_look(token, buffer.room(bytes), overrides, &mut whose));
        inner.end(whose, &answer);
        answer
    }
}

impl Configured {
    fn budget(&self, overrides: &Overrides) -> Duration {
        overrides.budget.unwrap_or_else(|| self.cache.policy().wait_budget())
    }
}

/// What the first look at the keys came to.
enum First<T> {
    Answered(Result<Verified<T>, Error>),
    /// Something that may be waited for, and the error if it does not come.
    Lacks(Lacking, Option<Error>),
}

impl<T> First<T> {
    fn of(look: Look<Result<Verified<T>, Error>>, asked: &mut Asked<'_, '_, T>) -> Self {
        match look {
            Look::Done(answer) => Self::Answered(answer),
            Look::Lacks(lacking) => Self::Lacks(lacking, asked.take_claims_error()),
        }
    }
}

impl Inner {
    /// Room for a token that is looked at here and now: on the stack, but for a large one.
    pub(super) fn in_passing<R>(
        &self,
        token: &str,
        then: impl FnOnce(&mut [u8]) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let (mut small, mut usual, mut large);
        let room = match Token::room_for(token, self.max_token)? {
            bytes @ ..=SMALL => {
                small = [0; SMALL];
                small.get_mut(..bytes)
            }
            bytes @ ..=USUAL => {
                usual = [0; USUAL];
                usual.get_mut(..bytes)
            }
            bytes => {
                large = vec![0; bytes];
                Some(large.as_mut_slice())
            }
        };
        then(room.unwrap_or_default())
    }

    /// Whose token it is and what its header says; and then a look at the keys. Refused is what no
    /// key could mend.
    pub(super) fn look<'s, 'b, T, R>(
        &'s self,
        text: &str,
        room: &'b mut [u8],
        overrides: &Overrides,
        whose: &mut Whose<'s>,
        look: impl FnOnce(&Configured, &mut Asked<'_, 'b, T>) -> Result<R, cache::Error>,
    ) -> Result<R, Error> {
        let (token, room) = Token::parse(text, room)?;
        let issuer = self.choose(&token);
        if let Ok(issuer) = &issuer {
            whose.is(issuer);
        }
        let headers = issuer.as_ref().ok().map(|issuer| issuer.headers.load());
        let known = headers.as_deref().and_then(|headers| find(headers, token.header_text()));
        let header = match known {
            Some(known) => known.header(),
            None => token.header(room)?,
        };
        let issuer = issuer?;
        let mut asked = Asked::new(issuer, token, &header, known, overrides)?;
        look(issuer, &mut asked).map_err(|error| asked.refusal(&error))
    }

    /// Like [`look`](Self::look), and requests what is lacking.
    fn try_look<'s, 'b, T: Deserialize<'b>>(
        &'s self,
        text: &str,
        room: &'b mut [u8],
        overrides: &Overrides,
        whose: &mut Whose<'s>,
    ) -> Result<Verified<T>, Error> {
        self.look(text, room, overrides, whose, |issuer, asked| issuer.cache.ask_now(asked))?
    }

    /// Looks, or goes on after a look that found something lacking.
    async fn ask<'s, 'b, T: Deserialize<'b>>(
        &'s self,
        text: &str,
        room: &'b mut [u8],
        overrides: &Overrides,
        whose: &mut Whose<'s>,
        looked: Option<(Lacking, Option<Error>)>,
    ) -> Result<Verified<T>, Error> {
        let (token, room) = Token::parse(text, room)?;
        let issuer = self.choose(&token);
        if let Ok(issuer) = &issuer {
            whose.is(issuer);
        }
        let known =
            |issuer: &&Configured| find(&issuer.headers.load(), token.header_text()).cloned();
        let known = issuer.as_ref().ok().and_then(known);
        let header = match &known {
            Some(known) => known.header(),
            None => token.header(room)?,
        };
        let issuer = issuer?;
        let budget = issuer.budget(overrides);
        let mut asked = Asked::new(issuer, token, &header, known.as_ref(), overrides)?;
        let answer = match looked {
            None => issuer.cache.ask(budget, &mut asked).await,
            Some((lacking, claims_error)) => {
                asked = asked.after(claims_error);
                issuer.cache.ask_on(budget, &mut asked, lacking).await
            }
        };
        answer.unwrap_or_else(|error| Err(asked.refusal(&error)))
    }

    /// The only issuer, or that of the token's `iss`, which is not verified yet: it chooses among
    /// those configured, and the signature must then be by that issuer's key.
    pub(super) fn choose(&self, token: &Token<'_, '_>) -> Result<&Configured, Error> {
        if let [only] = self.issuers.as_slice() {
            return Ok(only);
        }
        let called = |iss: &str| {
            let place = self.places.get(iss).copied();
            let issuer = place.and_then(|place| self.issuers.get(place));
            issuer.ok_or_else(|| Error::no_such_issuer(self.issuers.len()))
        };
        if let Some(iss) = token.first_issuer()? {
            return called(iss);
        }
        called(&token.claims()?.issuer.ok_or_else(|| Error::missing_claim("iss"))?)
    }
}

/// Decoded, a token of this size has some 400 bytes of claims and a signature by RSA.
const SMALL: usize = 768;

/// Larger ones, with more than 3 KiB of claims, are decoded on the heap.
const USUAL: usize = 4096;

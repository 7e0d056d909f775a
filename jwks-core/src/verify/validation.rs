//! A validation from the token's text to the look at the keys.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::asked::Asked;
use super::buffer::TokenBuffer;
use super::call::Overrides;
use super::choose::choose;
use super::known::find;
use super::table::Table;
use super::tally::{Began, Whose};
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
        let looked = {
            let table = inner.table();
            let mut whose = inner.begin();
            let first = inner.in_passing(token, |room| {
                inner.look(&table, token, room, overrides, &mut whose, |issuer, asked| {
                    let look = issuer.cache.ask_first(issuer.budget(overrides), asked)?;
                    Ok(First::of(look, issuer, asked))
                })
            });
            match lacking(first, &whose) {
                Ok(looked) => looked,
                Err(Err(error)) if inner.may_know(&error) => {
                    drop(table);
                    return Box::pin(self.verify_unknown(token, overrides, error)).await;
                }
                Err(answer) => {
                    inner.end(whose, &answer);
                    return answer;
                }
            }
        };
        // Only a caller that waits needs a buffer that outlives this call.
        let mut room = vec![0; Token::room_for(token, inner.max_token)?];
        let (token, room) = Token::parse(token, &mut room)?;
        inner.wait(token, room, overrides, looked).await
    }

    pub(super) fn try_verify_with<T: DeserializeOwned>(
        &self,
        token: &str,
        overrides: &Overrides,
    ) -> Result<Verified<T>, Error> {
        let inner = &*self.0;
        let table = inner.table();
        let mut whose = inner.begin();
        let answer = inner
            .in_passing(token, |room| inner.try_look(&table, token, room, overrides, &mut whose));
        let answer = inner.or_ask(token, answer);
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
        let table = inner.table();
        let mut whose = inner.begin();
        let found = inner.in_passing(token, |room| {
            inner.look(&table, token, room, overrides, &mut whose, |issuer, asked| {
                issuer.cache.ask_held(asked)
            })
        });
        let found = match found {
            Err(error) if inner.may_know(&error) => {
                let error = inner.peek_at(token, error);
                if error.is_retryable() { Ok(None) } else { Err(error) }
            }
            found => found,
        };
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
        if let Some(refusal) = inner.unknown(token, overrides) {
            let unknown = self.verify_unknown_in(token, buffer, overrides, refusal);
            return Box::pin(unknown).await;
        }
        let (token, room, looked) = {
            let table = inner.table();
            let mut whose = inner.begin();
            let parsed = Token::room_for(token, inner.max_token)
                .and_then(|bytes| Token::parse(token, buffer.room(bytes)));
            let (token, room) = match parsed {
                Ok(parsed) => parsed,
                Err(error) => {
                    let answer = Err(error);
                    inner.end(whose, &answer);
                    return answer;
                }
            };
            let first =
                inner.look_at(&table, token, room, overrides, &mut whose, &mut |issuer, asked| {
                    let look = issuer.cache.ask_first(issuer.budget(overrides), asked)?;
                    Ok(First::of(look, issuer, asked))
                });
            match lacking(first, &whose) {
                Ok(looked) => (token, room, looked),
                Err(answer) => {
                    inner.end(whose, &answer);
                    return answer;
                }
            }
        };
        inner.wait(token, room, overrides, looked).await
    }

    pub(super) fn try_verify_in_with<'b, T: Deserialize<'b>>(
        &self,
        token: &str,
        buffer: &'b mut TokenBuffer,
        overrides: &Overrides,
    ) -> Result<Verified<T>, Error> {
        let inner = &*self.0;
        let table = inner.table();
        let mut whose = inner.begin();
        let answer = Token::room_for(token, inner.max_token).and_then(|bytes| {
            inner.try_look(&table, token, buffer.room(bytes), overrides, &mut whose)
        });
        let answer = inner.or_ask(token, answer);
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
    Lacks(Looked),
}

/// Something is lacking that may be waited for.
struct Looked {
    issuer: Arc<Configured>,
    lacking: Lacking,
    /// The error if it does not come.
    claims_error: Option<Error>,
    began: Began,
}

impl<T> First<T> {
    fn of(
        look: Look<Result<Verified<T>, Error>>,
        issuer: &Arc<Configured>,
        asked: &mut Asked<'_, '_, T>,
    ) -> Self {
        match look {
            Look::Done(answer) => Self::Answered(answer),
            Look::Lacks(lacking) => {
                let (issuer, claims_error) = (Arc::clone(issuer), asked.take_claims_error());
                Self::Lacks(Looked { issuer, lacking, claims_error, began: Began::default() })
            }
        }
    }
}

/// What is lacking, or the answer that the first look gave.
fn lacking<T>(
    first: Result<First<T>, Error>,
    whose: &Whose<'_>,
) -> Result<Looked, Result<Verified<T>, Error>> {
    match first {
        Ok(First::Lacks(looked)) => Ok(Looked { began: whose.began(), ..looked }),
        Ok(First::Answered(answer)) => Err(answer),
        Err(error) => Err(Err(error)),
    }
}

/// Why a look came to nothing.
enum Failed {
    Final(Error),
    /// The issuer was given up since it was chosen.
    Withdrawn(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Final(error)
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
        &self,
        table: &'s Table,
        text: &str,
        room: &'b mut [u8],
        overrides: &Overrides,
        whose: &mut Whose<'s>,
        mut look: impl FnMut(&Arc<Configured>, &mut Asked<'_, 'b, T>) -> Result<R, cache::Error>,
    ) -> Result<R, Error> {
        let (token, room) = Token::parse(text, room)?;
        self.look_at(table, token, room, overrides, whose, &mut look)
    }

    /// A caller who does not wait asks about an issuer that is not there.
    fn or_ask<T>(
        &self,
        token: &str,
        answer: Result<Verified<T>, Error>,
    ) -> Result<Verified<T>, Error> {
        match answer {
            Err(error) if self.may_know(&error) => Err(self.ask_about(token, error)),
            answer => answer,
        }
    }

    /// Like [`look`](Self::look), and requests what is lacking.
    fn try_look<'s, 'b, T: Deserialize<'b>>(
        &self,
        table: &'s Table,
        text: &str,
        room: &'b mut [u8],
        overrides: &Overrides,
        whose: &mut Whose<'s>,
    ) -> Result<Verified<T>, Error> {
        self.look(table, text, room, overrides, whose, |issuer, asked| issuer.cache.ask_now(asked))?
    }

    /// Like [`look`](Self::look), for a token that is decoded.
    fn look_at<'s, 'b, T, R>(
        &self,
        table: &'s Table,
        token: Token<'_, 'b>,
        room: &mut [u8],
        overrides: &Overrides,
        whose: &mut Whose<'s>,
        look: &mut impl FnMut(&Arc<Configured>, &mut Asked<'_, 'b, T>) -> Result<R, cache::Error>,
    ) -> Result<R, Error> {
        match look_once(table, token, &mut *room, overrides, whose, look) {
            Ok(found) => Ok(found),
            Err(Failed::Final(error)) => Err(error),
            Err(Failed::Withdrawn(_)) => self.look_again(token, room, overrides, look),
        }
    }

    /// As one who comes now: the issuer has gone, or its keys come from elsewhere.
    #[cold]
    fn look_again<'b, T, R>(
        &self,
        token: Token<'_, 'b>,
        room: &mut [u8],
        overrides: &Overrides,
        look: &mut impl FnMut(&Arc<Configured>, &mut Asked<'_, 'b, T>) -> Result<R, cache::Error>,
    ) -> Result<R, Error> {
        let table = self.table.load_full();
        match look_once(&table, token, room, overrides, &mut Whose::default(), look) {
            Ok(found) => Ok(found),
            Err(Failed::Final(error) | Failed::Withdrawn(error)) => Err(error),
        }
    }

    /// Goes on after a look that found something lacking. If the issuer goes meanwhile, or its keys
    /// come from elsewhere, as one who comes now, with what is left of the budget.
    async fn wait<'b, T: Deserialize<'b>>(
        &self,
        token: Token<'_, 'b>,
        room: &mut [u8],
        overrides: &Overrides,
        looked: Looked,
    ) -> Result<Verified<T>, Error> {
        let (mut looked, mut passed) = (looked, Duration::ZERO);
        loop {
            let Looked { issuer, lacking, claims_error, began } = looked;
            let since = issuer.cache.wall_now();
            let left = issuer.budget(overrides).saturating_sub(passed);
            let waited = async {
                let known = find(&issuer.headers.load(), token.header_text()).cloned();
                let header = match &known {
                    Some(known) => known.header(),
                    None => token.header(&mut *room)?,
                };
                let asked = Asked::new(&issuer, token, &header, known.as_ref(), overrides)?;
                let mut asked = asked.after(claims_error);
                let seat = issuer.tenancy.as_ref().map(|tenancy| tenancy.seats.take());
                let waited = match seat {
                    // Too many wait already, for all issuers together.
                    Some(None) => issuer.cache.ask_now(&mut asked),
                    _seat => issuer.cache.ask_on(left, &mut asked, lacking).await,
                };
                match waited {
                    Ok(answer) => Ok(answer?),
                    Err(error) => Err(asked.failed(&error)),
                }
            };
            let answer = match waited.await {
                Ok(verified) => Ok(verified),
                Err(Failed::Final(error)) => Err(error),
                Err(Failed::Withdrawn(_)) => {
                    let waited = issuer.cache.wall_now().duration_since(since);
                    passed = passed.saturating_add(waited.unwrap_or_default());
                    let mut first = |issuer: &Arc<Configured>, asked: &mut Asked<'_, 'b, T>| {
                        let left = issuer.budget(overrides).saturating_sub(passed);
                        Ok(First::of(issuer.cache.ask_first(left, asked)?, issuer, asked))
                    };
                    match self.look_again(token, room, overrides, &mut first) {
                        Ok(First::Lacks(again)) => {
                            looked = Looked { began, ..again };
                            continue;
                        }
                        Ok(First::Answered(answer)) => answer,
                        Err(error) => Err(error),
                    }
                }
            };
            self.end(Whose::of(&issuer, began), &answer);
            return answer;
        }
    }
}

fn look_once<'s, 'b, T, R>(
    table: &'s Table,
    token: Token<'_, 'b>,
    room: &mut [u8],
    overrides: &Overrides,
    whose: &mut Whose<'s>,
    look: &mut impl FnMut(&Arc<Configured>, &mut Asked<'_, 'b, T>) -> Result<R, cache::Error>,
) -> Result<R, Failed> {
    let issuer = choose(table, &token, overrides);
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
    look(issuer, &mut asked).map_err(|error| asked.failed(&error))
}

impl<T> Asked<'_, '_, T> {
    fn failed(self, error: &cache::Error) -> Failed {
        let withdrawn = error.kind() == cache::ErrorKind::Withdrawn;
        let refusal = self.refusal(error);
        if withdrawn { Failed::Withdrawn(refusal) } else { Failed::Final(refusal) }
    }
}

/// Decoded, a token of this size has some 400 bytes of claims and a signature by RSA.
const SMALL: usize = 768;

/// Larger ones, with more than 3 KiB of claims, are decoded on the heap.
const USUAL: usize = 4096;

//! Headers of tokens that were accepted: read once, and known again by their text.
//!
//! An issuer's tokens have one header for each of its keys and types, mostly one or two in all. What
//! is remembered of one is what reading it again would say, since the text is the same. It is judged
//! by every call as if it had just been read, and says nothing about the rest of the token.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arc_swap::{ArcSwap, Guard};

use crate::keys::Algorithm;

use super::header::Header;

/// A header, and the issuer that it is used with: shared by all tokens that have it.
pub(super) struct Known {
    /// As it is sent, in base64url.
    text: Box<str>,
    pub(super) algorithm: Algorithm,
    pub(super) issuer: Arc<str>,
    pub(super) kid: Option<Box<str>>,
    pub(super) typ: Option<Box<str>>,
}

/// The headers of one issuer's tokens. Only [`remember`](Self::remember) ever locks or allocates.
#[derive(Debug, Default)]
pub(super) struct Headers {
    /// The newest first.
    known: ArcSwap<Vec<Arc<Known>>>,
    /// How many were told while the list was full. Ordering: `Relaxed`; it is a matter of pace.
    passed_over: AtomicUsize,
}

impl Known {
    pub(super) fn new(text: &str, header: &Header<'_>, issuer: &Arc<str>) -> Self {
        Self {
            text: text.into(),
            algorithm: header.algorithm,
            issuer: Arc::clone(issuer),
            kid: header.kid.as_deref().map(Into::into),
            typ: header.typ.as_deref().map(Into::into),
        }
    }

    /// What reading it says.
    pub(super) fn header(&self) -> Header<'_> {
        Header {
            algorithm: self.algorithm,
            kid: self.kid.as_deref().map(Into::into),
            typ: self.typ.as_deref().map(Into::into),
        }
    }
}

/// Without the text, which is a part of tokens.
impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .field("typ", &self.typ)
            .finish_non_exhaustive()
    }
}

impl Headers {
    /// Those that are known now: see [`find`].
    pub(super) fn load(&self) -> Guard<Arc<Vec<Arc<Known>>>> {
        self.known.load()
    }

    /// Remembers the header of a token that was accepted. An issuer with more than [`MOST`] has
    /// some of them read each time; which ones changes slowly, so that keys that are not used
    /// any more are forgotten.
    pub(super) fn remember(&self, new: &Arc<Known>) {
        if new.text.len() > LONGEST {
            return;
        }
        let full = self.known.load().len() >= MOST;
        if full && self.passed_over.fetch_add(1, Ordering::Relaxed) % PACE != PACE - 1 {
            return;
        }
        self.known.rcu(|known| {
            let others = known.iter().filter(|other| other.text != new.text);
            [new].into_iter().chain(others).take(MOST).cloned().collect::<Vec<_>>()
        });
    }
}

/// The header of this text, if it is known.
pub(super) fn find<'k>(known: &'k [Arc<Known>], text: &str) -> Option<&'k Arc<Known>> {
    known.iter().find(|known| *known.text == *text)
}

/// Headers remembered for one issuer.
const MOST: usize = 4;

/// Longer ones, which carry certificates, are read each time. In bytes of base64url.
const LONGEST: usize = 1024;

/// When the list is full, one in so many headers that are not in it takes the place of the oldest.
const PACE: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str) -> Arc<Known> {
        let header = Header { algorithm: Algorithm::RS256, kid: Some("a".into()), typ: None };
        Arc::new(Known::new(text, &header, &"https://id.example.com".into()))
    }

    fn texts(headers: &Headers) -> Vec<String> {
        headers.load().iter().map(|known| known.text.to_string()).collect()
    }

    #[test]
    fn the_newest_few_are_remembered() {
        let headers = Headers::default();
        for text in ["a", "b", "a", "c", "d"] {
            headers.remember(&known(text));
        }
        assert_eq!(texts(&headers), ["d", "c", "a", "b"]);
        assert!(find(&headers.load(), "e").is_none());
        assert_eq!(find(&headers.load(), "b").unwrap().header().kid.as_deref(), Some("a"));
    }

    #[test]
    fn others_come_in_slowly_once_it_is_full() {
        let headers = Headers::default();
        for text in ["a", "b", "c", "d"] {
            headers.remember(&known(text));
        }
        for _ in 1..PACE {
            headers.remember(&known("e"));
            assert_eq!(texts(&headers), ["d", "c", "b", "a"]);
        }
        headers.remember(&known("e"));
        assert_eq!(texts(&headers), ["e", "d", "c", "b"]);
    }

    #[test]
    fn a_long_one_is_not_kept() {
        let headers = Headers::default();
        headers.remember(&known(&"x".repeat(LONGEST + 1)));
        assert_eq!(headers.load().len(), 0);
        headers.remember(&known(&"x".repeat(LONGEST)));
        assert_eq!(headers.load().len(), 1);
    }
}

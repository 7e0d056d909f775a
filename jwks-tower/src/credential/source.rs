//! Where a token may be: the header, a cookie, or a place of one's own.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE};

use super::{bearer_token, only_one};
use crate::{Head, Refusal};

/// The places where a token is looked for. The query is none of them: it ends in logs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources(Vec<Source>);

type Read = Arc<dyn Fn(&Head<'_>) -> Option<String> + Send + Sync>;

/// A place beside the header.
#[derive(Clone)]
pub(crate) enum Source {
    Cookie(Box<str>),
    Own(Read),
}

impl Sources {
    pub(crate) fn add(&mut self, source: Source) {
        self.0.push(source);
    }

    pub(crate) fn has_cookie(&self) -> bool {
        self.0.iter().any(|source| matches!(source, Source::Cookie(_)))
    }

    /// The only token that was presented. Nothing at all is no error; something else is.
    pub(crate) fn token<'r>(&self, head: &Head<'r>) -> Result<Option<Cow<'r, str>>, Refusal> {
        let values = head.headers.get_all(AUTHORIZATION).iter().map(|value| value.as_bytes());
        let header = bearer_token(values);
        if self.0.is_empty() {
            return header.map(|token| token.map(Cow::Borrowed));
        }
        let mut found = None;
        for source in &self.0 {
            match source {
                Source::Cookie(name) => {
                    for token in cookies(head, name) {
                        found = only_one(found, Some(Cow::Borrowed(token)))?;
                    }
                }
                Source::Own(read) => found = only_one(found, read(head).map(Cow::Owned))?,
            }
        }
        match header {
            Ok(token) => only_one(token.map(Cow::Borrowed), found),
            // Two were presented, whatever the other one is.
            Err(_) if found.is_some() => only_one(found.clone(), found),
            Err(refusal) => Err(refusal),
        }
    }
}

/// The values of the cookies of this name (RFC 6265, section 5.4), without those that are empty.
fn cookies<'r>(head: &Head<'r>, name: &str) -> impl Iterator<Item = &'r str> {
    let lines = head.headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.filter(move |(key, _)| key.trim_matches(' ') == name).filter_map(|(_, value)| {
        let value = value.trim_matches(' ');
        let inner = value.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(value);
        (!inner.is_empty()).then_some(inner)
    })
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cookie(name) => f.debug_tuple("Cookie").field(name).finish(),
            Self::Own(_) => f.write_str("Own"),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::Reason;

    fn read(headers: &[(&str, &str)]) -> Result<Option<String>, Reason> {
        let mut sources = Sources::default();
        sources.add(Source::Cookie("session".into()));
        sources.add(Source::Own(Arc::new(|head| {
            Some(head.headers.get("x-token")?.to_str().ok()?.to_owned())
        })));
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        let token = sources.token(&Head::of(&request));
        token.map(|it| it.map(Cow::into_owned)).map_err(|it| it.reason())
    }

    #[test]
    fn a_token_may_come_from_each_place() {
        let a = || Ok(Some("a".to_owned()));
        assert_eq!(read(&[("authorization", "Bearer a")]), a());
        assert_eq!(read(&[("cookie", "x=y; session=a;z=")]), a());
        assert_eq!(read(&[("cookie", "x=y"), ("cookie", "session=\"a\"")]), a());
        assert_eq!(read(&[("x-token", "a")]), a());
        assert_eq!(read(&[("cookie", "session=; sessions=b; xsession=c")]), Ok(None));
    }

    #[test]
    fn two_are_an_error() {
        for headers in [
            [("authorization", "Bearer a"), ("cookie", "session=a")],
            [("authorization", "Basic a"), ("cookie", "session=a")],
            [("x-token", "a"), ("cookie", "session=a")],
            [("authorization", "Bearer a"), ("x-token", "a")],
            [("x-a", ""), ("cookie", "session=a; session=a")],
        ] {
            assert_eq!(read(&headers), Err(Reason::InvalidRequest), "{headers:?}");
        }
        assert_eq!(read(&[("authorization", "Basic a")]), Err(Reason::OtherScheme));
    }
}

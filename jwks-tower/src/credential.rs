//! What was presented: a bearer token, nothing, or something else.

use std::borrow::Cow;

use crate::Refusal;

mod source;

pub(crate) use self::source::{Source, Sources};

/// Reads the token from the values of `Authorization` (RFC 6750, section 2.1), for frameworks that a
/// [`Guard`](crate::Guard) does not know. `None`: nothing was presented.
///
/// ```
/// let token = jwks_tower::bearer_token(["Bearer a.b.c".as_bytes()])?;
/// assert_eq!(token, Some("a.b.c"));
/// assert_eq!(jwks_tower::bearer_token([])?, None);
/// # Ok::<(), jwks_tower::Refusal>(())
/// ```
///
/// # Errors
///
/// Another scheme, two values, or `Bearer` without a token after it.
pub fn bearer_token<'h>(
    values: impl IntoIterator<Item = &'h [u8]>,
) -> Result<Option<&'h str>, Refusal> {
    let mut values = values.into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(TWO);
    }
    // As nearly all clients write it.
    let mut token = match value.strip_prefix(b"Bearer ") {
        Some(token) => token,
        None => after_scheme(value)?,
    };
    while let [b' ', rest @ ..] | [rest @ .., b' '] = token {
        token = rest;
    }
    if token.is_empty() {
        return Err(EMPTY);
    }
    std::str::from_utf8(token).map(Some).map_err(|_| ILLEGAL)
}

/// What follows `Bearer`, in any case.
#[cold]
fn after_scheme(value: &[u8]) -> Result<&[u8], Refusal> {
    let (scheme, rest) = match value.iter().position(|byte| *byte == b' ') {
        Some(end) => value.split_at(end),
        None => (value, &[] as &[u8]),
    };
    if scheme.eq_ignore_ascii_case(b"DPoP") {
        return Err(Refusal::dpop());
    }
    if !scheme.eq_ignore_ascii_case(b"Bearer") {
        // Without a scheme it is no credential of HTTP at all.
        let token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        let is_scheme = !scheme.is_empty() && scheme.iter().all(token);
        return Err(if is_scheme { Refusal::other_scheme() } else { ILLEGAL });
    }
    Ok(rest)
}

/// Whether it can be a bearer token at all (`b64token`, RFC 6750, section 2.1).
///
/// Asked for a token that is refused anyway: no token with other characters passes.
pub(crate) fn is_b64token(token: &str) -> bool {
    let value = token.trim_end_matches('=');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !value.is_empty() && value.bytes().all(allowed)
}

/// One token of several places; more than one is an error (RFC 6750, section 2).
pub(crate) fn only_one<'t>(
    found: Option<Cow<'t, str>>,
    more: Option<Cow<'t, str>>,
) -> Result<Option<Cow<'t, str>>, Refusal> {
    match (found, more) {
        (Some(_), Some(_)) => Err(TWO),
        (found, more) => Ok(found.or(more)),
    }
}

pub(crate) const ILLEGAL: Refusal =
    Refusal::invalid_request("the credential has characters that none can have");
const EMPTY: Refusal = Refusal::invalid_request("`Bearer` was presented without a token");
const TWO: Refusal = Refusal::invalid_request("more than one credential was presented");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reason;

    fn read(values: &[&'static str]) -> Result<Option<&'static str>, Reason> {
        bearer_token(values.iter().map(|value| value.as_bytes())).map_err(|it| it.reason())
    }

    #[test]
    fn the_scheme_is_read_in_any_case() {
        for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c", "bEaReR a.b.c "] {
            assert_eq!(read(&[value]), Ok(Some("a.b.c")), "{value:?}");
        }
        assert_eq!(read(&[]), Ok(None));
    }

    #[test]
    fn what_is_no_bearer_token_is_told_apart() {
        for (value, reason) in [
            ("Basic YTpi", Reason::OtherScheme),
            ("Bearera.b.c", Reason::OtherScheme),
            ("DPoP a.b.c", Reason::DpopNotSupported),
            ("dpop", Reason::DpopNotSupported),
            ("Bearer", Reason::InvalidRequest),
            ("Bearer ", Reason::InvalidRequest),
            ("Bearer\ta.b.c", Reason::InvalidRequest),
            ("", Reason::InvalidRequest),
            (" a.b.c", Reason::InvalidRequest),
            ("Bearer, a", Reason::InvalidRequest),
        ] {
            assert_eq!(read(&[value]), Err(reason), "{value:?}");
        }
        assert_eq!(read(&["Bearer a", "Bearer a"]), Err(Reason::InvalidRequest));
        let foreign = bearer_token([b"Bearer \xff\xfe".as_slice()]);
        assert_eq!(foreign.unwrap_err().reason(), Reason::InvalidRequest);
    }

    #[test]
    fn characters_that_no_token_has() {
        for token in ["a", "a.b-c_d~e+f/g", "ab=="] {
            assert!(is_b64token(token), "{token}");
        }
        for token in ["", "=", "a b", "a,b", "a=b", "\"a\"", "\u{e9}"] {
            assert!(!is_b64token(token), "{token}");
        }
    }
}

//! A token as a header.

use std::fmt;

use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};

/// Why a text is no bearer token. It shows nothing of the text.
#[derive(Clone, Copy, Eq, PartialEq, thiserror::Error)]
#[error("it is not a bearer token: it is {}", .0)]
pub struct NotAToken(&'static str);

impl fmt::Debug for NotAToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The header `Authorization` with this bearer token (RFC 6750, section 2.1), as it stands in a
/// file: white space around it is left out. For adapters whose users keep a token in a file.
///
/// # Errors
///
/// Fails if nothing is left, or if there is a character that no bearer token has.
pub fn bearer(token: &[u8]) -> Result<HeaderMap, NotAToken> {
    let token = token.trim_ascii();
    if token.is_empty() {
        return Err(NotAToken("empty"));
    }
    let fits = |b: &u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(b);
    let text = std::str::from_utf8(token).ok().filter(|_| token.iter().all(fits));
    let text = text.ok_or(NotAToken("not of the characters that tokens have"))?;
    let value = HeaderValue::try_from(format!("Bearer {text}"));
    let mut value = value.map_err(|_| NotAToken("not of the characters that tokens have"))?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_as_it_stands_in_a_file() {
        for text in ["abc.d-e_f~+/==", " abc.d-e_f~+/==\r\n", "\tabc.d-e_f~+/=="] {
            let headers = bearer(text.as_bytes()).unwrap();
            assert_eq!(headers[AUTHORIZATION], "Bearer abc.d-e_f~+/==");
            assert!(!format!("{headers:?}").contains("abc"));
        }
    }

    #[test]
    fn what_is_no_token_is_not_shown() {
        for text in ["", " \n", "hush hush", "hush\nhush", "hüsh", "\u{feff}hush", "hush\0"] {
            let error = bearer(text.as_bytes()).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("sh"), "{text}");
        }
        assert!(bearer(b"\xff").is_err());
    }
}

//! The JOSE header (RFC 7515 section 4): what selects the key, and nothing that could bring one.

use std::borrow::Cow;

use crate::keys::json::{self, Fault, NotText, Object};
use crate::keys::{Algorithm, MAX_KID};

use super::error::Error;
use super::token::Token;

/// Algorithm, key and type that the token claims to have. `jku`, `x5u`, `jwk` and `x5c` are not
/// even read: a token does not choose where its key comes from.
pub(crate) struct Header<'a> {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: Option<Cow<'a, str>>,
    pub(crate) typ: Option<Cow<'a, str>>,
}

impl Token<'_, '_> {
    /// Decodes the header into what [`Token::parse`] has left, and reads it; without allocation, if
    /// no string in it has escapes.
    pub(crate) fn header<'h>(&self, room: &'h mut [u8]) -> Result<Header<'h>, Error> {
        let text = std::str::from_utf8(self.decode_header(room)?)
            .map_err(|_| Error::malformed("the header is not UTF-8"))?;
        let object = Object::parse(text).map_err(|fault| {
            Error::malformed(match fault {
                Fault::NotAnObject => "the header is not a JSON object",
                Fault::NotJson { .. } => "the header is not JSON",
                Fault::NotUnicode => "the header has a name that is not valid Unicode text",
                Fault::RepeatedMember => "the header repeats a member",
            })
        })?;

        let name = string(&object, "alg", "`alg` is not a string")?
            .ok_or_else(|| Error::malformed("the header has no `alg`"))?;
        let kid = string(&object, "kid", "`kid` is not a string")?;
        let typ = string(&object, "typ", "`typ` is not a string")?;
        if kid.as_ref().is_some_and(|kid| kid.len() > MAX_KID) {
            return Err(Error::malformed("`kid` is longer than 256 bytes"));
        }
        // RFC 7515 section 4.1.11: a non-empty array of names of members that are there.
        let crit = object.get("crit");
        if let Some(crit) = crit {
            let names = json::strings(crit)
                .map_err(|fault| not_text("crit", fault, "`crit` is not a list of names"))?;
            let mut sorted: Vec<_> = names.iter().collect();
            sorted.sort_unstable();
            sorted.dedup();
            if names.is_empty() || sorted.len() != names.len() {
                return Err(Error::malformed("`crit` is not a list of different names"));
            }
        }

        let algorithm = name.parse().map_err(|_| Error::algorithm_not_allowed(&name))?;
        if crit.is_some() {
            return Err(Error::critical_header("crit"));
        }
        // RFC 7797: it changes what is signed, and never stands in a JWT (section 7).
        if object.get("b64").is_some() {
            return Err(Error::critical_header("b64"));
        }
        Ok(Header { algorithm, kid, typ })
    }
}

fn string<'a>(
    object: &Object<'a>,
    name: &str,
    wrong: &'static str,
) -> Result<Option<Cow<'a, str>>, Error> {
    let Some(value) = object.get(name) else { return Ok(None) };
    json::string(value).map(Some).map_err(|fault| not_text(name, fault, wrong))
}

/// Why a member or a claim is no string.
pub(super) fn not_text(name: &str, fault: NotText, wrong: &'static str) -> Error {
    match fault {
        NotText::NotUnicode => Error::malformed(format!("`{name}` is not valid Unicode text")),
        NotText::WrongType => Error::malformed(wrong),
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::ErrorKind;
    use super::*;
    use crate::keys::base64url::encode;

    fn read(header: &[u8]) -> Result<(Algorithm, Option<String>, Option<String>, bool), Error> {
        let text = format!("{}..", encode(header));
        let (token, room) = Token::kept(&text, 1 << 20)?;
        let header = token.header(room)?;
        let borrowed = matches!(header.kid, Some(Cow::Borrowed(_)));
        let (kid, typ) = (header.kid.map(Cow::into_owned), header.typ.map(Cow::into_owned));
        Ok((header.algorithm, kid, typ, borrowed))
    }

    fn kind(header: &str) -> ErrorKind {
        read(header.as_bytes()).unwrap_err().kind()
    }

    #[test]
    fn members_are_read_in_any_order_and_borrowed() {
        let text = br#" {"x5u":"https://evil/","typ":"JWT" , "kid":"k1","jwk":{"kty":"oct"},
            "alg":"RS256"}"#;
        let expected = (Algorithm::RS256, Some("k1".into()), Some("JWT".into()), true);
        assert_eq!(read(text).unwrap(), expected);
        let (_, kid, _, borrowed) = read(br#"{"alg":"ES256","kid":"k\u00311"}"#).unwrap();
        assert_eq!((kid.as_deref(), borrowed), (Some("k11"), false));
        assert_eq!(read(br#"{"alg":"EdDSA"}"#).unwrap(), (Algorithm::EdDSA, None, None, false));
    }

    #[test]
    fn wrong_shapes_are_malformed() {
        for header in [
            "",
            "[]",
            "{",
            "{} x",
            "{}",
            r#"{"alg":null}"#,
            r#"{"alg":["RS256"]}"#,
            r#"{"alg":"RS256","alg":"RS256"}"#,
            r#"{"alg":"RS256","\u0061lg":"none"}"#,
            r#"{"alg":"RS256","kid":1}"#,
            r#"{"alg":"RS256","kid":null}"#,
            r#"{"alg":"RS256","kid":"\ud800"}"#,
            r#"{"alg":"RS256","typ":{}}"#,
            r#"{"alg":"RS256","crit":[]}"#,
            r#"{"alg":"RS256","crit":"exp"}"#,
            r#"{"alg":"RS256","crit":[1]}"#,
            r#"{"alg":"RS256","crit":null}"#,
            r#"{"alg":"RS256","crit":["b64","b64"]}"#,
            r#"{"alg":"RS256","x":1,"x":2}"#,
        ] {
            assert_eq!(kind(header), ErrorKind::Malformed, "{header}");
        }
        assert_eq!(
            read(b"{\"alg\":\"RS256\",\"x\":\"\xff\"}").unwrap_err().kind(),
            ErrorKind::Malformed
        );
    }

    #[test]
    fn a_kid_has_at_most_256_bytes() {
        let header = |len| format!(r#"{{"alg":"RS256","kid":"{}"}}"#, "k".repeat(len));
        assert!(read(header(256).as_bytes()).is_ok());
        assert_eq!(kind(&header(257)), ErrorKind::Malformed);
    }

    #[test]
    fn no_symmetric_algorithm_and_none_in_no_spelling() {
        for name in
            ["none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "ES256K", "rs256"]
        {
            let header = format!(r#"{{"alg":"{name}"}}"#);
            assert_eq!(kind(&header), ErrorKind::AlgorithmNotAllowed, "{name}");
        }
    }

    #[test]
    fn extensions_are_refused() {
        for header in [
            r#"{"alg":"RS256","crit":["exp"],"exp":1}"#,
            r#"{"alg":"RS256","crit":["b64"],"b64":true}"#,
            r#"{"alg":"RS256","b64":false}"#,
            r#"{"alg":"RS256","b64":true}"#,
        ] {
            assert_eq!(kind(header), ErrorKind::CriticalHeader, "{header}");
        }
    }
}

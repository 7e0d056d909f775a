//! A strict reader of `WWW-Authenticate`.

use std::{error::Error, fmt};

use http::{HeaderMap, header::WWW_AUTHENTICATE};

/// One challenge (RFC 9110, section 11.3), as a client that follows the grammar to the letter
/// reads it.
///
/// ```
/// use jwks_testkit::Challenge;
///
/// let text = r#"Bearer realm="orders", error="invalid_token""#;
/// let [bearer] = &Challenge::parse(text)?[..] else { panic!("one challenge") };
/// assert!(bearer.is("bearer"));
/// assert_eq!(bearer.param("error"), Some("invalid_token"));
///
/// let error = Challenge::parse(r#"Bearer realm="orders" error="invalid_token""#).unwrap_err();
/// assert_eq!(error.to_string(), "a comma is missing at byte 22");
/// # Ok::<(), jwks_testkit::ChallengeError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Challenge {
    params: Vec<Param>,
    scheme: String,
    token68: Option<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Param {
    name: String,
    quoted: bool,
    value: String,
}

/// What is wrong with a challenge, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChallengeError {
    at: Option<usize>,
    what: String,
}

impl Challenge {
    /// The challenges of one header value (RFC 9110, section 11.6.1), at least one.
    ///
    /// It is read as a sender must write it: no empty elements, no white space around `=`, no
    /// parameter twice.
    ///
    /// # Errors
    ///
    /// What breaks the grammar, and at which byte.
    pub fn parse(value: &str) -> Result<Vec<Self>, ChallengeError> {
        let mut reader = Reader { at: 0, text: value };
        let mut challenges = vec![reader.challenge()?];
        while !reader.is_done() {
            reader.comma()?;
            challenges.push(reader.challenge()?);
        }
        Ok(challenges)
    }

    /// The challenges of all `WWW-Authenticate` headers, in order; none if there is no header.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse); and if a value is no ASCII text.
    pub fn of(headers: &HeaderMap) -> Result<Vec<Self>, ChallengeError> {
        let mut challenges = Vec::new();
        for value in headers.get_all(WWW_AUTHENTICATE) {
            let text = value.to_str().map_err(|_| ChallengeError::new("a value is no ASCII"))?;
            challenges.extend(Self::parse(text)?);
        }
        Ok(challenges)
    }

    /// Whether this is its scheme, in any case of letters.
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// Its scheme, as it is written.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The value of a parameter, without quotes and escapes; its name is in any case of letters.
    pub fn param(&self, name: &str) -> Option<&str> {
        let param = self.params.iter().find(|param| param.name.eq_ignore_ascii_case(name));
        param.map(|param| param.value.as_str())
    }

    /// All parameters, in order.
    pub fn params(&self) -> impl Iterator<Item = (&str, &str)> {
        self.params.iter().map(|param| (param.name.as_str(), param.value.as_str()))
    }

    /// Whether it keeps the rules for OAuth: a parameter at least, each value of the characters
    /// that are allowed (RFC 6750, section 3), `realm` in quotes (RFC 9110, section 11.5).
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn check_oauth(&self) -> Result<(), ChallengeError> {
        let wrong = |what: String| Err(ChallengeError { at: None, what });
        if self.token68.is_some() {
            return wrong(format!("{} takes parameters, not a token68", self.scheme));
        }
        if self.params.is_empty() {
            return wrong(format!("{} needs a parameter at least", self.scheme));
        }
        for Param { name, quoted, value } in &self.params {
            let name = name.to_ascii_lowercase();
            let kept = match name.as_str() {
                "realm" | "resource_metadata" => *quoted,
                "scope" => value.split(' ').all(|it| !it.is_empty() && it.bytes().all(is_scope)),
                "error" => !value.is_empty() && value.bytes().all(|it| it == b' ' || is_scope(it)),
                "error_description" => value.bytes().all(|it| it == b' ' || is_scope(it)),
                "error_uri" => !value.is_empty() && value.bytes().all(is_scope),
                _ => true,
            };
            if !kept {
                return wrong(format!("the value of `{name}` is not as its standard wants it"));
            }
        }
        Ok(())
    }
}

/// What a scope token, or an error code without its spaces, is made of (RFC 6750, section 3).
const fn is_scope(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)
}

impl ChallengeError {
    fn new(what: &str) -> Self {
        Self { at: None, what: what.to_owned() }
    }
}

impl fmt::Display for ChallengeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.at.map_or(Ok(()), |at| write!(f, " at byte {at}"))
    }
}

impl Error for ChallengeError {}

struct Reader<'a> {
    at: usize,
    text: &'a str,
}

impl<'a> Reader<'a> {
    fn challenge(&mut self) -> Result<Challenge, ChallengeError> {
        let scheme = self.token().ok_or_else(|| self.wrong("a scheme is missing"))?.to_owned();
        let mut challenge = Challenge { params: Vec::new(), scheme, token68: None };
        if self.is_done() || self.peek() == Some(b',') {
            return Ok(challenge);
        }
        if self.spaces() == 0 {
            return Err(self.wrong("a scheme has a character that is not allowed"));
        }
        if let Some(text) = self.token68() {
            challenge.token68 = Some(text.to_owned());
            return Ok(challenge);
        }
        loop {
            let param = self.param()?;
            if challenge.param(&param.name).is_some() {
                return Err(self.wrong(&format!("`{}` is there twice, the second one", param.name)));
            }
            challenge.params.push(param);
            if self.is_done() || !self.a_param_follows()? {
                return Ok(challenge);
            }
            self.comma()?;
        }
    }

    /// After a parameter: whether the comma here leads to another one, and not to a new challenge.
    fn a_param_follows(&self) -> Result<bool, ChallengeError> {
        let mut ahead = Reader { at: self.at, text: self.text };
        ahead.comma()?;
        Ok(ahead.token().is_some() && ahead.peek().is_some_and(|byte| byte == b'='))
    }

    fn param(&mut self) -> Result<Param, ChallengeError> {
        let name = self.token().ok_or_else(|| self.wrong("a parameter is missing"))?.to_owned();
        if !self.take(b'=') {
            return Err(self.wrong(&format!("`=` is missing after `{name}`")));
        }
        if self.take(b'"') {
            return Ok(Param { name, quoted: true, value: self.quoted()? });
        }
        let value = self.token().ok_or_else(|| self.wrong("a value is missing"))?.to_owned();
        Ok(Param { name, quoted: false, value })
    }

    /// The rest of a quoted string (RFC 9110, section 5.6.4).
    fn quoted(&mut self) -> Result<String, ChallengeError> {
        let mut value = String::new();
        loop {
            let byte = self.peek().ok_or_else(|| self.wrong("a quoted string does not end"))?;
            self.at += 1;
            match byte {
                b'"' => return Ok(value),
                b'\\' => {
                    let escaped = self.peek().filter(|byte| matches!(byte, b'\t' | b' '..=b'~'));
                    let escaped = escaped.ok_or_else(|| self.wrong("an escape is not allowed"))?;
                    self.at += 1;
                    value.push(char::from(escaped));
                }
                b'\t' | b' '..=b'~' => value.push(char::from(byte)),
                _ => return Err(self.wrong("a quoted string has a character that is not allowed")),
            }
        }
    }

    /// A comma between elements, with white space around it.
    fn comma(&mut self) -> Result<(), ChallengeError> {
        self.spaces();
        if !self.take(b',') {
            return Err(self.wrong("a comma is missing"));
        }
        self.spaces();
        if self.is_done() || self.peek() == Some(b',') {
            return Err(self.wrong("an element is empty"));
        }
        Ok(())
    }

    /// A token68 that is all there is up to a comma or the end.
    fn token68(&mut self) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        let text = rest.split([',', ' ', '\t']).next().unwrap_or_default();
        let body = text.trim_end_matches('=');
        let is_body = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        if body.is_empty() || !body.bytes().all(is_body) {
            return None;
        }
        let after = rest[text.len()..].trim_start_matches([' ', '\t']);
        if !(after.is_empty() || after.starts_with(',')) {
            return None;
        }
        self.at += text.len();
        Some(text)
    }

    /// A token (RFC 9110, section 5.6.2).
    fn token(&mut self) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let len = rest.bytes().take_while(|byte| is_token(*byte)).count();
        self.at += len;
        (len > 0).then(|| &rest[..len])
    }

    fn spaces(&mut self) -> usize {
        let rest = &self.text[self.at..];
        let len = rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        self.at += len;
        len
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn is_done(&self) -> bool {
        self.at == self.text.len()
    }

    fn wrong(&self, what: &str) -> ChallengeError {
        ChallengeError { at: Some(self.at), what: what.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let shown = |challenge: &Challenge| {
            let mut shown = challenge.scheme.clone();
            shown.extend(challenge.token68.iter().map(|text| format!(" {text}")));
            shown.extend(challenge.params().map(|(name, value)| format!(" {name}={value}")));
            shown
        };
        let challenges = Challenge::parse(text).map_err(|error| error.to_string())?;
        Ok(challenges.iter().map(shown).collect())
    }

    #[test]
    fn what_the_grammar_allows_is_read() {
        for (text, expected) in [
            ("Negotiate", vec!["Negotiate"]),
            ("Bearer realm=\"a\"", vec!["Bearer realm=a"]),
            (r#"Bearer realm="a \"b\", c" , error=x"#, vec![r#"Bearer realm=a "b", c error=x"#]),
            (
                "Basic realm=\"a\", Bearer realm=\"b\",error=\"c\"",
                vec!["Basic realm=a", "Bearer realm=b error=c"],
            ),
            ("Negotiate abc==, Bearer realm=\"b\"", vec!["Negotiate abc==", "Bearer realm=b"]),
            ("Negotiate, Bearer realm=\"b\"", vec!["Negotiate", "Bearer realm=b"]),
            ("Bearer realm=\"\"", vec!["Bearer realm="]),
        ] {
            assert_eq!(
                read(text),
                Ok(expected.iter().map(|it| (*it).to_owned()).collect()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_the_grammar_forbids_is_named() {
        for (text, what) in [
            ("", "a scheme is missing at byte 0"),
            ("Bearer realm=\"a\" error=\"b\"", "a comma is missing at byte 17"),
            ("Bearer realm=\"a\",, error=\"b\"", "an element is empty at byte 17"),
            ("Bearer realm=\"a\",", "an element is empty at byte 17"),
            ("Bearer realm=\"a", "a quoted string does not end at byte 15"),
            ("Bearer realm = \"a\"", "`=` is missing after `realm` at byte 12"),
            ("Bearer realm=a b", "a comma is missing at byte 15"),
            ("Bearer a=\"b\", realm=", "a value is missing at byte 20"),
            (
                "Bearer realm=\"a\", Realm=\"b\"",
                "`Realm` is there twice, the second one at byte 27",
            ),
            (
                "Bearer error=\"caf\u{e9}\"",
                "a quoted string has a character that is not allowed at byte 18",
            ),
            ("Bearer: realm=\"a\"", "a scheme has a character that is not allowed at byte 6"),
            ("Bearer realm=\"a\"; error=\"b\"", "a comma is missing at byte 16"),
        ] {
            assert_eq!(read(text), Err(what.to_owned()), "{text}");
        }
    }

    #[test]
    fn rules_of_oauth_are_checked() {
        let check = |text: &str| {
            let challenges = Challenge::parse(text).expect("the grammar is kept");
            challenges[0].check_oauth().map_err(|error| error.to_string())
        };
        assert_eq!(check("Bearer realm=\"a\", scope=\"a b\", error=\"invalid_token\""), Ok(()));
        for text in [
            "Bearer",
            "Bearer abc",
            "Bearer realm=a",
            "Bearer scope=\"a  b\"",
            "Bearer scope=\"\"",
            "Bearer error=\"\"",
            r#"Bearer error_description="a \"b\"""#,
        ] {
            assert!(check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn several_headers_are_one_list() {
        let mut headers = HeaderMap::new();
        assert_eq!(Challenge::of(&headers), Ok(Vec::new()));
        for value in ["Basic realm=\"a\"", "Bearer realm=\"b\""] {
            headers.append(WWW_AUTHENTICATE, value.parse().unwrap());
        }
        let challenges = Challenge::of(&headers).unwrap();
        assert!(challenges[0].is("BASIC") && challenges[1].param("Realm") == Some("b"));
    }
}

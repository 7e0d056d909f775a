//! The registered claims (RFC 7519 section 4.1), read once from the payload.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::keys::Key;
use crate::keys::json::{self, Fault, NotText, Object};
use crate::keys::unicode::is_unicode;

use super::error::Error;
use super::header::not_text;
use super::templated::Templated;
use super::token::Token;

/// The claims that are checked here; not verified until the signature is.
pub(crate) struct Claims<'a> {
    pub(crate) audience: Option<Audience<'a>>,
    pub(crate) expires: Option<NumericDate>,
    pub(crate) issued_at: Option<NumericDate>,
    pub(crate) issuer: Option<Cow<'a, str>>,
    pub(crate) not_before: Option<NumericDate>,
    /// `None` too if it may be of any type.
    pub(crate) subject: Option<Cow<'a, str>>,
    object: Object<'a>,
    text: &'a str,
}

impl<'b> Token<'_, 'b> {
    /// The payload as text.
    pub(super) fn payload(&self) -> Result<&'b str, Error> {
        let text = std::str::from_utf8(self.payload_bytes());
        text.map_err(|_| Error::malformed("the payload is not UTF-8"))
    }

    /// Reads the registered claims; refuses wrong types and repeated members. `any_sub`: the type of
    /// `sub` is not looked at.
    pub(crate) fn claims(&self, any_sub: bool) -> Result<Claims<'b>, Error> {
        let text = self.payload()?;
        let object = Object::parse(text).map_err(|fault| {
            Error::malformed(match fault {
                Fault::NotAnObject => "the payload is not a JSON object",
                Fault::NotJson { .. } => "the payload is not JSON",
                Fault::NotUnicode => "the payload has a name that is not valid Unicode text",
                Fault::RepeatedMember => "the payload repeats a claim",
            })
        })?;
        let read = Reader(&object);
        read.string("jti", "`jti` is not a string")?;
        let subject = if any_sub { None } else { read.string("sub", "`sub` is not a string")? };
        let issued_at = read.date("iat", "`iat` is not a number")?;
        let audience = match object.get("aud") {
            Some(value) => Some(Audience::read(value).map_err(|fault| {
                let wrong = "`aud` is neither a string nor an array of strings";
                not_text("aud", fault, wrong)
            })?),
            None => None,
        };
        let expires = read.date("exp", "`exp` is not a number")?;
        let issuer = read.string("iss", "`iss` is not a string")?;
        let not_before = read.date("nbf", "`nbf` is not a number")?;
        Ok(Claims { audience, expires, issued_at, issuer, not_before, subject, object, text })
    }

    /// Whose token it says to be: read before the signature, to choose among keys that are for one
    /// issuer each. What cannot be read is missing here, and reported with the claims.
    pub(super) fn bearer(&self) -> Bearer<'b> {
        let Some(object) = self.payload().ok().and_then(|text| Object::parse(text).ok()) else {
            return Bearer { iss: None, tid: None };
        };
        let claim = |name| object.get(name).and_then(|value| json::string(value).ok());
        Bearer { iss: claim("iss"), tid: claim("tid") }
    }
}

/// Issuer and tenant by the token's own word, which nothing has verified.
pub(super) struct Bearer<'a> {
    iss: Option<Cow<'a, str>>,
    tid: Option<Cow<'a, str>>,
}

impl Bearer<'_> {
    /// Whether the key is for such tokens, of an issuer that may have many tenants.
    pub(super) fn is_served_by(&self, key: &Key, templated: Option<&Templated>) -> bool {
        if let (Some(templated), Some(tid)) = (templated, &self.tid) {
            return templated.is_served_by(key, tid);
        }
        match &self.iss {
            Some(iss) => key.serves(iss, self.tid.as_deref()),
            None => key.issuer().is_none(),
        }
    }
}

impl<'a> Claims<'a> {
    /// `tid`: the tenant, where an issuer has many.
    pub(super) fn tenant(&self) -> Result<Option<Cow<'a, str>>, Error> {
        Reader(&self.object).string("tid", "`tid` is not a string")
    }

    /// Whether the claim is there and is not `null`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.get(name).is_some_and(|value| value.get() != "null")
    }

    /// One claim as the caller's own type.
    pub(crate) fn claim<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.object.get(name)?.get()).ok()
    }

    /// All claims as the caller's own type.
    pub(crate) fn deserialize<T: Deserialize<'a>>(&self) -> Result<T, Error> {
        // serde's message may quote a value, so nothing of it goes on.
        serde_json::from_str(self.text).map_err(|error| match error.classify() {
            Category::Data => {
                let claim = claim_at_fault(&error, self.text, &self.object);
                Error::claims_shape(std::any::type_name::<T>(), claim.as_deref())
            }
            // Its grammar has been checked, so it is one of what serde_json refuses beside that.
            _ if !is_unicode(self.text) => {
                Error::malformed("the payload has text that is not valid Unicode")
            }
            _ if !json::nests_within(self.text, MAX_DEPTH) => {
                Error::malformed("the payload nests too deep")
            }
            _ => Error::malformed("the payload has a number out of range"),
        })
    }
}

/// The name of the claim that this error is about, if it can be told: one that is missing, or the
/// one in which serde has stopped to read.
fn claim_at_fault(error: &serde_json::Error, text: &str, object: &Object<'_>) -> Option<Box<str>> {
    let message = error.to_string();
    if let Some(name) = message.strip_prefix("missing field `") {
        return name.split_once('`').map(|(name, _)| name.into());
    }
    let lines = text.split_inclusive('\n').take(error.line().checked_sub(1)?);
    let read = lines.map(str::len).sum::<usize>() + error.column();
    object.name_at(text, read).map(Into::into)
}

/// Deepest nesting that serde_json reads into a type.
const MAX_DEPTH: usize = 127;

/// `aud` (RFC 7519 section 4.1.3).
pub(crate) enum Audience<'a> {
    Many(Vec<Cow<'a, str>>),
    One(Cow<'a, str>),
}

impl<'a> Audience<'a> {
    pub(crate) fn names(&self, ours: &str) -> bool {
        match self {
            Self::Many(all) => all.iter().any(|one| one == ours),
            Self::One(one) => one == ours,
        }
    }

    fn read(value: &'a RawValue) -> Result<Self, NotText> {
        match json::string(value) {
            Ok(one) => Ok(Self::One(one)),
            Err(NotText::NotUnicode) => Err(NotText::NotUnicode),
            Err(NotText::WrongType) => json::strings(value).map(Self::Many),
        }
    }
}

/// A NumericDate (RFC 7519 section 2) in nanoseconds since 1970; what lies beyond 10^21 years
/// counts as its end.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct NumericDate(i128);

impl NumericDate {
    pub(crate) fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }

    /// `None` if it lies beyond what the system's time can tell.
    pub(crate) fn to_system_time(self) -> Option<SystemTime> {
        let seconds = u64::try_from(self.0.unsigned_abs() / u128::from(NANOS)).ok()?;
        let rest = u32::try_from(self.0.unsigned_abs() % u128::from(NANOS)).ok()?;
        let distance = Duration::new(seconds, rest);
        if self.0 < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) }
    }

    pub(super) fn from_seconds(seconds: i64) -> Self {
        Self(i128::from(seconds) * i128::from(NANOS))
    }

    /// Integers are read exactly; others as the nearest `f64`. `None` if it is no finite number.
    fn read(value: &RawValue) -> Option<Self> {
        let text = value.get();
        if let Ok(seconds) = text.parse() {
            return Some(Self::from_seconds(seconds));
        }
        if !is_number(value) {
            return None;
        }
        let seconds: f64 = text.parse().ok().filter(|seconds: &f64| seconds.is_finite())?;
        // The cast saturates, and there is no NaN left.
        Some(Self((seconds * NANOS as f64) as i128))
    }
}

impl From<SystemTime> for NumericDate {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self(nanos(after)),
            Err(before) => Self(-nanos(before.duration())),
        }
    }
}

struct Reader<'o, 'a>(&'o Object<'a>);

impl<'a> Reader<'_, 'a> {
    fn date(&self, name: &str, wrong: &'static str) -> Result<Option<NumericDate>, Error> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        NumericDate::read(value).map(Some).ok_or_else(|| {
            if is_number(value) {
                Error::malformed(format!("`{name}` is out of range"))
            } else {
                Error::malformed(wrong)
            }
        })
    }

    fn string(&self, name: &str, wrong: &'static str) -> Result<Option<Cow<'a, str>>, Error> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        json::string(value).map(Some).map_err(|fault| not_text(name, fault, wrong))
    }
}

fn is_number(value: &RawValue) -> bool {
    value.get().starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

fn nanos(duration: Duration) -> i128 {
    i128::from(duration.as_secs()) * i128::from(NANOS) + i128::from(duration.subsec_nanos())
}

const NANOS: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::super::error::ErrorKind;
    use super::*;
    use crate::keys::base64url::encode;

    fn with<R>(payload: &str, then: impl FnOnce(Result<Claims<'_>, Error>) -> R) -> R {
        let text = format!(".{}.", encode(payload.as_bytes()));
        then(Token::kept(&text, 1 << 20).unwrap().0.claims(false))
    }

    fn expires(number: &str) -> Option<i128> {
        with(&format!(r#"{{"exp":{number}}}"#), |claims| {
            claims.ok().map(|claims| claims.expires.unwrap().0)
        })
    }

    #[test]
    fn numbers_of_every_kind_are_dates() {
        let second = i128::from(NANOS);
        for (text, nanos) in [
            ("0", 0),
            ("-0", 0),
            ("1700000000", 1_700_000_000 * second),
            ("-5", -5 * second),
            ("1.5", second + second / 2),
            ("1.7e9", 1_700_000_000 * second),
            ("9223372036854775807", i128::from(i64::MAX) * second),
            ("1e300", i128::MAX),
            ("-1e300", i128::MIN),
            ("1e-300", 0),
        ] {
            assert_eq!(expires(text), Some(nanos), "{text}");
        }
        assert!(expires("18446744073709551616").unwrap() > i128::from(u64::MAX) * second / 2);
        assert!(expires(&"9".repeat(200)).is_some());
    }

    #[test]
    fn other_values_are_no_dates() {
        for text in ["\"1700000000\"", "null", "true", "[1]", "{}", "1e400", "-1e400"] {
            assert_eq!(expires(text), None, "{text}");
        }
        assert_eq!(expires(&"9".repeat(400)), None);
    }

    #[test]
    fn dates_and_system_times_convert() {
        for nanos in [0, 1, -1, 1_700_000_000_000_000_001, -1_700_000_000_000_000_001] {
            let time = NumericDate(nanos).to_system_time().unwrap();
            assert_eq!(NumericDate::from(time), NumericDate(nanos));
        }
        assert_eq!(NumericDate(i128::MAX).to_system_time(), None);
        assert_eq!(NumericDate(i128::MIN).to_system_time(), None);
        assert_eq!(NumericDate(i128::MAX).plus(Duration::MAX), NumericDate(i128::MAX));
    }

    #[test]
    fn the_audience_is_one_or_many() {
        let names = |aud: &str, ours: &str| {
            with(&format!(r#"{{"aud":{aud}}}"#), |claims| {
                claims.unwrap().audience.unwrap().names(ours)
            })
        };
        assert!(names(r#""a""#, "a"));
        assert!(!names(r#""a""#, "b"));
        assert!(names(r#"["a","b"]"#, "b"));
        assert!(!names("[]", "a"));
        for aud in ["1", "null", "{}", "[1]", r#"["a",null]"#, r#"["a",["b"]]"#] {
            let kind = with(&format!(r#"{{"aud":{aud}}}"#), |claims| claims.err().unwrap().kind());
            assert_eq!(kind, ErrorKind::Malformed, "{aud}");
        }
    }

    #[test]
    fn wrong_shapes_are_malformed() {
        for payload in [
            "",
            "[]",
            "{",
            "null",
            r#"{"iss":1}"#,
            r#"{"iss":null}"#,
            r#"{"sub":{}}"#,
            r#"{"jti":7}"#,
            r#"{"nbf":"1"}"#,
            r#"{"iat":false}"#,
            r#"{"exp":1,"exp":2}"#,
            r#"{"own":1,"own":2}"#,
            r#"{"exp":1,"\u0065xp":2}"#,
        ] {
            let kind = with(payload, |claims| claims.err().map(|error| error.kind()));
            assert_eq!(kind, Some(ErrorKind::Malformed), "{payload}");
        }
    }

    #[test]
    fn a_type_that_does_not_fit_is_told_without_values() {
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "only its shape matters")]
        struct Own {
            groups: Vec<u8>,
        }
        let error = with(r#"{"groups":"secret-value"}"#, |claims| {
            claims.unwrap().deserialize::<Own>().unwrap_err()
        });
        assert_eq!(error.kind(), ErrorKind::ClaimsShape);
        let text = error.to_string();
        assert!(text.starts_with("the claim `groups` does not fit the type `"), "{text}");
        assert!(text.ends_with("::Own`"), "{text}");
        assert!(!format!("{error:?} {error}").contains("secret"));
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(500), "]".repeat(500));
        let error =
            with(&deep, |claims| claims.unwrap().deserialize::<serde_json::Value>().unwrap_err());
        assert_eq!(error.kind(), ErrorKind::Malformed);
    }
}

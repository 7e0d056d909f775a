//! The registered claims, for services that need no others.

use std::fmt;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The registered claims of RFC 7519, section 4.1, that are names or ids. The times are already
/// checked; see [`Verified::expires_at`](super::Verified::expires_at).
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[non_exhaustive]
pub struct Registered {
    /// Who the token is meant for (`aud`). Empty if the token has no `aud`.
    #[serde(default, deserialize_with = "one_or_many")]
    pub aud: Vec<String>,
    /// Who issued the token (`iss`): the configured issuer that it matched. Empty if the token has no
    /// `iss`, and [may be without](super::Issuer::without_iss).
    #[serde(default)]
    pub iss: String,
    /// The id of the token (`jti`), if it has one.
    pub jti: Option<String>,
    /// Who the token is about (`sub`), if it has one. `None` too if it is not a string, and
    /// [may be something else](super::Issuer::any_sub).
    #[serde(default, deserialize_with = "text_or_none")]
    pub sub: Option<String>,
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct OneOrMany;

    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string or an array of strings")
        }

        fn visit_str<E>(self, one: &str) -> Result<Vec<String>, E> {
            Ok(vec![one.to_owned()])
        }

        fn visit_string<E>(self, one: String) -> Result<Vec<String>, E> {
            Ok(vec![one])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, many: A) -> Result<Vec<String>, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(many))
        }
    }

    deserializer.deserialize_any(OneOrMany)
}

/// A string; or nothing, for whatever else it is.
fn text_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    struct TextOrNone;

    impl<'de> Visitor<'de> for TextOrNone {
        type Value = Option<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a value")
        }

        fn visit_bool<E>(self, _: bool) -> Result<Option<String>, E> {
            Ok(None)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Option<String>, E> {
            Ok(None)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Option<String>, E> {
            Ok(None)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Option<String>, E> {
            Ok(None)
        }

        fn visit_str<E>(self, text: &str) -> Result<Option<String>, E> {
            Ok(Some(text.to_owned()))
        }

        fn visit_string<E>(self, text: String) -> Result<Option<String>, E> {
            Ok(Some(text))
        }

        fn visit_unit<E>(self) -> Result<Option<String>, E> {
            Ok(None)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, many: A) -> Result<Option<String>, A::Error> {
            IgnoredAny.visit_seq(many).map(|_| None)
        }

        fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Option<String>, A::Error> {
            IgnoredAny.visit_map(object).map(|_| None)
        }
    }

    deserializer.deserialize_any(TextOrNone)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_audience_is_one_or_many() {
        let aud = |aud: &str| {
            let claims = format!(r#"{{"iss":"i"{aud}}}"#);
            serde_json::from_str::<Registered>(&claims).ok().map(|claims| claims.aud)
        };
        assert_eq!(aud("").unwrap(), [""; 0]);
        assert_eq!(aud(r#","aud":"a""#).unwrap(), ["a"]);
        assert_eq!(aud(r#","aud":"a\nb""#).unwrap(), ["a\nb"]);
        assert_eq!(aud(r#","aud":[]"#).unwrap(), [""; 0]);
        assert_eq!(aud(r#","aud":["a","\u0062"]"#).unwrap(), ["a", "b"]);
        for other in ["null", "1", "{}", "[1]", r#"["a",null]"#, r#"[["a"]]"#] {
            assert!(aud(&format!(r#","aud":{other}"#)).is_none(), "{other}");
        }
    }

    #[test]
    fn text_that_is_handed_over_is_taken() {
        let claims = json!({"iss": "i", "aud": "a", "sub": "s", "jti": "j"});
        let registered: Registered = serde_json::from_value(claims).unwrap();
        assert_eq!((registered.aud, registered.sub.as_deref()), (vec!["a".to_owned()], Some("s")));
        let claims = json!({"aud": ["a", "b"]});
        assert_eq!(serde_json::from_value::<Registered>(claims).unwrap().aud, ["a", "b"]);
    }

    #[test]
    fn a_subject_that_is_no_text_is_none() {
        for sub in ["true", "-1", "1", "1.5", "null", "[1,[2]]", r#"{"a":{"b":1}}"#] {
            let claims = format!(r#"{{"sub":{sub},"jti":"j"}}"#);
            let registered: Registered = serde_json::from_str(&claims).unwrap();
            assert_eq!((registered.sub, registered.jti.as_deref()), (None, Some("j")), "{sub}");
        }
    }
}

//! JSON objects of foreign origin: every member name once, values left as text until asked for.
//!
//! Key sets, keys, token headers and claims are all read through here, so that faults are found
//! and named alike. Values are kept as raw text because what a wrong type means differs: it makes
//! one key unusable, but a whole token malformed; and nothing here allocates for an object of usual
//! size.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

/// An object's members in their order.
pub(crate) struct Object<'a> {
    first: [Option<Member<'a>>; INLINE],
    len: usize,
    rest: Vec<Member<'a>>,
    repeats: bool,
}

impl<'a> Object<'a> {
    /// Reads an object and refuses a repeated member.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Fault> {
        let object = Self::parse_repeating(text)?;
        if object.repeats { Err(Fault::RepeatedMember) } else { Ok(object) }
    }

    /// Reads an object whose members may be repeated: see [`repeats`](Self::repeats).
    pub(super) fn parse_repeating(text: &'a str) -> Result<Self, Fault> {
        let mut object: Self =
            serde_json::from_str(text).map_err(|error| match error.classify() {
                Category::Data => Fault::NotAnObject,
                // As raw text names are not decoded, so what is left to go wrong is the grammar.
                _ if serde_json::from_str::<&RawValue>(text).is_ok() => Fault::NotUnicode,
                _ => Fault::NotJson { line: error.line(), column: error.column() },
            })?;
        object.repeats |= object.rest_repeats();
        Ok(object)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.members().find(|member| member.name == name).map(|member| member.value)
    }

    /// The name of the member that a reader of `text`, which the object was read from, is in when it
    /// has read so many bytes. None behind the last one.
    pub(crate) fn name_at(&self, text: &str, read: usize) -> Option<&str> {
        let end = |value: &RawValue| value.get().as_ptr().addr() + value.get().len();
        let at = text.as_ptr().addr() + read;
        let ahead = self.members().filter(|member| at <= end(member.value));
        ahead.min_by_key(|member| end(member.value)).map(|member| member.name.as_ref())
    }

    /// The value of a member that is not repeated.
    pub(super) fn get_unrepeated(&self, name: &str) -> Option<&'a RawValue> {
        let mut found = self.members().filter(|member| member.name == name);
        let value = found.next()?.value;
        found.next().is_none().then_some(value)
    }

    /// Whether a member is repeated.
    pub(super) const fn repeats(&self) -> bool {
        self.repeats
    }

    /// All members, in no order.
    pub(super) fn into_members(self) -> impl Iterator<Item = (Cow<'a, str>, &'a RawValue)> {
        let all = self.first.into_iter().flatten().chain(self.rest);
        all.map(|member| (member.name, member.value))
    }

    /// The values of all members.
    pub(super) fn values(&self) -> impl Iterator<Item = &'a RawValue> {
        self.members().map(|member| member.value)
    }

    fn members(&self) -> impl Iterator<Item = &Member<'a>> {
        self.first.iter().flatten().chain(&self.rest)
    }

    fn push(&mut self, member: Member<'a>) {
        self.repeats |= self.first.iter().flatten().any(|earlier| earlier.name == member.name);
        match self.first.get_mut(self.len) {
            Some(slot) => {
                *slot = Some(member);
                self.len += 1;
            }
            None => self.rest.push(member),
        }
    }

    /// Sorts what did not fit inline: comparing each with each would let a large object cost its
    /// square.
    fn rest_repeats(&mut self) -> bool {
        self.rest.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        self.rest.windows(2).any(|pair| matches!(pair, [a, b] if a.name == b.name))
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut object = Object {
                    first: [const { None }; INLINE],
                    len: 0,
                    rest: Vec::new(),
                    repeats: false,
                };
                while let Some((Name(name), value)) = map.next_entry()? {
                    object.push(Member { name, value });
                }
                Ok(object)
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// Why a text is no [`Object`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    NotAnObject,
    NotJson {
        column: usize,
        line: usize,
    },
    /// It is JSON, but an escape in a member's name is half of a surrogate pair (RFC 8259 section
    /// 8.2).
    NotUnicode,
    RepeatedMember,
}

/// Why a value is no text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NotText {
    /// An escape in it is half of a surrogate pair (RFC 8259 section 8.2).
    NotUnicode,
    WrongType,
}

/// The value as a string.
pub(crate) fn string(value: &RawValue) -> Result<Cow<'_, str>, NotText> {
    let quoted = value.get().strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let inner = quoted.ok_or(NotText::WrongType)?;
    if inner.contains('\\') {
        // Its grammar was checked when its object was read.
        serde_json::from_str(value.get()).map(Cow::Owned).map_err(|_| NotText::NotUnicode)
    } else {
        Ok(Cow::Borrowed(inner))
    }
}

/// The values, if it is an array.
pub(crate) fn elements(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}

/// The value as an array of nothing but strings.
pub(crate) fn strings(value: &RawValue) -> Result<Vec<Cow<'_, str>>, NotText> {
    elements(value).ok_or(NotText::WrongType)?.into_iter().map(string).collect()
}

/// Whether the value is `null`.
pub(crate) fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}

/// Whether objects and arrays nest at most this deep.
pub(crate) fn nests_within(text: &str, limit: usize) -> bool {
    let (mut depth, mut quoted, mut escape) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escape => escape = false,
            b'\\' if quoted => escape = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                if depth > limit {
                    return false;
                }
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    true
}

struct Member<'a> {
    name: Cow<'a, str>,
    value: &'a RawValue,
}

/// A member name, borrowed where it has no escapes; serde's own `Cow` always copies.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// Members held without allocation: more than a usual header, key or set of claims has.
const INLINE: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Option<Fault> {
        Object::parse(text).err()
    }

    #[test]
    fn members_are_found_by_their_decoded_names() {
        let object = Object::parse(r#" {"a" : "x", "\u0062": [1, "\n"], "c":"\u00e9"} "#).unwrap();
        assert_eq!(string(object.get("a").unwrap()).unwrap(), "x");
        assert!(matches!(string(object.get("a").unwrap()), Ok(Cow::Borrowed(_))));
        assert_eq!(string(object.get("c").unwrap()).unwrap(), "é");
        assert_eq!(object.get("b").unwrap().get(), r#"[1, "\n"]"#);
        assert_eq!(string(object.get("b").unwrap()), Err(NotText::WrongType));
        assert_eq!(strings(object.get("b").unwrap()), Err(NotText::WrongType));
        assert!(object.get("d").is_none());
    }

    #[test]
    fn a_repeated_member_is_a_fault_wherever_it_stands() {
        assert_eq!(fault(r#"{"a":1,"a":1}"#), Some(Fault::RepeatedMember));
        assert_eq!(fault(r#"{"a":1,"\u0061":1}"#), Some(Fault::RepeatedMember));
        for (one, other) in [(0, 39), (3, 15), (15, 16), (20, 30), (38, 39)] {
            let names = (0..40).map(|i| if i == other { one } else { i });
            let members: Vec<_> = names.map(|i| format!("\"m{i}\":{i}")).collect();
            let text = format!("{{{}}}", members.join(","));
            assert_eq!(fault(&text), Some(Fault::RepeatedMember), "{one} {other}");
        }
        let members: Vec<_> = (0..40).map(|i| format!("\"m{i}\":{i}")).collect();
        let text = format!("{{{}}}", members.join(","));
        assert_eq!(Object::parse(&text).unwrap().get("m39").unwrap().get(), "39");
    }

    #[test]
    fn faults_are_told_apart() {
        for text in ["[]", "1", "\"a\"", "null", "true"] {
            assert_eq!(fault(text), Some(Fault::NotAnObject), "{text}");
        }
        for text in
            ["", "{", "{}x", "{'a':1}", "{\"a\":1,}", "{\"a\":01}", "{\"a\":\"\n\"}", "\u{feff}{}"]
        {
            assert!(matches!(fault(text), Some(Fault::NotJson { .. })), "{text}");
        }
    }

    #[test]
    fn half_a_surrogate_pair_is_not_taken_for_another_fault() {
        for half in [r"\ud800", r"\uDFFF", r"\ud83d\n", r"\ud83dudd11", r"\udd11\ud83d", r"a\ud83d"]
        {
            let text = format!(r#"{{"a":"{half}","b":["c","{half}"],"d":[1,"{half}"]}}"#);
            let object = Object::parse(&text).unwrap();
            assert_eq!(string(object.get("a").unwrap()), Err(NotText::NotUnicode), "{half}");
            assert_eq!(strings(object.get("b").unwrap()), Err(NotText::NotUnicode), "{half}");
            assert_eq!(strings(object.get("d").unwrap()), Err(NotText::WrongType), "{half}");
            assert_eq!(fault(&format!(r#"{{"{half}":1}}"#)), Some(Fault::NotUnicode), "{half}");
            let broken = fault(&format!(r#"{{"{half}":1"#));
            assert!(matches!(broken, Some(Fault::NotJson { .. })), "{half}");
        }
        for whole in [r"\ud83d\udd11", r"\\ud800", r"\\\\ud800", r"\u00e9\\", r#"\"\ud83d\udd11"#] {
            let text = format!(r#"{{"a":"{whole}"}}"#);
            assert!(string(Object::parse(&text).unwrap().get("a").unwrap()).is_ok(), "{whole}");
        }
    }

    #[test]
    fn repeated_members_can_be_read_past() {
        let object = Object::parse_repeating(r#"{"a":1,"b":2,"\u0061":3}"#).unwrap();
        assert!(object.repeats());
        assert!(object.get_unrepeated("a").is_none());
        assert_eq!(object.get_unrepeated("b").unwrap().get(), "2");
        let members: Vec<_> = (0..40).map(|i| format!("\"m{}\":{i}", i % 39)).collect();
        let text = format!("{{{}}}", members.join(","));
        let object = Object::parse_repeating(&text).unwrap();
        assert!(object.repeats() && object.get_unrepeated("m0").is_none());
        assert_eq!(object.get_unrepeated("m38").unwrap().get(), "38");
    }

    #[test]
    fn nesting_is_counted_outside_strings() {
        assert!(nests_within(r#"{"a":["[[[[{{{{\"[["]}"#, 2));
        assert!(!nests_within(r#"{"a":[[]]}"#, 2));
        assert!(nests_within("[][][]", 1));
        assert!(!nests_within(&"[".repeat(100_000), 32));
    }
}

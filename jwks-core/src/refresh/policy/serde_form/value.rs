//! A value as it comes, before its field judges it.

use core::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Any value of a self-describing format.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Bool(bool),
    Count(u64),
    /// A table with one entry.
    Entry(String, Box<Self>),
    List(Vec<Self>),
    Null,
    Number(f64),
    /// What no field takes, in words.
    Other(String),
    Text(String),
}

/// As an error message shows it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(flag) => flag.fmt(f),
            Self::Count(count) => count.fmt(f),
            Self::Entry(name, value) => write!(f, "{{{name} = {value}}}"),
            Self::List(_) => f.write_str("a list"),
            Self::Null => f.write_str("nothing"),
            Self::Number(number) => number.fmt(f),
            Self::Other(words) => f.write_str(words),
            Self::Text(text) => write!(f, "'{text}'"),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a flag, or text")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(u64::try_from(number).map_or_else(|_| Value::Other(number.to_string()), Value::Count))
    }

    fn visit_i128<E>(self, number: i128) -> Result<Value, E> {
        Ok(u64::try_from(number).map_or_else(|_| Value::Other(number.to_string()), Value::Count))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Count(number))
    }

    fn visit_u128<E>(self, number: u128) -> Result<Value, E> {
        Ok(u64::try_from(number).map_or_else(|_| Value::Other(number.to_string()), Value::Count))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Value::Other(format!("{} bytes", bytes.len())))
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        Value::deserialize(inner)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entry = None;
        let mut count = 0;
        while let Some(name) = map.next_key::<String>()? {
            count += 1;
            if count == 1 {
                entry = Some(Value::Entry(name, Box::new(map.next_value()?)));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(match entry {
            Some(entry) if count == 1 => entry,
            _ => Value::Other(format!("a table of {count} entries")),
        })
    }
}

//! A value as it comes, before its setting judges it.

use core::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Any value of a self-describing format.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    Bool(bool),
    Count(u64),
    List(Vec<Self>),
    Null,
    Number(f64),
    /// What no setting takes, in words.
    Other(String),
    /// In the order of the file, repeated names included.
    Table(Vec<(String, Self)>),
    Text(String),
}

impl Form {
    /// The only entry of a table.
    pub(super) fn entry(&self) -> Option<(&str, &Self)> {
        match self {
            Self::Table(entries) => match entries.as_slice() {
                [(name, value)] => Some((name, value)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// As an error message shows it.
impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(flag) => flag.fmt(f),
            Self::Count(count) => count.fmt(f),
            Self::List(_) => f.write_str("a list"),
            Self::Null => f.write_str("nothing"),
            Self::Number(number) => number.fmt(f),
            Self::Other(words) => f.write_str(words),
            Self::Table(entries) => match self.entry() {
                Some((name, value)) => write!(f, "{{{name} = {value}}}"),
                None => write!(f, "a table of {} entries", entries.len()),
            },
            // Whatever setting it was meant for: its query may be a secret.
            Self::Text(text) if text.contains("://") => f.write_str("a URL"),
            Self::Text(text) => write!(f, "'{text}'"),
        }
    }
}

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Form;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a setting")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Form, E> {
        Ok(Form::Bool(flag))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Form, E> {
        Ok(Form::Number(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Form, E> {
        Ok(u64::try_from(number).map_or_else(|_| Form::Other(number.to_string()), Form::Count))
    }

    fn visit_i128<E>(self, number: i128) -> Result<Form, E> {
        Ok(u64::try_from(number).map_or_else(|_| Form::Other(number.to_string()), Form::Count))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Form, E> {
        Ok(Form::Count(number))
    }

    fn visit_u128<E>(self, number: u128) -> Result<Form, E> {
        Ok(u64::try_from(number).map_or_else(|_| Form::Other(number.to_string()), Form::Count))
    }

    fn visit_str<E>(self, text: &str) -> Result<Form, E> {
        Ok(Form::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Form, E> {
        Ok(Form::Text(text))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Form, E> {
        Ok(Form::Other(format!("{} bytes", bytes.len())))
    }

    fn visit_none<E>(self) -> Result<Form, E> {
        Ok(Form::Null)
    }

    fn visit_unit<E>(self) -> Result<Form, E> {
        Ok(Form::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Form, D::Error> {
        Form::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Form, D::Error> {
        Form::deserialize(inner)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Form, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Form::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Form, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry::<String, Form>()? {
            entries.push(entry);
        }
        Ok(match entries.as_slice() {
            // serde_json's form of a number where another crate of the program switches its
            // feature `arbitrary_precision` on. A number may be text here.
            [(name, Form::Text(number))] if name == "$serde_json::private::Number" => {
                Form::Text(number.clone())
            }
            _ => Form::Table(entries),
        })
    }
}

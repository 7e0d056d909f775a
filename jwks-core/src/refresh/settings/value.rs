//! One value, and how it is read.

use core::fmt;
use core::time::Duration;

use serde::de::{Deserialize, Deserializer};

use super::duration::{counted, with_unit};
use super::form::Form;
use super::shown::{in_words, shortened};

/// The value of a setting as it comes from a file or from the environment, where every number and
/// flag may be text.
///
/// Each reader's error says, in words, what would have been allowed. `Display` shows the value in
/// an error message: escaped, and cut if it is long.
///
/// ```
/// use jwks_core::refresh::settings::SettingValue;
///
/// let value: SettingValue = serde_json::from_str(r#""90s""#)?;
/// assert_eq!(value.duration().unwrap().as_secs(), 90);
/// assert_eq!(value.flag().unwrap_err(), "true or false");
/// assert_eq!(value.to_string(), "'90s'");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SettingValue(pub(super) Form);

/// What a reader says: the value, or what would have been allowed.
pub type Read<T> = Result<T, &'static str>;

impl SettingValue {
    /// Whether there is none: a `null`.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self.0, Form::Null)
    }

    /// A whole number.
    ///
    /// # Errors
    ///
    /// What would have been allowed.
    pub fn count(&self) -> Read<u64> {
        match &self.0 {
            Form::Count(count) => Some(*count),
            Form::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
        .ok_or("a whole number")
    }

    /// A duration with its unit (`90s`, `1m 30s`). Zero needs none.
    ///
    /// # Errors
    ///
    /// What would have been allowed.
    pub fn duration(&self) -> Read<Duration> {
        with_unit(&self.0).ok_or("a duration with a unit, such as '30s' or '1h 30m'")
    }

    /// The only entry of a table.
    #[must_use]
    pub fn entry(&self) -> Option<(&str, Self)> {
        self.0.entry().map(|(name, value)| (name, Self(value.clone())))
    }

    /// A truth value: `true`, `1`, `yes`, `on`, or their opposites.
    ///
    /// # Errors
    ///
    /// What would have been allowed.
    pub fn flag(&self) -> Read<bool> {
        match &self.0 {
            Form::Bool(flag) => Some(*flag),
            Form::Count(1) => Some(true),
            Form::Count(0) => Some(false),
            Form::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Some(true),
                "false" | "0" | "no" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        }
        .ok_or("true or false")
    }

    /// A duration with its unit; a bare number is minutes.
    ///
    /// # Errors
    ///
    /// What would have been allowed.
    pub fn minutes(&self) -> Read<Duration> {
        counted(&self.0, 60).ok_or("a number of minutes, or a duration with a unit, such as '90s'")
    }

    /// A number.
    ///
    /// # Errors
    ///
    /// What would have been allowed.
    pub fn number(&self) -> Read<f64> {
        match &self.0 {
            Form::Count(count) => Some(*count as f64),
            Form::Number(number) => Some(*number),
            Form::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
        .ok_or("a number")
    }

    /// A duration with its unit; a bare number is seconds.
    ///
    /// # Errors
    ///
    /// What would have been allowed.
    pub fn seconds(&self) -> Read<Duration> {
        counted(&self.0, 1).ok_or("a number of seconds, or a duration with a unit, such as '90s'")
    }

    /// A whole number that counts things in memory.
    ///
    /// # Errors
    ///
    /// What would have been allowed.
    pub fn size(&self) -> Read<usize> {
        usize::try_from(self.count()?).map_err(|_| "a whole number that memory can hold")
    }

    /// Text, without the space around it.
    ///
    /// # Errors
    ///
    /// What would have been allowed.
    pub fn text(&self) -> Read<&str> {
        match &self.0 {
            Form::Text(text) => Ok(text.trim()),
            _ => Err("text"),
        }
    }

    /// Texts: a list of them, or one text with commas between them; none of them empty.
    ///
    /// # Errors
    ///
    /// What would have been allowed.
    pub fn texts(&self) -> Read<Vec<&str>> {
        let texts: Option<Vec<_>> = match &self.0 {
            Form::List(list) => list
                .iter()
                .map(|value| match value {
                    Form::Text(text) => Some(text.trim()),
                    _ => None,
                })
                .collect(),
            Form::Text(text) => Some(text.split(',').map(str::trim).collect()),
            _ => None,
        };
        texts
            .filter(|texts| !texts.is_empty() && texts.iter().all(|text| !text.is_empty()))
            .ok_or("one or more texts, as a list or with commas between them")
    }
}

impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shortened(&self.0.to_string()))
    }
}

/// As text with a unit.
impl From<Duration> for SettingValue {
    fn from(duration: Duration) -> Self {
        Self(Form::Text(in_words(duration)))
    }
}

impl From<&str> for SettingValue {
    /// As a variable of the environment has it.
    fn from(text: &str) -> Self {
        Self(Form::Text(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for SettingValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Form::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(json: &str) -> SettingValue {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn bare_numbers_are_what_the_reader_says() {
        for (json, millis) in [
            ("0", 0),
            ("30", 30_000),
            ("\"30\"", 30_000),
            ("1.5", 1500),
            ("\"1.5\"", 1500),
            ("\"30s\"", 30_000),
            ("\"1m 30s\"", 90_000),
        ] {
            assert_eq!(value(json).seconds(), Ok(Duration::from_millis(millis)), "{json}");
        }
        assert_eq!(value("1.5").minutes(), Ok(Duration::from_secs(90)));
        assert_eq!(value("\"20\"").minutes(), Ok(Duration::from_secs(1200)));
        for json in ["-1", "\"-1\"", "\"soon\"", "true", "null", "[1]", "1e300", "\"NaN\""] {
            assert!(value(json).seconds().is_err(), "{json}");
        }
        // Seconds or minutes? Only zero is the same in both.
        for json in ["1", "\"30\"", "1.5", "0.0"] {
            assert!(value(json).duration().is_err(), "{json}");
        }
        assert_eq!((value("0").duration(), value("\"0\"").duration()), (ZERO, ZERO));
    }

    const ZERO: Read<Duration> = Ok(Duration::ZERO);

    #[test]
    fn texts_are_a_list_or_have_commas() {
        for json in [r#"["a", "b"]"#, r#""a,b""#, r#"" a , b ""#] {
            assert_eq!(value(json).texts().unwrap(), ["a", "b"], "{json}");
        }
        for json in ["[]", "\"\"", "\"a,,b\"", "[1]", r#"["a", ""]"#, "7", "null"] {
            assert!(value(json).texts().is_err(), "{json}");
        }
    }

    #[test]
    fn a_number_of_any_precision_is_a_number() {
        let number = value(r#"{"$serde_json::private::Number": "42"}"#);
        assert_eq!((number.count(), number.number()), (Ok(42), Ok(42.0)));
    }

    #[test]
    fn what_is_shown_is_one_short_line() {
        assert_eq!(value(r#""a\nb""#).to_string(), "'a\\nb'");
        assert!(SettingValue::from("x".repeat(1000).as_str()).to_string().len() < 100);
        assert_eq!(value("[1]").to_string(), "a list");
        assert_eq!(value(r#""https://a/?key=hush""#).to_string(), "a URL");
        assert_eq!(value(r#"{"a": "https://a/?key=hush"}"#).to_string(), "{a = a URL}");
        assert_eq!(value(r#"{"a": 1, "b": 2}"#).to_string(), "a table of 2 entries");
        assert!(value("null").is_null() && !value("0").is_null());
    }

    proptest! {
        #![proptest_config(crate::proof::draws(256))]

        #[test]
        fn no_text_panics(text in ".{0,40}|[0-9. ]{0,20}(ns|us|µs|ms|s|m|h|d|w|M|y)[0-9. nsmhy]{0,30}") {
            let value = SettingValue::from(text.as_str());
            let _ = (value.count(), value.duration(), value.flag(), value.minutes());
            let _ = (value.number(), value.seconds(), value.size(), value.texts());
        }
    }
}

//! The settings of one table, each with the name that a person knows it by.

use core::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::form::Form;
use super::nearest::nearest;
use super::shown::shortened;
use super::{SettingValue, SettingsError};

/// The settings of one table of a file, or of the environment, before they are judged.
///
/// The case of a name does not matter; a setting that is `null` is none. Names that nothing knows
/// are refused with [`check_names`](Self::check_names), so call it first: a misspelt name is
/// why another setting is missing.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    entries: Vec<Setting>,
    place: Place,
}

/// One setting, as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// In lower case, without a prefix.
    name: String,
    shown: String,
    value: SettingValue,
}

#[derive(Clone, Debug)]
enum Place {
    /// The path of the table, with what goes between it and a name.
    File(String),
    /// The prefix of the names.
    Vars(String),
}

impl Default for Place {
    fn default() -> Self {
        Self::File(String::new())
    }
}

impl Settings {
    /// Whether nothing is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether this setting is given.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name && !entry.value.is_null())
    }

    /// The names that are given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// Takes a setting out; none if it is not given.
    pub fn take(&mut self, name: &str) -> Option<Setting> {
        let at = self.entries.iter().position(|entry| entry.name == name)?;
        Some(self.entries.remove(at)).filter(|setting| !setting.value.is_null())
    }

    /// Puts a setting in, from another table.
    pub fn put(&mut self, setting: Setting) {
        self.entries.push(setting);
    }

    /// Takes out a setting that is a table.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn take_table(&mut self, name: &str) -> Result<Option<Self>, SettingsError> {
        let Some(setting) = self.take(name) else { return Ok(None) };
        match setting.value.0 {
            Form::Table(entries) => Ok(Some(Self::of(entries, format!("{}.", setting.shown)))),
            _ => Err(setting.refuse("a table")),
        }
    }

    /// Takes out a setting that is a list of tables.
    ///
    /// # Errors
    ///
    /// It is something else, or empty.
    pub fn take_tables(&mut self, name: &str) -> Result<Option<Vec<Self>>, SettingsError> {
        let Some(setting) = self.take(name) else { return Ok(None) };
        let tables = match &setting.value.0 {
            Form::List(list) if !list.is_empty() => list.iter().enumerate().map(|(at, item)| {
                let shown = format!("{}[{at}]", setting.shown);
                match item {
                    Form::Table(entries) => Ok(Self::of(entries.clone(), format!("{shown}."))),
                    _ => Err(SettingsError::range(shown, SettingValue(item.clone()), "a table")),
                }
            }),
            _ => return Err(setting.refuse("a list of one or more tables")),
        };
        tables.collect::<Result<_, _>>().map(Some)
    }

    /// How a person would write this setting here: with its path, or as a variable.
    #[must_use]
    pub fn show(&self, name: &str) -> String {
        match &self.place {
            Place::File(path) => format!("{path}{name}"),
            Place::Vars(prefix) => variable(prefix, name),
        }
    }

    /// This setting as it was written here, or would be.
    #[must_use]
    pub fn shown(&self, name: &str) -> String {
        let written = self.entries.iter().find(|entry| entry.name == name);
        written.map_or_else(|| self.show(name), |setting| setting.shown.clone())
    }

    /// The path of this table: empty at the root of a file, and for the environment.
    #[must_use]
    pub fn path(&self) -> &str {
        match &self.place {
            Place::File(path) => path.trim_end_matches('.'),
            Place::Vars(_) => "",
        }
    }

    /// Checks that each name is one of these, and is given once.
    ///
    /// # Errors
    ///
    /// The first that is not, with the name that was likely meant.
    pub fn check_names(&self, known: &[&str]) -> Result<(), SettingsError> {
        for (at, entry) in self.entries.iter().enumerate() {
            if !known.contains(&entry.name.as_str()) {
                return Err(self.unknown(entry, known));
            }
            if let Some(first) = self.entries[..at].iter().find(|first| first.name == entry.name) {
                return Err(entry.beside(first));
            }
        }
        Ok(())
    }

    fn unknown(&self, entry: &Setting, known: &[&str]) -> SettingsError {
        let shown = |name: &str| match &self.place {
            // The path has been said.
            Place::File(_) => format!("`{name}`"),
            Place::Vars(prefix) => format!("`{}`", variable(prefix, name)),
        };
        let words = match nearest(&entry.name, known) {
            Some(meant) => format!("did you mean {}?", shown(meant)),
            None => {
                let known: Vec<_> = known.iter().map(|name| shown(name)).collect();
                format!("known are {}", known.join(", "))
            }
        };
        let text = format!("unknown setting `{}`: {words}", entry.shown);
        SettingsError::new(&entry.shown, text)
    }

    fn of(entries: Vec<(String, Form)>, path: String) -> Self {
        let entries = entries.into_iter().map(|(name, value)| Setting {
            shown: format!("{path}{}", shortened(&name)),
            name: name.to_ascii_lowercase(),
            value: SettingValue(value),
        });
        Self { entries: entries.collect(), place: Place::File(path) }
    }

    pub(super) const fn of_vars(entries: Vec<Setting>, prefix: String) -> Self {
        Self { entries, place: Place::Vars(prefix) }
    }
}

impl Setting {
    /// Its name, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name as a person wrote it: its path in a file, the name of a variable.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Its value.
    #[must_use]
    pub const fn value(&self) -> &SettingValue {
        &self.value
    }

    /// The same setting by another name: what it is called here.
    #[must_use]
    pub fn renamed(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// The same setting with another value: what the written one stands for.
    #[must_use]
    pub fn with_value(self, value: SettingValue) -> Self {
        Self { value, ..self }
    }

    /// Reads the value.
    ///
    /// # Errors
    ///
    /// The reader says what would have been allowed; the error shows the value.
    pub fn read<'v, T, E: fmt::Display>(
        &'v self,
        reader: impl FnOnce(&'v SettingValue) -> Result<T, E>,
    ) -> Result<T, SettingsError> {
        reader(&self.value).map_err(|allowed| self.refuse(allowed))
    }

    /// Reads a value that may hold a secret, such as a URL.
    ///
    /// # Errors
    ///
    /// Like [`read`](Self::read), but the error does not show the value.
    pub fn read_hidden<'v, T, E: fmt::Display>(
        &'v self,
        reader: impl FnOnce(&'v SettingValue) -> Result<T, E>,
    ) -> Result<T, SettingsError> {
        reader(&self.value).map_err(|allowed| {
            SettingsError::new(&self.shown, format!("{} must be {allowed}", self.shown))
        })
    }

    /// The value is not among those allowed.
    pub fn refuse(&self, allowed: impl fmt::Display) -> SettingsError {
        SettingsError::range(&self.shown, &self.value, allowed)
    }

    /// The same setting was given before, maybe in another place or by another name.
    #[must_use]
    pub fn beside(&self, first: &Self) -> SettingsError {
        let text = if self.shown == first.shown {
            format!("{} is given twice: keep one", self.shown)
        } else {
            format!("{} and {} are the same setting: keep one", first.shown, self.shown)
        };
        SettingsError::new(&self.shown, text)
    }

    pub(super) const fn new(name: String, shown: String, value: SettingValue) -> Self {
        Self { name, shown, value }
    }
}

/// The variable of this setting: the prefix is not written twice.
pub(crate) fn variable(prefix: &str, name: &str) -> String {
    let name = name.to_ascii_uppercase();
    if name.starts_with(prefix) { name } else { format!("{prefix}{name}") }
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // As a map, not a struct: a flattened struct would be shown its known fields only.
        deserializer.deserialize_map(Table)
    }
}

struct Table;

impl<'de> Visitor<'de> for Table {
    type Value = Settings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Settings, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry::<String, Form>()? {
            entries.push(entry);
        }
        Ok(Settings::of(entries, String::new()))
    }
}

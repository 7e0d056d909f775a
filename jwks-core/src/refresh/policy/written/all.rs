//! The settings of a policy as they were written, before they are checked together.

use super::super::field::{Field, Fields, PRESET};
use super::super::{Policy, PolicyBuilder, PolicyError};
use super::read::{preset, read};
use crate::refresh::settings::{Setting, Settings, SettingsError};

/// The settings of a [`Policy`] as they were written in a file or in the environment.
///
/// For crates that read a policy beside settings of their own: take it out of the table, and build
/// it. An error names the setting as it was written.
#[derive(Clone, Debug, Default)]
pub struct PolicySettings {
    preset: Option<Setting>,
    fields: Vec<(Field, Setting)>,
}

impl PolicySettings {
    /// The names of all settings, and that of the preset to start from.
    pub const NAMES: &'static [&'static str] = Field::NAMES_AND_PRESET;

    /// Takes the settings out of a table, in which they have their own names.
    pub fn take(settings: &mut Settings) -> Self {
        let taken =
            Field::ALL.iter().filter_map(|field| Some((*field, settings.take(field.name())?)));
        let fields = taken.collect();
        Self { preset: settings.take(PRESET), fields }
    }

    /// These settings and those, which were written in another place.
    ///
    /// # Errors
    ///
    /// A setting is among both.
    pub fn join(mut self, others: Self) -> Result<Self, SettingsError> {
        for (field, setting) in others.fields {
            if let Some((_, first)) = self.fields.iter().find(|(known, _)| *known == field) {
                return Err(setting.beside(first));
            }
            self.fields.push((field, setting));
        }
        match (&self.preset, others.preset) {
            (Some(first), Some(preset)) => Err(preset.beside(first)),
            (None, preset @ Some(_)) => Ok(Self { preset, ..self }),
            (_, None) => Ok(self),
        }
    }

    /// Reads the settings, and checks them together.
    ///
    /// # Errors
    ///
    /// A setting that cannot be read or is out of range, cannot work together with the others, or
    /// has no effect beside them.
    pub fn build(&self) -> Result<Policy, SettingsError> {
        self.build_beside(&Self::default()).map(|(policy, _)| policy)
    }

    /// A policy for each of these, with what `shared` says where they say nothing. A preset of its
    /// own starts anew.
    ///
    /// # Errors
    ///
    /// Like [`build`](Self::build). A shared setting must have an effect on one of them.
    pub(crate) fn build_all(all: &[Self], shared: &Self) -> Result<Vec<Policy>, SettingsError> {
        let mut policies = Vec::with_capacity(all.len());
        let mut idle: Option<Vec<PolicyError>> = None;
        for own in all {
            let (policy, here) = own.build_beside(shared)?;
            policies.push(policy);
            match &mut idle {
                Some(idle) => {
                    idle.retain(|error| here.iter().any(|other| other.field() == error.field()));
                }
                None => idle = Some(here),
            }
        }
        match idle.unwrap_or_default().first() {
            Some(error) => Err(shared.locate(shared, error)),
            None => Ok(policies),
        }
    }

    /// Also the shared settings that have no effect here.
    fn build_beside(&self, shared: &Self) -> Result<(Policy, Vec<PolicyError>), SettingsError> {
        let nothing = Self::default();
        let shared = if self.preset.is_some() { &nothing } else { shared };
        let base = self.preset.as_ref().or(shared.preset.as_ref());
        let mut builder = base.map_or(Ok(PolicyBuilder::new()), |base| base.read(preset))?;
        let (mut theirs, mut ours) = (Fields::NONE, Fields::NONE);
        for (field, setting) in &shared.fields {
            if self.find(*field).is_none() {
                builder = read(builder, *field, setting)?;
                theirs = theirs.with(*field);
            }
        }
        for (field, setting) in &self.fields {
            builder = read(builder, *field, setting)?;
            ours = ours.with(*field);
        }
        let policy =
            builder.build_with_effect(ours).map_err(|error| self.locate(shared, &error))?;
        Ok((policy, builder.idle(theirs)))
    }

    fn find(&self, field: Field) -> Option<&Setting> {
        self.fields.iter().find(|(known, _)| *known == field).map(|(_, setting)| setting)
    }

    /// The error with the settings as they were written.
    fn locate(&self, shared: &Self, error: &PolicyError) -> SettingsError {
        let shown = |field: Field| {
            let setting = self.find(field).or_else(|| shared.find(field));
            setting.map_or_else(|| field.name().to_owned(), |setting| setting.shown().to_owned())
        };
        SettingsError::new(shown(error.at()), error.text(shown))
    }
}

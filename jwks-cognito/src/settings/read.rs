//! How settings are read.
//!
//! One pass over the map: what is ours is kept, what is the core's goes on to the core, which reads
//! and judges it as ever, and what is nobody's is refused. Only then ours is judged, for some of it
//! depends on the rest.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;

use jwks_core::refresh::{PolicyBuilder, SettingValue};
use serde::de::value::{Error as ValueError, MapAccessDeserializer, MapDeserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, IntoDeserializer,
    MapAccess, Visitor,
};

use super::name::{Name, Setting};
use super::{CognitoSettings, SettingsError, template};
use crate::check::Clients;
use crate::{Endpoint, IssuerType, TokenUse, UserPoolId};

impl CognitoSettings {
    /// Reads them from variables of the environment, whose names are those of the settings in upper
    /// or lower case: `CognitoSettings::from_vars(std::env::vars_os())`.
    ///
    /// Variables of other names are ignored, unless they start with `user_pool_` or `jwks_`: such a
    /// name, if it is not known, is a mistake, and an error.
    ///
    /// # Errors
    ///
    /// A setting is unknown, missing, out of range, or at odds with another.
    pub fn from_vars<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        vars: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, SettingsError> {
        Self::from_prefixed_vars("", vars)
    }

    /// As [`from_vars`](Self::from_vars), of names that have this prefix (in any case) before that
    /// of the setting: `AWS_COGNITO_` for `AWS_COGNITO_USER_POOL_ID`.
    ///
    /// # Errors
    ///
    /// As [`from_vars`](Self::from_vars).
    pub fn from_prefixed_vars<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        prefix: &str,
        vars: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, SettingsError> {
        let mut ours = Vec::new();
        for (name, value) in vars {
            // A name that is no text is none of ours.
            let name = name.as_ref().to_str().and_then(|name| name.split_at_checked(prefix.len()));
            let Some((start, name)) = name else { continue };
            if start.eq_ignore_ascii_case(prefix) && Name::of(name).is_meant_for_us(name) {
                let value = value.as_ref().to_str().ok_or_else(|| SettingsError::no_text(name))?;
                ours.push((name.to_owned(), value.to_owned()));
            }
        }
        let ours = MapDeserializer::<_, ValueError>::new(ours.into_iter());
        Self::deserialize(ours).map_err(SettingsError::read)
    }
}

impl<'de> Deserialize<'de> for CognitoSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Settings)
    }
}

struct Settings;

impl<'de> Visitor<'de> for Settings {
    type Value = CognitoSettings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of settings of a user pool")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<CognitoSettings, A::Error> {
        let mut values = Values::default();
        let rest = Rest { map, values: &mut values };
        let policy = PolicyBuilder::deserialize(MapAccessDeserializer::new(rest))?;
        values.settings(policy).map_err(A::Error::custom)
    }
}

/// The part of a map that is the core's; the rest of it ends in `values`.
struct Rest<'v, A> {
    map: A,
    values: &'v mut Values,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Rest<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        while let Some(name) = self.map.next_key::<String>()? {
            match Name::of(&name) {
                Name::Idle => {
                    self.map.next_value::<IgnoredAny>()?;
                }
                Name::Ours(setting) => {
                    let value = self.map.next_value()?;
                    if self.values.0.insert(setting, value).is_some() {
                        return Err(A::Error::duplicate_field(setting.name()));
                    }
                }
                Name::Policy => return seed.deserialize(name.into_deserializer()).map(Some),
                Name::Unknown => {
                    let name = SettingValue::from(name.as_str());
                    let known = Setting::ALL.map(Setting::name).join(", ");
                    return Err(A::Error::custom(format!(
                        "unknown setting {name}, expected {known}, or one of the core's, \
                         which start with jwks_"
                    )));
                }
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// The values of our settings, as they came.
#[derive(Debug, Default)]
struct Values(BTreeMap<Setting, SettingValue>);

impl Values {
    fn settings(&self, policy: PolicyBuilder) -> Result<CognitoSettings, SettingsError> {
        let policy = policy.build().map_err(SettingsError::read)?;
        let pool = self.pool()?;
        let region = |value: &SettingValue| match value.text() {
            Ok(text) if text == pool.region() => Ok(()),
            _ => Err(format!("'{}', the region of {}", pool.region(), Setting::PoolId.name())),
        };
        self.read(Setting::Region, region)?;
        self.read(Setting::VerificationDisabled, |value| match value.flag() {
            Ok(false) => Ok(()),
            _ => Err("false: what is not verified does not pass"),
        })?;
        let uri = self.jwks_uri(&pool)?;

        let mut settings = CognitoSettings::new(pool).policy(policy);
        settings.jwks_uri = uri;
        settings.issuer = self.read(Setting::Issuer, |value| value.text().map(str::to_owned))?;
        settings.demands.clients = self.read(Setting::ClientId, clients)?.unwrap_or_default();
        settings.demands.groups = self.read(Setting::Groups, texts)?.unwrap_or_default();
        settings.demands.scopes = self.read(Setting::Scopes, texts)?.unwrap_or_default();
        settings.demands.token_use = self.choice(Setting::TokenUse, TOKEN_USES)?;
        settings.endpoint = self.choice(Setting::Endpoint, ENDPOINTS)?;
        settings.issuer_type = self.choice(Setting::IssuerType, ISSUER_TYPES)?;
        settings.leeway = self.read(Setting::Leeway, SettingValue::seconds)?.unwrap_or_default();
        settings.allow_loopback_http =
            self.read(Setting::AllowLoopbackHttp, SettingValue::flag)?.unwrap_or_default();
        settings.check()?;
        Ok(settings)
    }

    fn pool(&self) -> Result<UserPoolId, SettingsError> {
        let Some(value) = self.get(Setting::PoolId) else {
            let needed = "the id of the user pool, such as 'eu-west-1_Ab12Cd34E'";
            return Err(SettingsError::missing(Setting::PoolId, needed));
        };
        let text = value
            .text()
            .map_err(|allowed| SettingsError::range(Setting::PoolId, value, allowed))?;
        text.parse().map_err(|error| {
            SettingsError::reason(Setting::PoolId, format_args!("{value} is refused: {error}"))
        })
    }

    /// A URL may have a secret in its query, so an error does not show it.
    fn jwks_uri(&self, pool: &UserPoolId) -> Result<Option<String>, SettingsError> {
        let Some(value) = self.get(Setting::JwksUrlTemplate) else { return Ok(None) };
        let url = value.text().and_then(|text| template::expand(text, pool));
        url.map(Some).map_err(|allowed| {
            SettingsError::reason(Setting::JwksUrlTemplate, format_args!("must be {allowed}"))
        })
    }

    /// One of some names; its default if there is none.
    fn choice<T: Copy + Default>(
        &self,
        setting: Setting,
        choices: &[(&str, T)],
    ) -> Result<T, SettingsError> {
        let choose = |value: &SettingValue| {
            let named = |text: &str| {
                choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, it)| *it)
            };
            value.text().ok().and_then(named).ok_or_else(|| {
                let names: Vec<_> = choices.iter().map(|(name, _)| format!("'{name}'")).collect();
                names.join(" or ")
            })
        };
        self.read(setting, choose).map(Option::unwrap_or_default)
    }

    /// `reader` says what would have been allowed, if not.
    fn read<'v, T, E: fmt::Display>(
        &'v self,
        setting: Setting,
        reader: impl FnOnce(&'v SettingValue) -> Result<T, E>,
    ) -> Result<Option<T>, SettingsError> {
        let Some(value) = self.get(setting) else { return Ok(None) };
        reader(value).map(Some).map_err(|allowed| SettingsError::range(setting, value, allowed))
    }

    fn get(&self, setting: Setting) -> Option<&SettingValue> {
        self.0.get(&setting).filter(|value| !value.is_null())
    }
}

fn clients(value: &SettingValue) -> Result<Clients, &'static str> {
    let ids = texts(value)?;
    let any = ids.iter().filter(|id| ***id == *"*").count();
    match (any, ids.len()) {
        (0, _) => Ok(Clients::OneOf(ids)),
        (1, 1) => Ok(Clients::Any),
        _ => Err("client ids, or '*' alone for any client"),
    }
}

fn texts(value: &SettingValue) -> Result<Vec<Box<str>>, &'static str> {
    Ok(value.texts()?.into_iter().map(Into::into).collect())
}

const ENDPOINTS: &[(&str, Endpoint)] = &[
    ("standard", Endpoint::Standard),
    ("dual_stack", Endpoint::DualStack),
    ("fips", Endpoint::Fips),
];

const ISSUER_TYPES: &[(&str, IssuerType)] =
    &[("original", IssuerType::Original), ("updated", IssuerType::Updated)];

const TOKEN_USES: &[(&str, TokenUse)] =
    &[("access", TokenUse::Access), ("id", TokenUse::Id), ("either", TokenUse::Either)];

//! How settings are read: the core reads its own settings, this crate the others.

use std::ffi::OsStr;
use std::fmt;

use jwks_core::refresh::PolicySettings;
use jwks_core::refresh::settings::{SettingValue, Settings, SettingsError};
use serde::de::{Deserialize, Deserializer, Error as _};

use super::name::{IDLE, ORIGINAL, Setting, is_meant_for_us, known, policy_name};
use super::{CognitoSettings, template};
use crate::check::Clients;
use crate::{Endpoint, IssuerType, TokenUse, UserPoolId};

impl CognitoSettings {
    /// Reads the settings from environment variables with the names of the settings in upper or
    /// lower case: `CognitoSettings::from_vars(std::env::vars_os())`.
    ///
    /// Variables with other names are ignored, unless they start with `user_pool_` or `jwks_`: such
    /// a name is an error if it is not known. The variables that Kubernetes sets for a service with
    /// such a name are ignored too (`JWKS_SERVICE_HOST`, `USER_POOL_PORT_80_TCP`).
    ///
    /// # Errors
    ///
    /// Fails if a setting is unknown, missing or out of range, or if it contradicts another one.
    pub fn from_vars<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        vars: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, SettingsError> {
        Self::from_prefixed_vars("", vars)
    }

    /// Like [`from_vars`](Self::from_vars), for names with this prefix (in any case) before the
    /// name of the setting: `AWS_COGNITO_` for `AWS_COGNITO_USER_POOL_ID`.
    ///
    /// # Errors
    ///
    /// Like [`from_vars`](Self::from_vars).
    pub fn from_prefixed_vars<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        prefix: &str,
        vars: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, SettingsError> {
        let known = known();
        let known: Vec<_> = known.iter().map(String::as_str).collect();
        Values(Settings::from_vars(prefix, vars, &known, is_meant_for_us)?).settings()
    }
}

impl<'de> Deserialize<'de> for CognitoSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Values(Settings::deserialize(deserializer)?).settings().map_err(D::Error::custom)
    }
}

/// The settings, as they came.
struct Values(Settings);

impl Values {
    fn settings(mut self) -> Result<CognitoSettings, SettingsError> {
        for name in IDLE {
            self.0.take(name);
        }
        let known = known();
        self.0.check_names(&known.iter().map(String::as_str).collect::<Vec<_>>())?;
        let policy = self.policy()?.build()?;
        let shown = Setting::ALL.map(|setting| (setting.name(), self.0.shown(setting.name())));
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
        if let Some(leeway) = self.read(Setting::Leeway, SettingValue::seconds)? {
            settings.leeway = leeway;
        }
        settings.allow_loopback_http =
            self.read(Setting::AllowLoopbackHttp, SettingValue::flag)?.unwrap_or_default();
        settings.check().map_err(|error| {
            match shown.iter().find(|(name, _)| *name == error.setting()) {
                Some((_, shown)) => error.written(shown),
                None => error,
            }
        })?;
        Ok(settings)
    }

    /// The core's settings, by the names that they have here.
    fn policy(&mut self) -> Result<PolicySettings, SettingsError> {
        let mut table = Settings::default();
        for name in PolicySettings::NAMES {
            if let Some(setting) = self.0.take(&policy_name(name)) {
                table.put(setting.renamed(name));
            }
        }
        for (original, name) in ORIGINAL {
            let Some(setting) = self.0.take(original) else { continue };
            if let Some(first) = table.take(name) {
                return Err(setting.beside(&first));
            }
            let setting = match name {
                "interval" => {
                    let minutes = setting.read(SettingValue::minutes)?;
                    setting.with_value(minutes.into())
                }
                _ => setting,
            };
            table.put(setting.renamed(name));
        }
        Ok(PolicySettings::take(&mut table))
    }

    fn pool(&mut self) -> Result<UserPoolId, SettingsError> {
        let name = Setting::PoolId.name();
        let Some(setting) = self.0.take(name) else {
            let needed = "the id of the user pool, such as 'eu-west-1_Ab12Cd34E'";
            return Err(SettingsError::missing(self.0.show(name), needed));
        };
        let (text, shown) = (setting.read(SettingValue::text)?, setting.shown());
        text.parse().map_err(|error| {
            SettingsError::new(shown, format!("{shown}: {} is refused: {error}", setting.value()))
        })
    }

    /// A URL may have a secret in its query, so an error does not show it.
    fn jwks_uri(&mut self, pool: &UserPoolId) -> Result<Option<String>, SettingsError> {
        let Some(setting) = self.0.take(Setting::JwksUrlTemplate.name()) else { return Ok(None) };
        setting.read_hidden(|value| template::expand(value.text()?, pool)).map(Some)
    }

    /// One of some names; its default if there is none.
    fn choice<T: Copy + Default>(
        &mut self,
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
    fn read<T, E: fmt::Display>(
        &mut self,
        setting: Setting,
        reader: impl FnOnce(&SettingValue) -> Result<T, E>,
    ) -> Result<Option<T>, SettingsError> {
        let Some(setting) = self.0.take(setting.name()) else { return Ok(None) };
        setting.read(reader).map(Some)
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

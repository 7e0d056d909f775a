//! All of a verifier's settings, from one file or from the environment.

mod names;
mod read;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;

use serde::de::{Deserialize, Deserializer, Error as _};

use super::{Issuer, VerifierBuilder};
use crate::refresh::settings::{Settings, SettingsError};

/// The settings of a verifier, as they are read with serde from a file (TOML, JSON, YAML), or from
/// variables of the environment ([`from_vars`](Self::from_vars)).
///
/// One issuer stands at the top of the file, several each in a table of its own. A policy's settings
/// stand beside those of its issuer, or in a table `policy`.
///
/// ```
/// use jwks_core::verify::{Verifier, VerifierSettings};
///
/// let one: VerifierSettings = toml::from_str(r#"
///     issuer = "https://id.example.com"
///     discover = true
///     audience = "my-api"
///     interval = "30m"
/// "#)?;
///
/// let several: VerifierSettings = toml::from_str(r#"
///     audience = "my-api"       # for each issuer that does not say otherwise
///     policy = { preset = "fleet" }
///
///     [[issuers]]
///     issuer = "https://id.example.com"
///     discover = true
///
///     [[issuers]]
///     issuer = "https://login.example.org/tenant"
///     jwks_uri = "https://login.example.org/tenant/keys"
///     audiences = ["my-api", "my-old-api"]
///     leeway = "2m"
/// "#)?;
///
/// let vars = [("JWKS_ISSUER", "https://id.example.com"), ("JWKS_DISCOVER", "true"),
///     ("JWKS_AUDIENCE", "my-api"), ("JWKS_INTERVAL", "30m")]; // std::env::vars_os()
/// let from_the_environment = VerifierSettings::from_vars("JWKS_", vars)?;
///
/// // What only code can give: observers, checks, keys to start with.
/// let several = several.map(|issuer| issuer.check(|token| {
///     token.claim::<String>("tenant").map(drop).ok_or("no tenant".into())
/// }));
/// let builder = Verifier::builder().settings(several); // for an adapter's `start`
/// # use jwks_core::adapter::{Env, Start};
/// # assert_eq!(builder.build(Env::new(std::time::SystemTime::now))?.1.take_ready().len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The names are those of the code. What stands beside `issuers` is for each of them; an issuer's
/// own settings take its place. Durations are text with a unit (`"60s"`, `"1h 30m"`); every number
/// and flag may be text, and a list may be one text with commas in it, as in the environment. The
/// case of a name does not matter. A name that is not known, a value that is not allowed, and
/// settings that contradict each other or have no effect are errors, which name the setting as it
/// was written (`issuers[1].leeway`, `JWKS_LEEWAY`). Secrets are not settings: public keys need none.
/// The parser of a file may add the line where a table begins: that of the crate toml does in its
/// `Display`, not in its `message()`.
///
/// An [`Issuer`] alone is read with serde too, from such a table without `issuers` and
/// `max_token_len`.
///
#[doc = include_str!("settings.md")]
///
/// and every setting of a [`Policy`](crate::refresh::Policy#).
#[derive(Clone, Debug)]
#[must_use]
pub struct VerifierSettings {
    issuers: Vec<Issuer>,
    max_token_len: Option<usize>,
}

impl VerifierSettings {
    /// Reads the settings of a verifier with one issuer from variables of the environment with this
    /// prefix, in upper or lower case: `VerifierSettings::from_vars("JWKS_", std::env::vars_os())`.
    ///
    /// A variable is the prefix and the name of the setting (`JWKS_AUDIENCE`); a name that begins
    /// with the prefix anyway is not given it twice (`JWKS_URI`). Every variable that begins with
    /// the prefix is taken for a setting, except those that Kubernetes sets for a service of such a
    /// name (`JWKS_SERVICE_HOST`, `JWKS_PORT_80_TCP`).
    ///
    /// # Errors
    ///
    /// A setting is unknown, missing, not allowed, or at odds with another; or the prefix is empty.
    pub fn from_vars<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        prefix: &str,
        vars: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, SettingsError> {
        read::verifier(Settings::from_own_vars(prefix, vars, &names::of_variables())?)
    }

    /// The issuers, in the order of the file.
    pub fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }

    /// Adds to each issuer what only code can give. [`Issuer::iss`] tells which one it is.
    pub fn map(self, add: impl FnMut(Issuer) -> Issuer) -> Self {
        Self { issuers: self.issuers.into_iter().map(add).collect(), ..self }
    }
}

impl VerifierBuilder {
    /// Accepts the tokens of these issuers too, and takes the settings of the verifier.
    pub fn settings(mut self, settings: VerifierSettings) -> Self {
        if let Some(bytes) = settings.max_token_len {
            self = self.max_token_len(bytes);
        }
        settings.issuers.into_iter().fold(self, Self::issuer)
    }
}

impl<'de> Deserialize<'de> for VerifierSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::verifier(Settings::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Issuer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::issuer(Settings::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

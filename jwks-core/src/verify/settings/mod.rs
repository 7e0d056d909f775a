//! All of a verifier's settings, from one file or from the environment.

mod names;
mod read;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;

use serde::de::{Deserialize, Deserializer, Error as _};

use super::{Issuer, VerifierBuilder};
use crate::refresh::settings::{Settings, SettingsError};

/// The settings of a verifier. Read them with serde from a file (TOML, JSON, YAML), or from
/// environment variables ([`from_vars`](Self::from_vars)).
///
/// Write one issuer at the top of the file, or several in a table each. Write the settings of a
/// policy beside those of its issuer, or in a table `policy`.
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
/// The names are those of the code. Settings beside `issuers` apply to each issuer, unless the
/// issuer's own table sets them. Write durations as text with a unit (`"60s"`, `"1h 30m"`). Every
/// number and flag may be text, and a list may be one text with commas in it, as in the
/// environment. The case of a name does not matter. An unknown name, a value that is not allowed,
/// and settings that contradict each other or have no effect are errors. They name the setting as
/// you wrote it (`issuers[1].leeway`, `JWKS_LEEWAY`). No setting is a secret, because public keys
/// need none. The parser of a file may add the line where a table begins: the crate toml shows it
/// in the error's `Display`, but not in its `message()`.
///
/// You can also read an [`Issuer`] alone with serde, from such a table without `issuers`,
/// `max_token_len` and `remember_signatures`.
///
#[doc = include_str!("settings.md")]
///
/// and every setting of a [`Policy`](crate::refresh::Policy#).
#[derive(Clone, Debug)]
#[must_use]
pub struct VerifierSettings {
    issuers: Vec<Issuer>,
    max_token_len: Option<usize>,
    remember_signatures: Option<usize>,
}

impl VerifierSettings {
    /// Reads the settings of a verifier with one issuer from variables of the environment with this
    /// prefix, in upper or lower case: `VerifierSettings::from_vars("JWKS_", std::env::vars_os())`.
    ///
    /// A variable's name is the prefix and the name of the setting (`JWKS_AUDIENCE`). If the
    /// setting's name already begins with the prefix, do not write the prefix twice (`JWKS_URI`).
    /// Every variable that begins with the prefix is read as a setting, except those that
    /// Kubernetes sets for a service of that name (`JWKS_SERVICE_HOST`, `JWKS_PORT_80_TCP`).
    ///
    /// # Errors
    ///
    /// Fails if a setting is unknown, missing or not allowed, if it contradicts another one, or if
    /// the prefix is empty.
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

    /// The settings that only a start can take, if they are given: the longest token, and how many
    /// signatures are remembered.
    pub(super) const fn fixed(&self) -> (Option<usize>, Option<usize>) {
        (self.max_token_len, self.remember_signatures)
    }

    pub(super) fn into_issuers(self) -> Vec<Issuer> {
        self.issuers
    }

    /// Changes each issuer: adds what only code can give. Use [`Issuer::iss`] to see which issuer
    /// it is.
    pub fn map(self, add: impl FnMut(Issuer) -> Issuer) -> Self {
        Self { issuers: self.issuers.into_iter().map(add).collect(), ..self }
    }
}

impl VerifierBuilder {
    /// Adds these issuers, and takes the settings of the verifier.
    pub fn settings(mut self, settings: VerifierSettings) -> Self {
        if let Some(bytes) = settings.max_token_len {
            self = self.max_token_len(bytes);
        }
        if let Some(signatures) = settings.remember_signatures {
            self = self.remember_signatures(signatures);
        }
        settings.issuers.into_iter().fold(self, Self::issuer)
    }
}

/// These issuers, and nothing else.
impl From<Vec<Issuer>> for VerifierSettings {
    fn from(issuers: Vec<Issuer>) -> Self {
        Self { issuers, max_token_len: None, remember_signatures: None }
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

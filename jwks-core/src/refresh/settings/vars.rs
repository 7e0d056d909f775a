//! Settings from variables of the environment, which is full of others.

use std::ffi::OsStr;

use super::shown::shortened;
use super::{Setting, SettingValue, Settings, SettingsError};

impl Settings {
    /// Takes the variables that are meant as settings, in upper or lower case.
    ///
    /// A setting's variable is its name after the prefix; one whose name begins with the prefix
    /// anyway is not given it twice (`jwks_uri` under `JWKS_` is `JWKS_URI`). Of the others, those
    /// that `meant` says were meant as settings are taken too, so that
    /// [`check_names`](Self::check_names) can refuse them; it is asked with the name after the
    /// prefix, in lower case. The variables that Kubernetes sets for a service whose name begins
    /// like the prefix (`JWKS_SERVICE_HOST`, `JWKS_PORT_80_TCP`) are ignored.
    ///
    /// # Errors
    ///
    /// The value of a setting is not text.
    pub fn from_vars<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        prefix: &str,
        vars: impl IntoIterator<Item = (N, V)>,
        known: &[&str],
        meant: impl Fn(&str) -> bool,
    ) -> Result<Self, SettingsError> {
        let prefix = prefix.to_ascii_uppercase();
        let mut entries = Vec::new();
        for (name, value) in vars {
            // None of our names is other than text.
            let Some(shown) = name.as_ref().to_str() else { continue };
            let Some((start, rest)) = shown.split_at_checked(prefix.len()) else { continue };
            if !start.eq_ignore_ascii_case(&prefix) {
                continue;
            }
            let is = |known: &&&str| {
                let begun = known.get(..prefix.len());
                let twice = begun.is_some_and(|begun| begun.eq_ignore_ascii_case(&prefix));
                if twice {
                    known.eq_ignore_ascii_case(shown)
                } else {
                    known.eq_ignore_ascii_case(rest)
                }
            };
            let name = match known.iter().find(is) {
                Some(name) => (*name).to_owned(),
                None if is_of_kubernetes(shown) || !meant(&rest.to_ascii_lowercase()) => continue,
                // With the prefix written twice it must not pass for the setting.
                None if known.iter().any(|name| rest.eq_ignore_ascii_case(name)) => {
                    shown.to_ascii_lowercase()
                }
                None => rest.to_ascii_lowercase(),
            };
            let shown = shortened(shown);
            let Some(value) = value.as_ref().to_str() else {
                let text = format!("{shown} is not text (UTF-8)");
                return Err(SettingsError::new(shown, text));
            };
            entries.push(Setting::new(name, shown, SettingValue::from(value)));
        }
        Ok(Self::of_vars(entries, prefix))
    }

    /// All variables with this prefix, which are settings.
    pub(crate) fn from_own_vars<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        prefix: &str,
        vars: impl IntoIterator<Item = (N, V)>,
        known: &[&str],
    ) -> Result<Self, SettingsError> {
        if prefix.is_empty() {
            let text = "the prefix of the variables is empty: it must be one that no other \
                software uses, such as 'JWKS_'";
            return Err(SettingsError::new("", text));
        }
        let settings = Self::from_vars(prefix, vars, known, |_| true)?;
        settings.check_names(known)?;
        Ok(settings)
    }
}

/// Whether Kubernetes sets such a variable for a service, in the form of its own or of Docker's
/// links (Kubernetes documentation, Service, "Environment variables").
fn is_of_kubernetes(name: &str) -> bool {
    let named = |service: &str| {
        let fits = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        !service.is_empty() && service.bytes().all(fits)
    };
    let service = if let Some((service, port)) = name.rsplit_once("_SERVICE_PORT_") {
        Some(service).filter(|_| named(port))
    } else {
        let ends = ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT"];
        let plain = ends.into_iter().find_map(|end| name.strip_suffix(end));
        linked(name).or(plain)
    };
    service.is_some_and(named)
}

/// The service of `NAME_PORT_80_TCP`, or of one with `_ADDR`, `_PORT` or `_PROTO` after it.
fn linked(name: &str) -> Option<&str> {
    let ends = ["_ADDR", "_PORT", "_PROTO"];
    let name = ends.into_iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    let protocols = ["_TCP", "_UDP", "_SCTP"];
    let name = protocols.into_iter().find_map(|protocol| name.strip_suffix(protocol))?;
    let (service, port) = name.rsplit_once("_PORT_")?;
    let is_port = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    is_port.then_some(service)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["issuer", "jwks_uri", "interval"];

    fn shown(prefix: &str, names: &[&str]) -> Vec<(String, String)> {
        let vars = names.iter().map(|name| (name, "x"));
        let settings = Settings::from_vars(prefix, vars, KNOWN, |_| true).unwrap();
        let names: Vec<_> = settings.names().map(str::to_owned).collect();
        let mut settings = settings;
        let shown = |name: String| settings.take(&name).map(|it| (name, it.shown().to_owned()));
        names.into_iter().filter_map(shown).collect()
    }

    #[test]
    fn the_prefix_is_not_written_twice() {
        for (prefix, written, name) in [
            ("JWKS_", "JWKS_URI", "jwks_uri"),
            ("jwks_", "jwks_uri", "jwks_uri"),
            ("JWKS_", "JWKS_ISSUER", "issuer"),
            ("JWKS_", "Jwks_Issuer", "issuer"),
            ("AUTH_", "AUTH_JWKS_URI", "jwks_uri"),
            ("AUTH_", "AUTH_INTERVAL", "interval"),
            ("", "JWKS_URI", "jwks_uri"),
            ("", "issuer", "issuer"),
            // To be refused: the prefix is there twice.
            ("JWKS_", "JWKS_JWKS_URI", "jwks_jwks_uri"),
        ] {
            let expected = vec![(name.to_owned(), written.to_owned())];
            assert_eq!(shown(prefix, &[written]), expected, "{prefix} {written}");
        }
        assert_eq!(shown("JWKS_", &["PATH", "JWK", "JWKSX", "ISSUER", "jwk_uri"]), []);
    }

    #[test]
    fn what_kubernetes_sets_is_ignored() {
        for name in [
            "JWKS_SERVICE_HOST",
            "JWKS_SERVICE_PORT",
            "JWKS_SERVICE_PORT_HTTP",
            "JWKS_SERVICE_PORT_HTTP_METRICS",
            "JWKS_PORT",
            "JWKS_PORT_80_TCP",
            "JWKS_PORT_80_TCP_ADDR",
            "JWKS_PORT_80_TCP_PORT",
            "JWKS_PORT_80_TCP_PROTO",
            "JWKS_PORT_53_UDP",
            "JWKS_PORT_9000_SCTP_ADDR",
            "JWKS_PROXY_2_SERVICE_HOST",
            "JWKS_PROXY_PORT_8443_TCP_ADDR",
            "USER_POOL_PORT_80_TCP_ADDR",
        ] {
            assert!(is_of_kubernetes(name), "{name}");
            assert_eq!(shown("JWKS_", &[name]), [], "{name}");
        }
        for name in [
            "JWKS_ISSUER",
            "JWKS_PORTS",
            "JWKS_PORT_HTTP",
            "JWKS_PORT_80",
            "JWKS_PORT_80_QUIC",
            "JWKS_PORT_80_TCP_NAME",
            "JWKS_PORT__TCP",
            "JWKS_HOST",
            "JWKS_SERVICE",
            "jwks_service_host",
            "jwks_port",
            "_PORT",
            "_SERVICE_HOST",
            "JWKS_SERVICE_PORT_",
        ] {
            assert!(!is_of_kubernetes(name), "{name}");
        }
    }

    #[test]
    fn a_setting_of_such_a_name_is_still_one() {
        let vars = [("JWKS_DB_PORT", "1"), ("JWKS_PORT", "2")];
        let settings = Settings::from_vars("JWKS_", vars, &["db_port"], |_| true).unwrap();
        assert_eq!(settings.names().collect::<Vec<_>>(), ["db_port"]);
    }
}

//! Settings: one meaning whatever the format, and errors that can be logged.

use std::time::UNIX_EPOCH;

use jwks_core::adapter::{Env, Start as _};
use jwks_core::verify::{Verifier, VerifierSettings};

use crate::service::is_fit_for_a_log;

/// First octet: TOML, JSON, or lines of `NAME=value`.
pub(crate) fn run(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    match kind % 3 {
        0 => {
            let Ok(value) = toml::from_str::<toml::Value>(text) else { return };
            let json = serde_json::to_value(&value);
            let ours = built(toml::from_str(text).map_err(|error| error.message().to_owned()));
            // Dates, and numbers that are none, are different in JSON.
            if let Ok(json) = json
                && !text.contains("nan")
                && !text.contains("inf")
                && serde_json::from_value::<toml::Value>(json.clone()).is_ok_and(|it| it == value)
            {
                let theirs = built(serde_json::from_value(json).map_err(|it| it.to_string()));
                assert_eq!(ours, theirs, "TOML and JSON");
            }
        }
        1 => {
            let _either = built(serde_json::from_str(text).map_err(|error| error.to_string()));
        }
        _ => {
            let vars = || text.lines().filter_map(|line| line.split_once('='));
            let upper = |(name, value): (&str, &str)| (name.to_ascii_uppercase(), value.to_owned());
            let plain = VerifierSettings::from_vars("JWKS_", vars());
            let loud = VerifierSettings::from_vars("JWKS_", vars().map(upper));
            let plain = built(plain.map_err(|error| error.to_string())).is_ok();
            let loud = built(loud.map_err(|error| error.to_string())).is_ok();
            // What Kubernetes sets is in upper case, and ignored in no other.
            let ignored =
                loud && vars().any(|(name, _)| is_of_kubernetes(&name.to_ascii_uppercase()));
            assert!(plain == loud || ignored, "lower and upper case");
        }
    }
}

fn is_of_kubernetes(name: &str) -> bool {
    name.contains("_PORT") || name.ends_with("_SERVICE_HOST")
}

/// The issuers of a verifier that was built, or what was said.
fn built(settings: Result<VerifierSettings, String>) -> Result<usize, String> {
    let settings = settings.inspect_err(|error| is_fit_for_a_log(error))?;
    let builder = Verifier::builder().settings(settings);
    match builder.build(Env::new(|| UNIX_EPOCH).seed(7)) {
        Ok((verifier, _drivers)) => Ok(verifier.caches().count()),
        Err(error) => {
            is_fit_for_a_log(&error.to_string());
            Err(error.to_string())
        }
    }
}

//! What a fetch has brought.

use std::fmt;
use std::path::Path;
use std::time::SystemTime;

use serde::Serialize;
use serde_json::Value;

use super::ask::Asked;
use crate::output::is_stdout;
use crate::words::count;

/// What a fetch has brought, for people and as JSON.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// `export` or `jwk_set`.
    form: &'static str,
    /// None: nothing was written.
    written: Option<Written>,
    issuers: Vec<Issuer>,
}

#[derive(Debug, Serialize)]
struct Written {
    /// None: standard output.
    file: Option<String>,
    bytes: usize,
}

#[derive(Debug, Serialize)]
struct Issuer {
    label: String,
    source: String,
    required: bool,
    error: Option<String>,
    /// In seconds since the Unix epoch.
    confirmed_at: Option<f64>,
    keys: Vec<Key>,
}

/// Of a key's members only those that name it.
#[derive(Debug, Serialize)]
struct Key {
    kid: Option<String>,
    kty: String,
    alg: Option<String>,
}

impl Report {
    pub(super) fn new(asked: &[Asked], jwk_set: bool) -> Self {
        let form = if jwk_set { "jwk_set" } else { "export" };
        Self { form, written: None, issuers: asked.iter().map(Issuer::new).collect() }
    }

    /// Whether all that is needed was brought.
    pub(super) fn is_complete(&self) -> bool {
        let brought = self.issuers.iter().any(|issuer| issuer.error.is_none());
        brought && !self.issuers.iter().any(|issuer| issuer.required && issuer.error.is_some())
    }

    pub(super) fn written_to(&mut self, path: &Path, bytes: usize) {
        let file = (!is_stdout(path)).then(|| path.display().to_string());
        self.written = Some(Written { file, bytes });
    }
}

impl Issuer {
    fn new(asked: &Asked) -> Self {
        let saved = asked.outcome.as_ref().ok();
        let at = saved.and_then(|saved| {
            let since = saved.confirmed_at().duration_since(SystemTime::UNIX_EPOCH);
            since.ok().map(|since| since.as_secs_f64())
        });
        let export = saved.and_then(|saved| serde_json::to_value(saved).ok());
        let keys = export.as_ref().and_then(|export| export.get("keys")?.as_array());
        Self {
            label: asked.label.clone(),
            source: asked.source.clone(),
            required: asked.required,
            error: asked.outcome.as_ref().err().cloned(),
            confirmed_at: at,
            keys: keys.into_iter().flatten().map(Key::new).collect(),
        }
    }
}

impl Key {
    fn new(jwk: &Value) -> Self {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str).map(str::to_owned);
        let kty = text("kty").unwrap_or_default();
        let kty = text("crv").map_or_else(|| kty.clone(), |curve| format!("{kty} {curve}"));
        Self { kid: text("kid"), kty, alg: text("alg") }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for issuer in &self.issuers {
            let Issuer { label, source, error, keys, required, .. } = issuer;
            match error {
                Some(error) if *required => writeln!(f, "{label}: {error}")?,
                Some(error) => writeln!(f, "{label} (optional, left out): {error}")?,
                None => writeln!(f, "{label}: {} from {source}", count(keys.len(), "key"))?,
            }
            for key in keys {
                writeln!(f, "  {key}")?;
            }
        }
        match &self.written {
            None => f.write_str("nothing was written"),
            Some(Written { file: Some(file), bytes }) => write!(f, "{bytes} bytes in {file}"),
            Some(Written { file: None, bytes }) => write!(f, "{bytes} bytes on standard output"),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kid {
            // A stranger's text.
            Some(kid) => write!(f, "{}", jwks_core::keys::KeyId::Kid(kid.as_str().into()))?,
            None => f.write_str("without kid")?,
        }
        write!(f, ", {}", self.kty)?;
        match &self.alg {
            Some(alg) => write!(f, ", {alg}"),
            None => Ok(()),
        }
    }
}

//! Keys in PEM or DER that are called as somebody has decided.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::der::Form;
use super::pem;

/// A document of these keys: an object of texts in PEM. What is not PEM is taken for DER.
pub(crate) fn document<'k>(keys: impl Iterator<Item = (&'k str, &'k [u8])>) -> String {
    let members = keys.map(|(kid, key)| {
        let text = std::str::from_utf8(key).ok().filter(|text| pem::is_pem(text));
        let text = text.map_or_else(|| pem_of(key), ToOwned::to_owned);
        format!("{}:{}", quoted(kid), quoted(text.trim_ascii_start()))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// What is no public key is refused when it is read; a private one is not written at all.
fn pem_of(der: &[u8]) -> String {
    let (label, der) = match Form::of(der) {
        Ok(Form::Certificate) => ("CERTIFICATE", der),
        Err(reason) if reason.is_private_key() => ("PRIVATE KEY", [].as_slice()),
        _ => ("PUBLIC KEY", der),
    };
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

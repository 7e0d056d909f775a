//! What comes from outside: the token, and certificates.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use jwks_tokio::reqwest::Certificate;
use jwks_tokio::{Client, ClientBuilder};

use super::usage;

/// The client that fetches the keys.
pub(super) fn client(ca: Option<&Path>) -> Result<Client> {
    let mut client = jwks_tokio::client_builder();
    if let Some(ca) = ca {
        let certificates =
            certificates(ca).map_err(|error| usage(format!("--ca {}: {error:#}", ca.display())))?;
        client = certificates.into_iter().fold(client, ClientBuilder::add_root_certificate);
    }
    client.build().context("the http client cannot be made")
}

/// The token's text.
pub(super) fn token(input: impl Read) -> Result<String> {
    let mut text = String::new();
    let read = input.take(LONGEST + 1).read_to_string(&mut text);
    match read.map_err(|error| error.kind()) {
        Err(io::ErrorKind::InvalidData) => Err(usage("standard input is not text")),
        Err(kind) => Err(usage(format!("standard input cannot be read: {kind}"))),
        Ok(length) if u64::try_from(length).is_ok_and(|length| length > LONGEST) => {
            Err(usage(format!("standard input is longer than {LONGEST} bytes: give a token alone")))
        }
        Ok(_) => match text.trim() {
            "" => Err(usage("standard input holds no token")),
            token => Ok(token.to_owned()),
        },
    }
}

fn certificates(path: &Path) -> Result<Vec<Certificate>> {
    let pem = fs::read(path).context("the file cannot be read")?;
    let certificates = Certificate::from_pem_bundle(&pem).context("the file is not PEM")?;
    ensure!(!certificates.is_empty(), "the file holds no certificate");
    Ok(certificates)
}

/// More than any token that is accepted.
const LONGEST: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::{Exit, of_error};

    #[test]
    fn a_token_stands_alone() {
        assert_eq!(token(&b"  a.b.c\r\n"[..]).unwrap(), "a.b.c");
        let long = vec![b'a'; 64 * 1024 + 1];
        assert_eq!(token(&long[1..]).unwrap().len(), 64 * 1024);
        for (input, said) in
            [(&b"\n"[..], "holds no token"), (b"\xff", "is not text"), (&long, "is longer than")]
        {
            let error = token(input).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
            assert_eq!(of_error(&error), Exit::Usage);
        }
    }

    #[test]
    fn certificates_are_checked_before_anything_is_asked() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        for (path, said) in
            [(Path::new("no/such/file"), "cannot be read"), (&manifest, "holds no certificate")]
        {
            let error = client(Some(path)).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
            assert_eq!(of_error(&error), Exit::Usage);
        }
    }
}

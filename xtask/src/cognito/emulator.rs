//! The emulator's process, and what it has made.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use jwks_cognito::{CognitoBuilder, CognitoSettings, CognitoVerifier};
use serde::Deserialize;

use super::python::Python;

/// The running emulator, stopped when this is dropped. It ends by itself, too, when its standard
/// input does: a program that dies without a word leaves nothing behind.
pub(super) struct Emulator {
    emulated: Emulated,
    _process: Process,
}

/// Pools, clients and tokens: the line that `emulator.py` prints.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Emulated {
    pub(super) url: String,
    pub(super) user_pool_id: String,
    pub(super) client_id: String,
    pub(super) group: String,
    pub(super) access_token: String,
    pub(super) id_token: String,
    pub(super) refresh_token: String,
    pub(super) other_client: String,
    pub(super) other_pool: String,
}

impl Emulator {
    pub(super) fn start(python: &Python) -> Result<Self> {
        let mut child = python
            .command()
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the emulator")?;
        let stdout = child.stdout.take();
        let process = Process(child);
        let (send, receive) = mpsc::channel();
        // A thread, for a pipe has no timeout. It ends with the process.
        thread::spawn(move || {
            let mut line = String::new();
            let read = stdout.map(|stdout| BufReader::new(stdout).read_line(&mut line));
            let _nobody_waits = send.send(read.map(|read| read.map(|_| line)));
        });
        let line = match receive.recv_timeout(PATIENCE) {
            Ok(read) => read.context("the emulator has no standard output")??,
            Err(_) => bail!("the emulator said nothing for {} s", PATIENCE.as_secs()),
        };
        if line.is_empty() {
            bail!("the emulator ended before it had made its tokens: see above");
        }
        // Not the line itself: it has tokens.
        let emulated = serde_json::from_str(&line).context("what the emulator printed")?;
        Ok(Self { emulated, _process: process })
    }

    pub(super) const fn emulated(&self) -> &Emulated {
        &self.emulated
    }
}

impl Emulated {
    /// moto's tokens have the genuine `iss`, and its keys are at its own address.
    pub(super) fn jwks_uri(&self) -> String {
        format!("{}/{}/.well-known/jwks.json", self.url, self.user_pool_id)
    }

    pub(super) fn verifier(&self) -> Result<CognitoBuilder> {
        let pool = CognitoSettings::new(self.user_pool_id.parse()?)
            .client_id(self.client_id.as_str())
            .jwks_uri(self.jwks_uri())
            .allow_loopback_http();
        Ok(CognitoVerifier::builder().pool(pool))
    }
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // If it has ended already, there is nothing to stop.
        let _ended = self.0.kill();
        let _ended = self.0.wait();
    }
}

const PATIENCE: Duration = Duration::from_secs(60);

const SCRIPT: &str = include_str!("emulator.py");

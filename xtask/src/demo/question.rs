//! What a user asks of a real provider.

use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use jwks_core::keys::Algorithm;
use jwks_tokio::reqwest::Certificate;
use jwks_tokio::{Client, ClientBuilder, Event, Issuer, Policy, Source, Verifier, VerifierBuilder};

/// How long to wait for keys: a little longer than the attempt to fetch them.
pub(super) const WAIT_BUDGET: Duration = FETCH_TIMEOUT.saturating_add(Duration::from_secs(1));

/// A provider, and a token to be judged by its keys.
pub(super) struct Question {
    pub(super) issuer: String,
    /// None: where the issuer says.
    pub(super) jwks: Option<String>,
    /// None: any.
    pub(super) audience: Option<Vec<String>>,
    /// Empty: all that are supported.
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) ca: Option<PathBuf>,
    /// `-`: on standard input.
    pub(super) token: String,
}

impl Question {
    /// The verifier, to be started.
    pub(super) fn verifier(
        &self,
        observer: impl Fn(&Event) + Send + Sync + 'static,
    ) -> Result<VerifierBuilder> {
        let source = Source::builder().allow_loopback_http();
        let source = match &self.jwks {
            None => source.discover(&self.issuer).context("--issuer, for want of --jwks")?,
            Some(jwks) => source.jwks_uri(jwks).context("--jwks")?,
        };
        let mut issuer =
            Issuer::new(self.issuer.as_str()).source(source).policy(policy()?).observer(observer);
        issuer = match &self.audience {
            None => issuer.any_audience(),
            Some(audiences) => {
                audiences.iter().fold(issuer, |issuer, it| issuer.audience(it.as_str()))
            }
        };
        if !self.algorithms.is_empty() {
            issuer = issuer.algorithms(self.algorithms.iter().copied());
        }
        Ok(Verifier::builder().issuer(issuer))
    }

    /// The client that fetches the keys.
    pub(super) fn client(&self) -> Result<Client> {
        let mut client = jwks_tokio::client_builder();
        if let Some(ca) = &self.ca {
            let certificates =
                certificates(ca).with_context(|| format!("--ca {}", ca.display()))?;
            client = certificates.into_iter().fold(client, ClientBuilder::add_root_certificate);
        }
        client.build().context("the http client cannot be made")
    }

    /// The token's text.
    pub(super) fn token(&self, input: impl Read) -> Result<String> {
        if self.token != "-" {
            return Ok(self.token.clone());
        }
        let mut text = String::new();
        let read = input.take(LONGEST_INPUT + 1).read_to_string(&mut text);
        match read.map_err(|error| error.kind()) {
            Err(io::ErrorKind::InvalidData) => bail!("--token -: standard input is not text"),
            Err(kind) => bail!("--token -: standard input cannot be read: {kind}"),
            Ok(length) if u64::try_from(length).is_ok_and(|length| length > LONGEST_INPUT) => {
                bail!("--token -: standard input is longer than {LONGEST_INPUT} bytes")
            }
            Ok(_) => {}
        }
        let token = text.trim();
        ensure!(!token.is_empty(), "--token -: standard input holds no token");
        Ok(token.to_owned())
    }
}

/// Without the token.
impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// The defaults, but for one attempt alone: who asks once wants to know at once. A second attempt
/// would come after the budget, so that nobody waits for it; the budget is longer than the
/// attempt, so that it is the attempt that fails, and says why.
fn policy() -> Result<Policy> {
    let pause = Duration::from_secs(60);
    let policy = Policy::builder().fetch_timeout(FETCH_TIMEOUT).wait_budget(WAIT_BUDGET);
    Ok(policy.retry(pause, pause).cold_retry_max(pause).build()?)
}

fn certificates(path: &Path) -> Result<Vec<Certificate>> {
    let pem = fs::read(path).context("the file cannot be read")?;
    let certificates = Certificate::from_pem_bundle(&pem).context("the file is not PEM")?;
    ensure!(!certificates.is_empty(), "the file holds no certificate");
    Ok(certificates)
}

const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// More than any token that is accepted.
const LONGEST_INPUT: u64 = 64 * 1024;

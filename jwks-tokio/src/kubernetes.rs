//! The service accounts of the cluster that this process runs in.

use std::env;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwks_core::verify::Issuer;

use crate::file::{FileError, read_now};
use crate::{StartError, Starter, bearer_file, client_builder};

/// The issuer of the service accounts' tokens of the Kubernetes cluster that this process runs in, as a
/// pod sees it. See [`Kubernetes`].
pub fn kubernetes() -> Kubernetes {
    Kubernetes {
        api_server: None,
        ca_file: format!("{MOUNTED}/ca.crt").into(),
        iss: None,
        token_file: format!("{MOUNTED}/token").into(),
    }
}

/// Where a Kubernetes cluster has the keys of its service accounts, and what a pod needs to read them.
/// Create it with [`kubernetes`].
///
/// The API server refuses anonymous requests, so each request carries the pod's own token. That and
/// the cluster's certificate authority stand in files that are rotated; both are read again for
/// each request. Every service account may read the keys, by default.
///
/// ```no_run
/// use jwks_tokio::{Registered, Verifier};
///
/// # async fn example(token: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let cluster = jwks_tokio::kubernetes();
/// let issuer = cluster.issuer()?.audience("my-api");
/// let verifier = cluster.starter()?.start(Verifier::builder().issuer(issuer))?;
/// let verified = verifier.verify::<Registered>(token).await?;
/// println!("{:?}", verified.claims().sub); // system:serviceaccount:NAMESPACE:NAME
/// # Ok(())
/// # }
/// ```
///
/// The `iss` is that of the pod's own token, unless you [name](Self::iss) it. The keys are asked for at
/// the API server, `/openid/v1/jwks`, and not by discovery: the cluster's document often names an
/// address that a pod cannot reach, and that must not see its token.
#[derive(Clone, Debug)]
#[must_use]
pub struct Kubernetes {
    api_server: Option<String>,
    ca_file: PathBuf,
    iss: Option<String>,
    token_file: PathBuf,
}

impl Kubernetes {
    /// Sets the API server, written `https://10.0.0.1:443`. Default: that of the variables
    /// `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`, which each pod has.
    pub fn api_server(mut self, origin: impl Into<String>) -> Self {
        self.api_server = Some(origin.into());
        self
    }

    /// Sets the file of the cluster's certificate authority. Default:
    /// `/var/run/secrets/kubernetes.io/serviceaccount/ca.crt`.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = path.into();
        self
    }

    /// Sets the `iss` of the tokens. Default: that of the token in the [file](Self::token_file).
    pub fn iss(mut self, iss: impl Into<String>) -> Self {
        self.iss = Some(iss.into());
        self
    }

    /// Sets the file of the token that requests carry. Default:
    /// `/var/run/secrets/kubernetes.io/serviceaccount/token`.
    pub fn token_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.token_file = path.into();
        self
    }

    /// The issuer. Say at least which [audience](Issuer::audience) its tokens are for.
    ///
    /// # Errors
    ///
    /// Fails outside of a cluster: if the variables are not there, or if the token cannot be read and
    /// no `iss` is named.
    pub fn issuer(&self) -> Result<Issuer, StartError> {
        let iss = match &self.iss {
            Some(iss) => iss.clone(),
            None => self.iss_of_the_token()?,
        };
        let jwks_uri = format!("{}{KEYS}", self.origin()?);
        let headers = bearer_file(&self.token_file);
        Ok(Issuer::new(iss).jwks_uri(jwks_uri).headers_with(headers))
    }

    /// A starter whose requests to the API server trust the cluster's certificate authority, and no
    /// other, and use no proxy. For other issuers it is like [`Starter::new`].
    ///
    /// # Errors
    ///
    /// Fails outside of a cluster: if the variables are not there, or if the file of the certificate
    /// authority cannot be used.
    pub fn starter(&self) -> Result<Starter, StartError> {
        let client = client_builder().ca_file(&self.ca_file).no_proxy().build()?;
        Ok(Starter::new().client_for(self.origin()?, client))
    }

    fn origin(&self) -> Result<String, StartError> {
        if let Some(origin) = &self.api_server {
            return Ok(origin.trim_end_matches('/').to_owned());
        }
        let variable = |name| env::var(name).ok().filter(|text| !text.is_empty());
        let why = "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set";
        let missing = || StartError::kubernetes(why);
        let host = variable("KUBERNETES_SERVICE_HOST").ok_or_else(missing)?;
        let port = variable("KUBERNETES_SERVICE_PORT").ok_or_else(missing)?;
        let bracketed = host.contains(':') && !host.starts_with('[');
        let host = if bracketed { format!("[{host}]") } else { host };
        Ok(format!("https://{host}:{port}"))
    }

    /// Not verified: whoever can write this file decides about this process anyway.
    fn iss_of_the_token(&self) -> Result<String, StartError> {
        let token = read_now(&self.token_file, LONGEST).map_err(StartError::file)?;
        let iss = || {
            let claims = std::str::from_utf8(&token).ok()?.trim().split('.').nth(1)?;
            let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
            let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
            Some(claims.get("iss")?.as_str()?.to_owned())
        };
        let why = "it holds no token with an `iss`; name it with `Kubernetes::iss`";
        iss().ok_or_else(|| StartError::file(FileError::of(&self.token_file, why)))
    }
}

const KEYS: &str = "/openid/v1/jwks";
const LONGEST: usize = 64 * 1024;
const MOUNTED: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

//! A client that trusts the certificate authorities in a file, as the file is now.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jwks_core::adapter::Progress;
use reqwest::{Certificate, Client};

use super::Recipe;
use crate::StartError;
use crate::file::{FileError, read, read_now};

/// Made anew when the content of the file changes: connections are not kept, so nothing is lost.
#[derive(Debug)]
pub(super) struct Authorities {
    path: PathBuf,
    recipe: Recipe,
    latest: Mutex<Latest>,
}

#[derive(Clone, Debug)]
struct Latest {
    /// What the client was made of.
    content: Arc<[u8]>,
    client: Client,
}

impl Authorities {
    pub(super) fn new(path: PathBuf, recipe: Recipe) -> Result<Self, StartError> {
        let content = read_now(&path, LARGEST).map_err(StartError::file)?;
        let client = made(&recipe, &path, &content).map_err(StartError::file)?;
        Ok(Self { path, recipe, latest: Mutex::new(Latest { content: content.into(), client }) })
    }

    /// The client for the file as it is now. If the file cannot be used, the client stays as it
    /// was, and that is told.
    pub(super) async fn client(&self, progress: &Progress) -> Client {
        let latest = self.latest().clone();
        let content = match read(&self.path, LARGEST).await {
            Ok(content) if *content == *latest.content => return latest.client,
            Ok(content) => content,
            Err(error) => {
                progress.warn(format!("{error}; {STAYS}"));
                return latest.client;
            }
        };
        let (recipe, path) = (self.recipe.clone(), self.path.clone());
        // It parses certificates.
        let make = move || made(&recipe, &path, &content).map(|client| (client, content));
        match tokio::task::spawn_blocking(make).await {
            Ok(Ok((client, content))) => {
                let latest = Latest { content: content.into(), client: client.clone() };
                *self.latest() = latest;
                client
            }
            Ok(Err(error)) => {
                progress.warn(format!("{error}; {STAYS}"));
                latest.client
            }
            Err(_) => latest.client,
        }
    }

    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn made(recipe: &Recipe, path: &Path, content: &[u8]) -> Result<Client, FileError<String>> {
    let make = || {
        let all = Certificate::from_pem_bundle(content).map_err(|error| error.to_string())?;
        if all.is_empty() {
            return Err("it holds no certificate in PEM".to_owned());
        }
        recipe.client(|http| http.tls_certs_only(all)).map_err(|error| error.to_string())
    };
    make().map_err(|why| FileError::of(path, why))
}

const LARGEST: usize = 4 * 1024 * 1024;
const STAYS: &str = "the certificate authorities stay as they were";

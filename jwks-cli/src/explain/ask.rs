//! Gets the keys as a service does, and judges the token.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use jwks_core::cache::Event;
use jwks_core::verify::{Verifier, VerifierBuilder};
use jwks_tokio::{Client, Starter};
use serde::de::IgnoredAny;
use tokio::runtime;

use super::report::{Fetched, Report};
use crate::exit::{Exit, Stopped};
use crate::words::chain;

/// Fetches the keys of all issuers, and says what becomes of the token.
pub(super) fn explain(
    builder: VerifierBuilder,
    client: Client,
    token: &str,
    issuer: Option<&str>,
    within: Duration,
) -> Result<Report> {
    // One thread: when the waiting task goes on, the driver has written its status.
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("no runtime could be made")?.block_on(async {
        let verifier = Starter::new()
            .client(client)
            .start(builder)
            .map_err(|error| Stopped(Exit::Refused, chain(&error)))?;
        let fetched = keys(&verifier, within).await?;
        // A token whose key is not held makes the issuer be asked once more, as in a service.
        let call = match issuer {
            Some(issuer) => verifier.call().issuer(issuer),
            None => verifier.call(),
        };
        let claims = match call.verify::<Names>(token).await {
            Ok(verified) => Some(verified.claims().keys().cloned().collect()),
            Err(_) => None,
        };
        Ok(Report::new(&verifier, fetched, call.explain(token), claims))
    })
}

/// Waits for the keys of each issuer, of all at the same time.
async fn keys(verifier: &Verifier, within: Duration) -> Result<Vec<Fetched>> {
    let waits: Vec<_> = verifier
        .caches()
        .map(|cache| {
            let source = cache.status().source;
            eprintln!("jwks: asking {source}, for {} at most", crate::span::shown(within));
            tokio::spawn(async move {
                let begun = tokio::time::Instant::now();
                let error = cache.ready(within).await.err();
                Fetched { error, took: begun.elapsed() }
            })
        })
        .collect();
    let mut fetched = Vec::with_capacity(waits.len());
    for wait in waits {
        fetched.push(wait.await.context("a task broke off")?);
    }
    Ok(fetched)
}

/// A failed attempt is told at once: the next one may be seconds away.
pub(super) fn tell(event: &Event) {
    if event.is_warning() {
        eprintln!("jwks: {event}");
    }
}

/// The names of a token's claims; their values are not kept.
type Names = BTreeMap<String, IgnoredAny>;

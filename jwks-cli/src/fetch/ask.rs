//! Asking issuers for their keys, all at the same time.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use jwks_core::cache::{Event, KeyCache, KeyCacheBuilder, SavedKeys};
use jwks_core::verify::{Verifier, VerifierSettings};
use tokio::runtime::{self, Runtime};

use crate::exit::{Exit, Stopped};
use crate::words::chain;

/// What one issuer has answered.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) iss: String,
    pub(super) label: String,
    pub(super) source: String,
    /// Whether nothing is written without its keys.
    pub(super) required: bool,
    /// The keys, or why there are none.
    pub(super) outcome: Result<SavedKeys, String>,
}

/// Asks one issuer.
pub(super) fn cache(builder: KeyCacheBuilder, within: Duration) -> Result<Vec<Asked>> {
    let runtime = runtime()?;
    runtime.block_on(async {
        let cache = jwks_tokio::start(builder.observer(tell))?;
        announce(&cache, within);
        let error = cache.ready(within).await.err();
        let iss = cache.label().to_owned();
        Ok(vec![Asked::new(iss, &cache, true, error.as_ref())])
    })
}

/// Asks all issuers of these settings.
pub(super) fn verifier(settings: VerifierSettings, within: Duration) -> Result<Vec<Asked>> {
    let settings = settings.map(|issuer| issuer.observer(tell));
    let runtime = runtime()?;
    runtime.block_on(async {
        let verifier = jwks_tokio::start(Verifier::builder().settings(settings))
            .map_err(|error| Stopped(Exit::Refused, chain(&error)))?;
        let waits: Vec<_> = verifier
            .caches()
            .map(|cache| {
                announce(&cache, within);
                tokio::spawn(async move { cache.ready(within).await.err() })
            })
            .collect();
        let mut errors = Vec::with_capacity(waits.len());
        for wait in waits {
            errors.push(wait.await.context("a task broke off")?);
        }
        let missing = verifier.ready(Duration::ZERO).await.err();
        let missing: Vec<&str> =
            missing.iter().flat_map(|error| error.issuers()).map(|(label, _)| label).collect();
        let named = verifier.expectations().map(|it| it.issuer().to_owned());
        let all = named.zip(verifier.caches()).zip(errors);
        let asked = all.map(|((iss, cache), error)| {
            let required = missing.contains(&cache.label());
            Asked::new(iss, &cache, required, error.as_ref())
        });
        Ok(asked.collect())
    })
}

impl Asked {
    fn new(
        iss: String,
        cache: &KeyCache,
        required: bool,
        error: Option<&jwks_core::cache::Error>,
    ) -> Self {
        let outcome = match (cache.export(), error) {
            (Some(saved), _) => Ok(saved),
            (None, Some(error)) => Err(chain(error)),
            (None, None) => Err("its keys are not trusted any more".to_owned()),
        };
        let label = cache.label().to_owned();
        Self { iss, label, source: cache.status().source, required, outcome }
    }
}

/// On one thread, the driver has written its status when the waiting task goes on.
fn runtime() -> Result<Arc<Runtime>> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    Ok(Arc::new(runtime.context("no runtime could be made")?))
}

fn announce(cache: &KeyCache, within: Duration) {
    let source = cache.status().source;
    eprintln!("jwks: asking {source}, for {} at most", crate::span::shown(within));
}

/// A failed attempt is told at once: the next one may be seconds away.
fn tell(event: &Event) {
    if event.is_warning() {
        eprintln!("jwks: {event}");
    }
}

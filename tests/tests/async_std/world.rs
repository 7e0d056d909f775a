//! An issuer, and a verifier whose driver runs on a client that the test chooses.

use std::error::Error;

use async_std::{io::ReadExt as _, task};
use jwks_async_std::{
    Client, PolicyBuilder, Registered, Starter, Verifier,
    jwks_core::cache::FetchError,
    surf::{self, Url, http::Method},
};
use jwks_conformance::{
    Stage, World,
    world::{FOREVER, failed, lifetime},
};
use jwks_tests::conformance::AsyncStd;

pub(crate) fn world() -> World<'static> {
    Stage::new(&AsyncStd).world()
}

pub(crate) fn client() -> Client {
    jwks_async_std::client_builder().build().expect("a client")
}

pub(crate) fn serve(
    world: &World<'_>,
    policy: PolicyBuilder,
    client: &(impl Clone + Into<Client>),
) -> Verifier {
    serve_at(world, &world.issuer.url(), policy, client)
}

/// A verifier that asks `url` for the keys.
pub(crate) fn serve_at(
    world: &World<'_>,
    url: &str,
    policy: PolicyBuilder,
    client: &(impl Clone + Into<Client>),
) -> Verifier {
    let issuer = world.configured(policy).jwks_uri(url);
    let starter = Starter::new().client(client.clone());
    starter.start(Verifier::builder().issuer(issuer)).expect("sound settings")
}

pub(crate) fn passes(verifier: &Verifier, world: &World<'_>) {
    verifier.verify_blocking::<Registered>(&world.token()).expect("a valid token");
}

/// Why the first fetch to fail has failed.
pub(crate) fn failure(world: &World<'_>) -> FetchError {
    world.log.wait_for(1, failed);
    world.log.failures().remove(0)
}

/// The status and the whole body.
pub(crate) fn get(client: &Client, url: &str) -> surf::Result<(u16, String)> {
    task::block_on(async {
        let request = surf::Request::new(Method::Get, Url::parse(url).expect("a URL"));
        let mut response = surf::Client::from(client.clone()).send(request).await?;
        let mut body = String::new();
        response.read_to_string(&mut body).await?;
        Ok((response.status().into(), body))
    })
}

/// One failure, and no other attempt for as long as a test takes.
pub(crate) const fn once() -> PolicyBuilder {
    jwks_async_std::Policy::builder().retry(FOREVER, FOREVER)
}

/// Fetched every so often.
pub(crate) const fn every(interval: std::time::Duration) -> PolicyBuilder {
    lifetime(interval)
}

/// The error and all its sources, as they are shown and as they are debugged.
pub(crate) fn all_of(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    let mut link = Some(error);
    while let Some(error) = link {
        text += &format!("{error} {error:?} ");
        link = error.source();
    }
    text
}

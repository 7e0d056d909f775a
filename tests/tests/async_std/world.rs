//! An issuer, and a verifier of its tokens.

use std::{
    error::Error,
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant, SystemTime},
};

use async_std::{io::ReadExt as _, task};
use jwks_async_std::{
    Driver, Event, Issuer, Policy, PolicyBuilder, Registered, Strategy, Verifier,
    jwks_core::cache::FetchError,
    surf::{self, Client, Url, http::Method},
};
use jwks_conformance::{IssuerServer, Signer, claims};

/// Patience for what has to happen: only a test that fails waits so long.
pub(crate) const LONG: Duration = Duration::from_secs(10);

/// Longer than any test may take: what waits it out has been forgotten.
pub(crate) const FOR_EVER: Duration = Duration::from_secs(60);

pub(crate) struct World {
    pub(crate) issuer: IssuerServer,
    pub(crate) token: String,
}

impl World {
    pub(crate) fn new() -> Self {
        let issuer = IssuerServer::start();
        let key = Signer::es256("k1");
        issuer.publish(&[&key]);
        let token = key.sign(&claims(issuer.base(), "my-api", Duration::from_secs(3600)));
        Self { issuer, token }
    }

    /// A verifier that asks `url` for the keys.
    pub(crate) fn at(&self, url: &str, policy: PolicyBuilder) -> Prepared {
        let (told, events) = channel();
        let issuer = Issuer::new(self.issuer.base())
            .jwks_uri(url)
            .allow_loopback_http()
            .audience("my-api")
            .policy(policy.build().expect("settings that work"))
            .observer(move |event| told.send(event.clone()).unwrap_or_default());
        let built = Verifier::builder(SystemTime::now).issuer(issuer).build();
        let (verifier, drivers) = built.expect("an issuer that works");
        Prepared { drivers, events, verifier }
    }

    pub(crate) fn prepare(&self, policy: PolicyBuilder) -> Prepared {
        self.at(&self.issuer.url(), policy)
    }
}

pub(crate) struct Prepared {
    pub(crate) drivers: Vec<Driver>,
    pub(crate) events: Receiver<Event>,
    pub(crate) verifier: Verifier,
}

impl Prepared {
    pub(crate) fn spawn(&mut self, client: &Client) {
        jwks_async_std::spawn_with_client(self.drivers.drain(..), client.clone())
            .expect("async-std runs");
    }

    pub(crate) fn verify(&self, token: &str) {
        pollster::block_on(self.verifier.verify::<Registered>(token)).expect("a valid token");
    }

    /// Why the next fetch to fail has failed.
    pub(crate) fn failure(&self) -> FetchError {
        loop {
            let event = self.events.recv_timeout(LONG).expect("a failure");
            if let Event::RefreshFailed { error, .. } = event {
                return error;
            }
        }
    }
}

pub(crate) fn client() -> Client {
    jwks_async_std::client_builder().build().expect("a client")
}

/// The status and the whole body.
pub(crate) fn get(client: &Client, url: &str) -> surf::Result<(u16, String)> {
    task::block_on(async {
        let request = surf::Request::new(Method::Get, Url::parse(url).expect("a URL"));
        let mut response = client.send(request).await?;
        let mut body = String::new();
        response.read_to_string(&mut body).await?;
        Ok((response.status().into(), body))
    })
}

/// One failure, and no other attempt for as long as a test takes.
pub(crate) const fn once() -> PolicyBuilder {
    Policy::builder().retry(FOR_EVER, FOR_EVER)
}

/// Fetched every so often.
pub(crate) const fn every(interval: Duration) -> PolicyBuilder {
    Policy::builder().strategy(Strategy::Time).interval(interval)
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

pub(crate) fn until(is: impl Fn() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < LONG, "it did not come");
        thread::sleep(Duration::from_millis(2));
    }
}

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

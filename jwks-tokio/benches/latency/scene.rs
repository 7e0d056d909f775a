//! What goes on beside the callers.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jwks_testkit::{IssuerServer, Signer, claims, unknown_kid_token};
use jwks_tokio::{Issuer, Policy, Registered, Verifier};
use tokio::runtime::{Builder, Runtime};

use super::load::{Load, Run};

/// The first is what the others are compared with.
pub(crate) const SCENES: [Scene; 4] =
    [Scene::FixedKeys, Scene::Refresh, Scene::Flood, Scene::Outage];

#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Scene {
    /// Loaded once; nothing is fetched.
    FixedKeys,
    /// As many tokens again whose kid the issuer does not have, each with another.
    Flood,
    /// The issuer is down, and the lifetime of the keys is over.
    Outage,
    /// About one refresh a second, where the defaults make one in sixteen minutes.
    Refresh,
}

impl Scene {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FixedKeys => "fixed keys",
            Self::Flood => "flood",
            Self::Outage => "outage",
            Self::Refresh => "refresh",
        }
    }

    pub(crate) fn run(self, load: Load) -> Run {
        let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
        let server = IssuerServer::start();
        let (key, next) = (Signer::rs256_shared(0, "this-month"), Signer::es256("next-month"));
        server.publish(&[&key, &next]);
        let claims = claims(ISSUER, AUDIENCE, Duration::from_secs(3_600));
        let token = Arc::<str>::from(key.sign(&claims));
        let verifier = self.verifier(&runtime, &server);
        runtime.block_on(verifier.verify::<Registered>(&token)).unwrap();
        let strangers: Vec<_> = match self {
            Self::Flood => (0..load.number).map(|_| unknown_kid_token(&claims).into()).collect(),
            _ => Vec::new(),
        };
        if self == Self::Outage {
            server.go_down();
        }
        thread::sleep(SHORT * 3 / 2);
        load.run(&runtime, &verifier, &token, &strangers)
    }

    fn verifier(self, runtime: &Runtime, server: &IssuerServer) -> Verifier {
        let policy = Policy::builder().usages(1 << 50);
        let policy = match self {
            Self::FixedKeys | Self::Flood => policy.interval(Duration::from_secs(36_000)),
            Self::Outage | Self::Refresh => {
                policy.interval(SHORT).min_refresh_interval(Duration::from_millis(1))
            }
        };
        let issuer = Issuer::new(ISSUER)
            .jwks_uri(server.url())
            .allow_loopback_http()
            .audience(AUDIENCE)
            .policy(policy.build().unwrap());
        let _entered = runtime.enter();
        jwks_tokio::start(Verifier::builder().issuer(issuer)).unwrap()
    }
}

const AUDIENCE: &str = "my-api";
const ISSUER: &str = "https://id.example.com";

/// A lifetime of keys.
const SHORT: Duration = Duration::from_secs(1);

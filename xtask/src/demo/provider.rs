//! The embedded identity provider: it signs tokens, and publishes its keys over HTTP.

use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jwks_core::keys::Algorithm;
use jwks_testkit::{IssuerServer, Signer, claims};

use super::schedule::{PROVIDER_DELAY, Step, TOKEN_LIFETIME};

/// Whom all tokens are meant for.
pub(super) const AUDIENCE: &str = "demo";

/// The keys that are published and withdrawn together: one RS256, one ES256.
#[derive(Debug)]
pub(super) struct Generation {
    es256: Signer,
    rs256: Signer,
}

impl Generation {
    /// Makes new keys, which takes up to a second.
    pub(super) fn make(number: usize) -> Self {
        Self {
            es256: Signer::es256(&format!("es256-g{number}")),
            rs256: Signer::rs256(&format!("rs256-g{number}")),
        }
    }

    const fn signer(&self, algorithm: Algorithm) -> &Signer {
        match algorithm {
            Algorithm::RS256 => &self.rs256,
            _ => &self.es256,
        }
    }
}

/// A token as a client holds it.
pub(super) struct Token {
    pub(super) text: String,
    /// How many emergencies there had been when its key was chosen.
    pub(super) epoch: u64,
    pub(super) issued: Instant,
}

/// Signs with one generation, and publishes some.
#[derive(Debug)]
pub(super) struct Provider {
    generations: Vec<Generation>,
    server: IssuerServer,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    signing: usize,
    epoch: u64,
}

impl Provider {
    /// Serves on a free port of loopback. The first generation is published, and signs.
    pub(super) fn start(generations: Vec<Generation>) -> Self {
        let server = IssuerServer::start();
        server.delay(PROVIDER_DELAY);
        let state = Mutex::new(State { signing: 1, epoch: 0 });
        let provider = Self { generations, server, state };
        provider.publish(1..=1);
        provider
    }

    /// The `iss` of its tokens.
    pub(super) fn issuer(&self) -> &str {
        self.server.base()
    }

    /// Where its keys are.
    pub(super) fn jwks_uri(&self) -> String {
        self.server.url()
    }

    /// A new token of the generation that signs.
    pub(super) fn issue(&self, algorithm: Algorithm) -> Token {
        let State { signing, epoch } = *self.state();
        let issued = Instant::now();
        let claims = claims(self.issuer(), AUDIENCE, TOKEN_LIFETIME);
        let text = self.generation(signing).signer(algorithm).sign(&claims);
        Token { text, epoch, issued }
    }

    /// How many emergencies there have been. Clients drop tokens of an earlier epoch.
    pub(super) fn epoch(&self) -> u64 {
        self.state().epoch
    }

    pub(super) fn take(&self, step: Step) {
        match step {
            Step::Publish(generations) => self.publish(generations),
            Step::Sign(generation) => self.state().signing = generation,
        }
    }

    /// Publishes this generation alone and signs with it, in one step for whoever asks for a
    /// token. Returns a moment before it.
    pub(super) fn replace_all(&self, generation: usize) -> Instant {
        let mut state = self.state();
        let at = Instant::now();
        self.publish(generation..=generation);
        *state = State { signing: generation, epoch: state.epoch + 1 };
        at
    }

    /// Requests for keys so far.
    pub(super) fn fetches(&self) -> usize {
        self.server.fetches()
    }

    fn publish(&self, generations: RangeInclusive<usize>) {
        let held = generations.map(|number| self.generation(number));
        let keys: Vec<_> = held.flat_map(|it| [&it.rs256, &it.es256]).collect();
        self.server.publish(&keys);
    }

    fn generation(&self, number: usize) -> &Generation {
        &self.generations[number - 1]
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Callers of the service: honest ones, and strangers while these are switched on.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jwks_tokio::reqwest::Client;
use tokio::time::{MissedTickBehavior, interval};

use super::{Provider, Switch};

/// What callers were answered.
#[derive(Debug, Default)]
pub struct Traffic(Mutex<VecDeque<Answer>>);

#[derive(Clone, Copy, Debug)]
struct Answer {
    at: Instant,
    status: u16,
    took: Duration,
}

impl Traffic {
    /// How many answers of each status honest callers got in the last ten seconds, and the longest
    /// time that one took. Status 0 is no answer at all.
    #[must_use]
    pub fn of_late(&self) -> (BTreeMap<u16, usize>, Duration) {
        let mut counts = BTreeMap::new();
        let mut longest = Duration::ZERO;
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for answer in answers.iter().filter(|answer| answer.at.elapsed() < LATE) {
            *counts.entry(answer.status).or_insert(0) += 1;
            longest = longest.max(answer.took);
        }
        (counts, longest)
    }

    fn note(&self, answer: Answer) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.push_back(answer);
        while answers.front().is_some_and(|first| first.at.elapsed() > LATE) {
            answers.pop_front();
        }
    }
}

/// Ends when the provider is dropped.
pub(super) fn start(provider: &Provider, url: String) {
    let provider = std::sync::Arc::downgrade(&provider.0);
    // Without a proxy: it is this machine that is asked.
    let Ok(client) = Client::builder().no_proxy().timeout(LATE).build() else { return };
    tokio::spawn(async move {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for tick in 0_u64.. {
            ticks.tick().await;
            let Some(provider) = provider.upgrade().map(Provider) else { return };
            if tick.is_multiple_of(HONEST) {
                tokio::spawn(call(provider.clone(), client.clone(), url.clone()));
            }
            if provider.is_on(Switch::ForgedKids) {
                let token = provider.server().token().kid(&format!("forged-{tick}")).forged();
                let call = client.get(&url).bearer_auth(token.sign());
                tokio::spawn(call.send());
            }
        }
    });
}

async fn call(provider: Provider, client: Client, url: String) {
    let at = Instant::now();
    let answer = client.get(&url).bearer_auth(provider.token()).send().await;
    let status = answer.map_or(0, |answer| answer.status().as_u16());
    provider.traffic().note(Answer { at: Instant::now(), status, took: at.elapsed() });
}

/// An honest call each so many ticks.
const HONEST: u64 = 5;
const LATE: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_millis(20);
